"""``qchannel doctor``: broken set-ups are named, their commands mend them; whole ones are left."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from packaging.requirements import Requirement

from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.cli.doctor import CHECKS, examine, recordings
from pytest_qchannel.cli.doctor.findings import State
from pytest_qchannel.cli.doctor.installed import _NEEDED as NEEDED
from pytest_qchannel.cli.machine import Installed, Plugin
from pytest_qchannel.cli.main import main
from tests.doctor_kit import NOW, SET_UPS, Environ, SetUp, bad, machine, project
from tests.unit.cassette.traffic_kit import cassette, said

SECRETS = ("nobodys-secret", "another-secret")
CHEAP = [one for one in SET_UPS if not one.is_slow]


def mended(command: str, folder: Path, environ: Environ) -> Environ:
    """Runs a command as a person does, in a shell that keeps what it exports."""
    done = subprocess.run(
        ["bash", "-c", f"{command}\nenv -0"],
        cwd=folder,
        env={**environ, "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    pairs = (one.partition("=") for one in done.stdout.decode().split("\0") if one)
    own = {"PATH", "PWD", "SHLVL", "_"}
    return {name: value for name, _, value in pairs if name not in own}


@pytest.mark.parametrize("set_up", CHEAP, ids=lambda one: f"{one.check}: {one.name}")
def test_what_is_broken_is_named_and_its_command_mends_it(set_up: SetUp, tmp_path: Path) -> None:
    project(tmp_path)
    environ = set_up.make(tmp_path)
    activate = tmp_path / "env" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f"export VIRTUAL_ENV={tmp_path / 'env'}\n", encoding="utf-8")
    found = bad(examine(machine(tmp_path, environ)))
    assert {row.check.id for row in found} == {set_up.check}
    for row in found:
        assert not any(secret in str(row.finding) for secret in SECRETS)
        environ = mended(row.finding.next, tmp_path, environ)
    assert bad(examine(machine(tmp_path, environ))) == []


def test_a_name_like_none_is_told_with_what_lists_them(tmp_path: Path) -> None:
    """``qchannel_xyz`` was to become ``qchannel_seed``, which somebody may have pasted."""
    project(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nqchannel_xyz = 1\nqchannel_sede = 2\n")
    rows = bad(examine(machine(tmp_path, {"QCHANNEL_XYZ": "1"})))
    said = {row.finding.seen.partition(";")[0]: row.finding for row in rows}
    far = said["unknown ini key qchannel_xyz in pytest.ini"]
    assert far.seen.endswith("; qchannel docs settings lists them all")
    assert far.next.endswith("d' pytest.ini")
    near = said["unknown ini key qchannel_sede in pytest.ini"]
    assert near.next == "sed -i.bak 3s/qchannel_sede/qchannel_seed/ pytest.ini"
    variable = said["the environment variable QCHANNEL_XYZ means nothing to qchannel"]
    assert variable.seen.endswith("lists them all")
    assert variable.next == "unset QCHANNEL_XYZ"


def test_what_stays_in_the_variable_keeps_its_quotes(tmp_path: Path) -> None:
    """``-k 'a or b'`` came back as three words, of which pytest takes two for files."""
    project(tmp_path)
    environ = {"PYTEST_ADDOPTS": "-k 'a or b' -p no:qchannel -p pytester"}
    (row,) = bad(examine(machine(tmp_path, environ)))
    kept = mended(row.finding.next, tmp_path, environ)["PYTEST_ADDOPTS"]
    assert shlex.split(kept) == ["-k", "a or b", "-p", "pytester"]


WHOLE = {
    "pytest.ini": """\
[pytest]
markers =
    qchannels: of this project
addopts = -q -p pytester --strict-markers
    --qchannel-seed 7 --disable-socket
qchannel_channel =
    ibm_cloud
    ibm_quantum_platform
""",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-x'\n",
    "conftest.py": "import pytest\n\npytest_plugins = ['pytester']\n",
    "test_more.py": """\
import pytest

pytestmark = [pytest.mark.qchannels, pytest.mark.qchannel("ibm_cloud", seed=3)]


@pytest.mark.qchannel_fault("GET /backends", status=500)
def test_a(): ...
""",
    "test_logins.py": """\
from typing import TYPE_CHECKING

from pytest_qchannel import emulated
from qiskit_ibm_runtime import QiskitRuntimeService

if TYPE_CHECKING:
    QiskitRuntimeService()

with emulated():
    SERVICE = QiskitRuntimeService()


def login(make=lambda: QiskitRuntimeService()):
    return QiskitRuntimeService()


if __name__ == "__main__":
    QiskitRuntimeService()
""",
    "test_chain.py": "import pytest\n\n@pytest.mark.vcr\ndef test(): ...\n\nA = a" + ".b(1)" * 900,
    "job.py": "from qiskit_ibm_runtime import QiskitRuntimeService\n\nQiskitRuntimeService()\n",
    "ca.pem": "-----BEGIN CERTIFICATE-----\n",
}


def test_a_whole_project_is_left_alone(tmp_path: Path) -> None:
    """What looks odd and is right: plugins of others, own markers, a proxy, a set of accounts."""
    project(tmp_path)
    for name, text in WHOLE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    saved = {"me": {"channel": "ibm_cloud", "token": "nobodys-secret"}}
    (tmp_path / "home" / ".qiskit").mkdir()
    (tmp_path / "home" / ".qiskit" / "qiskit-ibm.json").write_text(json.dumps(saved), "utf-8")
    environ = {
        "HTTPS_PROXY": "http://me:nobodys-secret@proxy.example.org:3128",
        "https_proxy": "http://me:nobodys-secret@proxy.example.org:3128",
        "http_proxy": "proxy.example.org:3128",
        "QCHANNEL_IBM_QUANTUM_TOKEN": "another-secret",
        "QISKIT_IBM_TOKEN": "nobodys-secret",
        "QISKIT_IBM_CHANNEL": "ibm_cloud",
        "QISKIT_IBM_INSTANCE": "my-instance",
        "QISKIT_IBM_TOKEN_2": "another-secret",
        "QISKIT_IBM_RUNTIME_LOG_LEVEL": "INFO",
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        "TMPDIR": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path / "env"),
        "PYTEST_ADDOPTS": "-ra",
        "CI": "true",
    }
    rows = examine(machine(tmp_path, environ))
    assert bad(rows) == []
    assert [row.check for row in rows] == list(CHECKS)
    assert not any(secret in str(rows) for secret in SECRETS)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"https_proxy": "", "HTTPS_PROXY": "proxy:1"}, "none: IBM's hosts are asked directly"),
        (
            {"HTTPS_PROXY": "proxy:1", "NO_PROXY": "x.org,.cloud.ibm.com"},
            "IBM's hosts are asked through that of HTTPS_PROXY; NO_PROXY leaves out "
            "iam.cloud.ibm.com and quantum.cloud.ibm.com",
        ),
        (
            {"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": "ca.pem"},
            "those of SSL_CERT_FILE are trusted",
        ),
    ],
)
def test_what_is_whole_says_how_ibm_is_reached(
    environ: Environ, words: str, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text(WHOLE["ca.pem"], encoding="utf-8")
    chosen = [one for one in CHECKS if one.id in ("proxies", "certificates")]
    rows = examine(machine(tmp_path, environ), chosen)
    assert [row.finding.state for row in rows] == [State.OK] * 2
    assert words in [row.finding.seen for row in rows]


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"now": lambda: 1.0}, "clock", "before this package was written"),
        ({"now": lambda: 1_765_000_000.0}, "clock", "before your newest test"),
        ({"free": lambda path: 5_000_000}, "writing", "5 MB are free"),
        ({"python": (3, 10, 4)}, "python", "3.11 or newer"),
    ],
)
def test_what_no_command_could_be_tried_on_here_is_named(
    change: dict[str, Any], check: str, words: str, tmp_path: Path
) -> None:
    project(tmp_path)
    os.utime(tmp_path / "test_it.py", (NOW - 60, NOW - 60))
    (row,) = bad(examine(replace(machine(tmp_path, {}), **change)))
    assert row.check.id == check
    assert words in row.finding.seen
    assert row.finding.next


def installed(versions: dict[str, str], *modules: str, needs: tuple[str, ...] = ()) -> Installed:
    plugins = () if "no plugin" in modules else (Plugin("qchannel", "pytest_qchannel.plugin"),)
    return Installed(versions, plugins, lambda name: name in modules, needs)


@pytest.mark.parametrize(
    ("has", "check", "words"),
    [
        (installed({"qiskit-ibm-runtime": "0.33.2"}), "client", "pip install --upgrade"),
        (installed({}), "client", "pip install 'qiskit-ibm-runtime>=0.34'"),
        (installed({"qiskit-ibm-runtime": "1.0"}, "no plugin"), "plugin", "--force-reinstall"),
        (installed({"qiskit-ibm-runtime": "1.0"}, "pytest_vcr"), "companions", "-y pytest-vcr"),
        (installed({"qiskit-ibm-runtime": "1.0"}, "cassetter"), "companions", "-y cassetter"),
        (
            installed({"qiskit-ibm-runtime": "1.0"}, needs=("responses>=0.25",)),
            "packages",
            "install 'responses>=0.25'",
        ),
    ],
)
def test_what_is_installed_wrong_has_its_command(
    has: Installed, check: str, words: str, tmp_path: Path
) -> None:
    project(tmp_path)
    (row,) = bad(examine(replace(machine(tmp_path, {}), installed=has)))
    assert (row.check.id, row.finding.state) == (check, State.FAIL)
    assert words in row.finding.next


def test_the_packages_of_this_python_are_found() -> None:
    here = Installed.here()
    assert here.needs == ()
    assert Plugin("qchannel", "pytest_qchannel.plugin") in here.plugins
    assert here.versions["qiskit-ibm-runtime"] == client_version()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command in a project of its own, in an environment without the person's."""
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def invoke(*words: str, **environ: str) -> Result:
        return CliRunner(env=environ).invoke(main, ["doctor", *words], catch_exceptions=False)

    return invoke


def test_a_table_for_people_and_a_document_for_programs(run: Callable[..., Result]) -> None:
    chosen = ("--only", "variables", "--only", "settings")
    result = run(*chosen, QCHANNEL_SEDE="nobodys-secret", QCHANNEL_SEED="")
    assert result.exit_code == 1
    assert "QCHANNEL_SEDE means nothing to qchannel" in result.output
    assert 'variables: export QCHANNEL_SEED="$QCHANNEL_SEDE"; unset QCHANNEL_SEDE' in result.output
    assert result.output.endswith("\n1 ok, 1 to look at, 1 to mend\n")
    result = run(*chosen, "--json", QCHANNEL_SEDE="nobodys-secret", QCHANNEL_SEED="")
    document = json.loads(result.output)
    assert result.exit_code == 1
    assert document["ok"] is False
    assert [(one["id"], one["state"]) for one in document["checks"]] == [
        ("variables", "fail"),
        ("variables", "warn"),
        ("settings", "ok"),
    ]
    assert document["checks"][2]["next"] is None
    assert "nobodys-secret" not in result.output


def test_warnings_do_not_fail_and_an_unknown_check_is_a_usage_error(
    run: Callable[..., Result],
) -> None:
    result = run("--only", "variables", QCHANNEL_SEED="")
    assert (result.exit_code, "unset QCHANNEL_SEED" in result.output) == (0, True)
    result = run("--only", "variable")
    assert result.exit_code == 2
    assert "Did you mean 'variables'?" in result.output


def test_a_git_that_does_not_answer_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a repository on a network drive the command ended with a traceback."""
    project(tmp_path)
    next(one for one in SET_UPS if one.name == "ignored cassettes").make(tmp_path)
    checks = [one for one in CHECKS if one.id == "git"]
    assert bad(examine(machine(tmp_path, {}), checks))
    monkeypatch.setattr(recordings, "_GIT_S", 0)
    assert bad(examine(machine(tmp_path, {}), checks)) == []


def test_nothing_is_changed(tmp_path: Path) -> None:
    project(tmp_path)
    for one in CHEAP:
        if one.check in ("settings", "markers", "names", "plugin"):
            one.make(tmp_path)
            if not (tmp_path / "pytest.ini").exists():
                (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert bad(examine(machine(tmp_path, {})))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_folder_of_cassettes_for_each_channel_is_whole(tmp_path: Path) -> None:
    """Each was damaged: its bodies were looked for above the channels' folders."""
    ini = "[pytest]\naddopts = --qchannel-cassettes=taped/{client}/{channel}\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    for channel in ("ibm_cloud", "ibm_quantum_platform"):
        Store(tmp_path / "taped" / "0.51.0" / channel).save(
            cassette(said("GET", "/backends", b"x" * 1_000))
        )
    whole, _, *unused = examine(machine(tmp_path, {}), recordings.CHECKS[:3])
    folders = [f"taped/0.51.0/{one}" for one in ("ibm_quantum_platform", "ibm_cloud")]
    assert whole.finding.seen == f"1 in {folders[0]}, 1 in {folders[1]}"
    prune = "qchannel cassettes prune --yes"
    assert [row.finding.next for row in unused] == [f"{prune} {one}" for one in folders]


def test_a_value_in_the_lines_below_its_key_is_looked_for(tmp_path: Path) -> None:
    """The command was a sed that replaced nothing, which sed refuses."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nqchannel_door =\n    back\n", "utf-8")
    has = machine(tmp_path, {})
    (row,) = bad(examine(has, [one for one in CHECKS if one.id == "settings"]))
    assert row.finding.next == "grep -n qchannel_door pytest.ini"


def test_a_file_can_hide_each_package_that_is_needed() -> None:
    """``dotenv.py`` or ``packaging/`` beside the tests was not told of."""
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    needed = {Requirement(one).name for one in tomllib.loads(text)["project"]["dependencies"]}
    by_module = {
        module: {name.lower().replace("-", "_") for name in names}
        for module, names in packages_distributions().items()
    }
    told = set().union(*(by_module.get(one, ()) for one in NEEDED))
    here = set().union(*by_module.values())
    assert {one.lower().replace("-", "_") for one in needed} & here - told == set()


def test_a_cassette_that_tests_share_is_used_while_there_are_some(tmp_path: Path) -> None:
    """Each but the session's was unused for ever, and the command that mends it found nothing.

    So was that of a test that a class inherits, or that is imported from another module, or made
    by a call. That of a test whose module has nothing but values left was not told.
    """
    text = "import pytest\nfrom kit import Kit, test_lent\n\n\nclass TestA(Kit):\n"
    text += "    def test_x(self): ...\n\n\nclass TestB:\n    def test_y(self): ...\n"
    text += "\n\ntest_made = Kit.test()\n"
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(text, encoding="utf-8")
    (tmp_path / "tests" / "test_c.py").write_text('"""Nothing."""\n', encoding="utf-8")
    here = "tests/test_a.py"
    used = [f"{here}::_module", f"{here}::TestA::_class", "tests::_package", "::_session"]
    used += [f"{here}::TestA::test_of_the_kit", f"{here}::test_lent", f"{here}::TestB::test_y"]
    used += [f"{here}::test_made"]
    gone = {
        "old/test_b.py::_module": "there is no old/test_b.py",
        f"{here}::TestC::_class": f"no tests share a cassette in {here}::TestC",
        "old::_package": "no test shares a cassette of its package",
        f"{here}::TestB::test_gone": f"there is no such test in {here}",
        "tests/test_c.py::test_x": "there is no such test in tests/test_c.py",
    }
    store = Store(tmp_path / "cassettes")
    for test in [*used, *gone]:
        shared = (f"{test.partition(':')[0]}/test_b.py::test_x",) if "::_" in test else ()
        one = cassette(said("GET", "/backends", {"devices": []}), test=test)
        store.save(replace(one, tests=shared))
    (unused,) = [one for one in recordings.CHECKS if one.id == "unused"]
    rows = examine(machine(tmp_path, {}), [unused])
    assert sorted(row.finding.seen.partition(": ")[2] for row in rows) == sorted(gone.values())
