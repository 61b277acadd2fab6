"""Broken set-ups: each made in a folder of its own, with the check that must name it.

``tests/unit/cli/test_doctor.py`` looks at those that cost next to nothing, in this process;
``benchmarks/doctor_setups.py`` at all, with packages installed and commands run for real.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cli.doctor import Row
from pytest_qchannel.cli.doctor.findings import State
from pytest_qchannel.cli.machine import Installed, Machine, Plugin
from tests.unit.cassette.traffic_kit import PROVENANCE, cassette, said

TEST = """\
import pytest


def test_first(qchannel_service):
    assert qchannel_service.least_busy()


@pytest.mark.vcr
def test_kept(qchannel_service):
    assert qchannel_service.least_busy()
"""
WORLD = Path(__file__).parents[1] / "examples" / "world-2024.toml"
KEPT = "test_it.py::test_kept[ibm_quantum_platform]"

Environ = Mapping[str, str]


NOW = 1_796_000_000.0  # November 2026


def machine(folder: Path, environ: Environ, client: str = "0.51.0", *modules: str) -> Machine:
    return Machine(
        here=folder,
        environ=MappingProxyType(dict(environ)),
        home=folder / "home",
        installed=Installed(
            {"qiskit-ibm-runtime": client, "pytest-qchannel": "1.0"},
            (Plugin("qchannel", "pytest_qchannel.plugin"),),
            lambda name: name in modules,
        ),
        prefix=folder / "env",
        now=lambda: NOW,
        free=lambda path: 10**12,
    )


def bad(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.finding.state is not State.OK]


class SetUp(NamedTuple):
    """Something that is wrong.

    Attributes:
        check: The check that names it.
        name: What is wrong.
        make: Makes it so in a folder, and gives what the environment has, ``~`` its home.
        packages: What is installed besides, as pip takes it.
        is_slow: Whether the command that mends it starts Python, git or pip.
        client: What the checks take for the client's version, where it matters.
    """

    check: str
    name: str
    make: Callable[[Path], Environ]
    packages: tuple[str, ...] = ()
    is_slow: bool = False
    client: str = "0.51.0"


def project(folder: Path) -> None:
    """A project that nothing is wrong with."""
    (folder / "test_it.py").write_text(TEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "home").mkdir()


def _nothing(_folder: Path) -> Environ:
    return {}


def _environ(**variables: str) -> Callable[[Path], Environ]:
    return lambda _folder: variables


def _linked(folder: Path) -> Environ:
    (folder / "cassettes").symlink_to("nowhere")
    return {}


def _ini(lines: str) -> Callable[[Path], Environ]:
    return _file("pytest.ini", f"[pytest]\n{lines}\n")


def _toml(lines: str) -> Callable[[Path], Environ]:
    def make(folder: Path) -> Environ:
        (folder / "pytest.ini").unlink()
        text = f'[project]\nname = "it"\n\n[tool.pytest.ini_options]\n{lines}\n'
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        return {}

    return make


def _file(name: str, text: str, **variables: str) -> Callable[[Path], Environ]:
    def make(folder: Path) -> Environ:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return variables

    return make


def _world_elsewhere(folder: Path) -> Environ:
    _file("worlds/small.toml", WORLD.read_text(encoding="utf-8"))(folder)
    return _ini("qchannel_world = world/small.toml")(folder)


def _marked(marker: str) -> Callable[[Path], Environ]:
    text = f"import pytest\n\n\n@pytest.mark.{marker}\ndef test_marked():\n    pass\n"
    return _file("test_marked.py", text)


def _recorded(folder: Path, test: str = KEPT, at: str = PROVENANCE.recorded_at) -> Path:
    one = cassette(said("GET", "/backends", {"devices": []}), test=test)
    store = Store(folder / "cassettes")
    store.save(replace(one, provenance=replace(one.provenance, recorded_at=at)))
    return store.path_of(test)


def _damaged(folder: Path) -> Environ:
    path = _recorded(folder)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("interactions:")], encoding="utf-8")
    return {}


def _old(folder: Path) -> Environ:
    _recorded(folder, at="2026-01-01T00:00:00+00:00")
    return _ini("qchannel_max_age = 30")(folder)


def _unused(folder: Path) -> Environ:
    _recorded(folder, "test_it.py::test_gone[ibm_quantum_platform]")
    return {}


def _ignored(folder: Path) -> Environ:
    _recorded(folder)
    git(folder, "init", "--quiet")
    return _file(".gitignore", "*.yaml\n")(folder)


def _kept_apart_no_more(folder: Path) -> Environ:
    _recorded(folder)
    git(folder, "init", "--quiet")
    (folder / "cassettes" / ".qchannel" / ".gitignore").unlink()
    return {}


def _not_fetched(folder: Path) -> Environ:
    """A clone of a repository that keeps its cassettes in git's LFS, made without git-lfs."""
    origin = folder / "home" / ".origin"
    origin.mkdir()
    git(origin, "init", "--quiet")
    git(origin, "lfs", "install", "--local")
    project(origin)
    _recorded(origin)
    git(origin, "lfs", "track", "cassettes/**/*.yaml")
    git(origin, "add", ".")
    git(
        origin,
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "commit",
        "--quiet",
        "-m",
        "a",
    )
    for path in folder.iterdir():
        if path.name != "home":
            path.unlink()
    git(folder, "init", "--quiet")
    git(folder, "lfs", "install", "--local", "--skip-smudge")
    git(folder, "remote", "add", "origin", f"file://{origin}")
    git(folder, "pull", "--quiet", "origin", "HEAD")
    return {}


def git(folder: Path, *words: str) -> None:
    """Runs git."""
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


_LOGIN = "from qiskit_ibm_runtime import QiskitRuntimeService as Service\n\nSERVICE = Service()\n"


def _login_of_package(folder: Path) -> Environ:
    """A package that logs in, imported by a module that the tests import."""
    _toml('pythonpath = ["src"]\ntestpaths = ["."]')(folder)
    _file("src/mine/at_ibm.py", _LOGIN)(folder)
    _file("src/mine/__init__.py", "from . import at_ibm\n")(folder)
    return _file("conftest.py", "import mine\n")(folder)


def _login_without_ini(folder: Path) -> Environ:
    (folder / "pytest.ini").unlink()
    return _file("test_login.py", f"class TestIt:\n    {_LOGIN}".replace("\n\n", "\n    "))(folder)


_ACCOUNT = {"me": {"channel": "ibm_quantum", "token": "nobody", "url": "https://example.org"}}
_HOME_FILE = "home/.qiskit/qiskit-ibm.json"
_TWICE = "pytest_qchannel.plugin"

SET_UPS = (
    SetUp("companions", "pytest-vcr", _nothing, ("pytest-vcr",), is_slow=True),
    SetUp("companions", "cassetter", _nothing, ("cassetter",), is_slow=True),
    SetUp("client", "an old client", _nothing, ("qiskit-ibm-runtime==0.33.2",), is_slow=True),
    SetUp("packages", "an old responses", _nothing, ("responses==0.20.0",), is_slow=True),
    SetUp("packages", "an old base", _nothing, ("pytest-recording==0.12.2",), is_slow=True),
    SetUp("python", "another environment", _file("other/pyvenv.cfg", "", VIRTUAL_ENV="other")),
    SetUp("plugin", "no plugins", _environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")),
    SetUp("plugin", "switched off in the ini file", _ini("addopts = -q -p no:qchannel")),
    SetUp("plugin", "switched off, in a list", _toml('addopts = ["-q", "-p", "no:qchannel"]')),
    SetUp("plugin", "switched off in a variable", _environ(PYTEST_ADDOPTS="-q -p no:qchannel")),
    SetUp("plugin", "no recordings", _ini("addopts = -pno:recording -q")),
    SetUp("plugin", "loaded twice", _file("conftest.py", f'pytest_plugins = ["{_TWICE}"]\n')),
    SetUp("plugin", "twice, beside another",
          _file("conftest.py", f'pytest_plugins = [\n    "pytester", "{_TWICE}",\n]\n')),
    SetUp("plugin", "twice by an option", _environ(PYTEST_ADDOPTS=f"-p {_TWICE}")),
    SetUp("plugin", "twice by a variable", _environ(PYTEST_PLUGINS=f"pytester,{_TWICE}")),
    SetUp("plugin", "switched off, beside a secret",
          _environ(PYTEST_ADDOPTS="--api-key=nobodys-secret -p no:qchannel -q")),
    SetUp("sockets", "pytest-socket and the loopback door",
          _ini("addopts = --disable-socket\nqchannel_door = loopback"), ("pytest-socket",)),
    SetUp("names", "a file that hides a package", _file("responses.py", "")),
    SetUp("variables", "a mistyped one", _environ(QCHANNEL_SEDE="3")),
    SetUp("variables", "a mistyped secret", _environ(QCHANNEL_IBM_CLOUD_TOKN="nobodys-secret")),
    SetUp("variables", "a mistyped one of the client", _environ(QISKIT_IBM_TOKN="nobodys-secret")),
    SetUp("variables", "an empty one", _environ(QISKIT_IBM_TOKEN="")),
    SetUp("variables", "a channel that is gone", _environ(QISKIT_IBM_CHANNEL="ibm_quantum")),
    SetUp("variables", "no channel at all", _environ(QISKIT_IBM_CHANNEL="ibm_clod")),
    SetUp("variables", "a classic instance", _environ(QISKIT_IBM_INSTANCE="ibm-q/open/main")),
    SetUp("variables", "two tokens",
          _environ(QISKIT_IBM_TOKEN="nobodys-secret", QCHANNEL_IBM_CLOUD_TOKEN="another-secret")),
    SetUp("accounts", "not readable", _file(_HOME_FILE, '{"me": {"token": "nobodys-secret"')),
    SetUp("accounts", "a channel that is gone", _file(_HOME_FILE, json.dumps(_ACCOUNT)),
          is_slow=True),
    SetUp("proxies", "no address",
          _environ(HTTPS_PROXY="http://me:nobodys-secret@proxy.example.org:http")),
    SetUp("proxies", "two that differ",
          _environ(http_proxy="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:2")),
    SetUp("proxies", "SOCKS without PySocks", _environ(ALL_PROXY="socks5://127.0.0.1:1"),
          is_slow=True),
    SetUp("certificates", "no file", _environ(REQUESTS_CA_BUNDLE="/nowhere/ca.pem")),
    SetUp("certificates", "a path that is too long", _environ(SSL_CERT_FILE="c" * 5_000)),
    SetUp("certificates", "no certificate", _file("ca.pem", "nothing\n", SSL_CERT_FILE="ca.pem")),
    SetUp("settings", "a mistyped key", _ini("qchannel_sede = 3")),
    SetUp("settings", "a key like none", _ini("qchannel_xyz = 3")),
    SetUp("settings", "a mistyped value", _toml('qchannel_door = "lopback"')),
    SetUp("settings", "a mistyped value in a variable", _environ(QCHANNEL_MODE="emulatd")),
    SetUp("settings", "a mistyped value in addopts", _ini("addopts = -q --qchannel-door lopback")),
    SetUp("settings", "a mistyped option", _ini("addopts = -q --qchannel-sed=3")),
    SetUp("settings", "a mistyped option, its value apart", _ini("addopts = --qchannel-sed 3 -q")),
    SetUp("settings", "a path that is too long", _environ(QCHANNEL_WORLD="w" * 5_000)),
    SetUp("settings", "a seed that is too long", _environ(QCHANNEL_SEED="9" * 5_000)),
    SetUp("settings", "a world that is elsewhere", _world_elsewhere),
    SetUp("settings", "nothing to record from", _ini("qchannel_mode = record")),
    SetUp("settings", "a channel that is gone", _ini("qchannel_channel = ibm_quantum")),
    SetUp("ini", "a file that is not read",
          _file("pyproject.toml", "[tool.pytest.ini_options]\nqchannel_seed = 3\n")),
    SetUp("ini", "paths in a file that is not read",
          _file("pyproject.toml", "[tool.pytest.ini_options]\n"
                "qchannel_cassettes = \"my/cassettes & more\"\nqchannel_seed = 3\n")),
    SetUp("markers", "a mistyped one", _marked("qchanel")),
    SetUp("markers", "a mistyped argument", _marked("qchannel(sede=3)")),
    SetUp("markers", "a mistyped channel", _marked('qchannel("ibm_clod")')),
    SetUp("markers", "a channel by name", _marked('qchannel(channel = "ibm_cloud")')),
    SetUp("markers", "channels by name", _marked('qchannel(seed=3, chanels=["ibm_cloud"])')),
    SetUp("markers", "a channel by name behind", _marked('qchannel(seed=3, channel="ibm_cloud")')),
    SetUp("imports", "a login",
          _file("conftest.py", _LOGIN)),
    SetUp("imports", "a login, in a project of another form", _login_of_package),
    SetUp("imports", "a login without an ini file", _login_without_ini),
    SetUp("cassettes", "a damaged one", _damaged, is_slow=True),
    SetUp("cassettes", "not fetched", _not_fetched, is_slow=True),
    SetUp("stale", "an old one", _old, is_slow=True),
    SetUp("unused", "a test that is gone", _unused, is_slow=True),
    SetUp("git", "ignored cassettes", _ignored),
    SetUp("git", "a quarantine that is kept", _kept_apart_no_more),
    SetUp("writing", "a file in the place of the folder", _file("cassettes", "")),
    SetUp("writing", "a link to nothing in the place of the folder", _linked),
    SetUp("writing", "no folder for what is temporary", _environ(TMPDIR="/nowhere")),
)  # fmt: skip
