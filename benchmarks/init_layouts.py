"""``qchannel init --write`` in ten projects, twice each: what it writes, and what becomes of it.

    python benchmarks/init_layouts.py

The layouts are those of tests/init_kit.py. After each of the two runs every file that was there has
its bytes still, the second run writes nothing, and the project's whole suite passes, the test that
was written among it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.init_kit import LAYOUTS, content, laid_out  # noqa: E402


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of Python in a project's folder."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-B", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def tried(layout: str, folder: Path) -> list[str]:
    """What is wrong."""
    folder.mkdir()
    laid_out(layout, folder)
    before = content(folder)
    wrong = []
    known: dict[str, str] = {}
    for number in (1, 2):
        done = run(folder, "-m", "pytest_qchannel", "init", "--write")
        after = content(folder)
        if done.returncode:
            wrong.append(f"run {number}: {done.stdout}{done.stderr}")
        if {name: after.get(name) for name in before} != before:
            wrong.append(f"run {number}: something that was there has changed")
        if number == 2 and after != known:
            wrong.append("the second run writes something")
        known = after
    tests = [name for name in known if "qchannel_first" in name]
    done = run(folder, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:benchmark", "-rA")
    green = [name for name in tests if f"PASSED {name}::" in done.stdout]
    if done.returncode or len(green) != 1:
        wrong.append(done.stdout[-2000:] + done.stderr[-500:])
    print(f"{layout}: wrote {', '.join(sorted(known.keys() - before.keys()))}", flush=True)
    return wrong


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="init-") as top:
        for number, layout in enumerate(LAYOUTS):
            wrong = tried(layout, Path(top, f"{number:02}"))
            failed += bool(wrong)
            for said in wrong:
                print(f"  !!  {said}")
    print(f"{len(LAYOUTS) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
