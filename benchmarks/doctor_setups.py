"""How well ``qchannel doctor`` knows broken set-ups, each made for real.

    python benchmarks/doctor_setups.py [--keep FOLDER] [PART OF A NAME ...]

Each of tests/doctor_kit.py is made in a folder of its own, with an environment above the one that
runs this. ``qchannel doctor`` must name it by its check and by no other, each command that it gives
is run in a shell as it stands, and then doctor finds nothing, and a test of the project passes.
What a set-up installs comes from the package index. Needs bash and git; git-lfs for one of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.doctor_kit import SET_UPS, SetUp, project  # noqa: E402

DOCTOR = "qchannel doctor --json > seen.json"
PASSED = "pytest -q -p no:cacheprovider -W ignore -k test_first"
COMMANDS = {
    "qchannel": "from pytest_qchannel.cli.main import main\nmain()\n",
    "pytest": "import sys, pytest\nsys.exit(pytest.main())\n",
}


def environment(folder: Path) -> Path:
    """A virtual environment above the running one: what is installed into it comes first."""
    venv.create(folder, with_pip=True, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    below = [path for path in sys.path if path.endswith("site-packages")]
    (site / "below.pth").write_text("\n".join([str(ROOT), *below]), encoding="utf-8")
    for name, code in COMMANDS.items():
        path = folder / "bin" / name
        path.write_text(f"#!{folder}/bin/python\n{code}", encoding="utf-8")
        path.chmod(0o755)
    return folder


def shell(command: str, folder: Path, env: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Runs commands in a project's folder, in an environment that has nothing of this one's."""
    known = {name: os.environ[name] for name in ("PIP_INDEX_URL", "LANG") if name in os.environ}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            **known,
            "PATH": f"{env / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "VIRTUAL_ENV": str(env),
            **environ,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def seen(folder: Path) -> list[dict[str, Any]]:
    document = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
    return [one for one in document["checks"] if one["state"] != "ok"]


def tried(set_up: SetUp, folder: Path, env: Path) -> list[str]:
    """What is wrong with how a set-up was treated; tells the commands on the way."""
    folder.mkdir(parents=True)
    project(folder)
    environ = set_up.make(folder)
    if set_up.packages:
        env = environment(folder / "home" / "env")
        words = " ".join(f"'{one}'" for one in set_up.packages)
        status, output = shell(f"python -m pip install -q --no-deps {words}", folder, env, {})
        if status:
            return [f"cannot be made: {output[-300:]}"]
    status, output = shell(DOCTOR, folder, env, environ)
    if status not in (0, 1):
        return [f"doctor: {output[-300:]}"]
    found = seen(folder)
    if {one["id"] for one in found} != {set_up.check}:
        return [f"named by {[one['id'] for one in found]}", *(one["seen"] for one in found)]
    commands = [one["next"] for one in found]
    for command in commands:
        print(f"      {command}")
    lines = [f"{command} || exit 90" for command in commands]
    after = f"{DOCTOR} || exit 91\n{PASSED} || exit 92\n"
    status, output = shell("\n".join([*lines, after]), folder, env, environ)
    if status or seen(folder):
        what = {90: "the command fails", 91: "still not green", 92: "the test fails"}
        return [what.get(status, "still a warning"), output[-800:], *map(str, seen(folder))]
    return []


def main(parts: list[str], keep: Path | None) -> int:
    chosen = [one for one in SET_UPS if all(part in f"{one.check}: {one.name}" for part in parts)]
    failed = left = 0
    with tempfile.TemporaryDirectory(prefix="doctor-") as temporary:
        top = keep or Path(temporary)
        env = environment(top / "env")
        for number, set_up in enumerate(chosen):
            print(f"{set_up.check}: {set_up.name}", flush=True)
            if set_up.name == "not fetched" and shutil.which("git-lfs") is None:
                left += 1
                print("      left out: there is no git-lfs")
                continue
            wrong = tried(set_up, top / f"{number:02}", env)
            failed += bool(wrong)
            for line in wrong:
                print(f"  !!  {line}")
    print(f"{len(chosen) - failed - left} passed, {failed} failed, {left} skipped")
    return bool(failed)


if __name__ == "__main__":
    words = sys.argv[1:]
    place = Path(words[words.index("--keep") + 1]).absolute() if "--keep" in words else None
    if place:
        del words[words.index("--keep") : words.index("--keep") + 2]
    sys.exit(main(words, place))
