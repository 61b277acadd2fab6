"""Shapes of suites, and a probe that records what they look up, connect to and send.

A shape is a test module of its own. All of them are run at once, in a process of their own with a
real-looking key at hand: ``observed`` gives the outcome of each test and what the probe recorded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final, NamedTuple

from tests.plugin.conftest import NO_CHANCE

CONTINUE: Final = ("--continue-on-collection-errors",)
KEY: Final = "a-Real-Looking_Key-of-44-characters-01234567"
SCOPES: Final = ("function", "class", "module", "package", "session")

PROBE: Final = """
import os, socket, ssl

def tell(*words):
    with open(os.environ["PROBE_LOG"], "a", encoding="utf-8") as log:
        log.write(" ".join(map(str, words)) + "\\n")

def looking_up(real):
    def look_up(host, *args, **kwargs):
        tell("lookup", host)
        if host in (None, "localhost", "127.0.0.1", "::1"):
            return real(host, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "the probe answers for no name")
    return look_up

for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, looking_up(getattr(socket, name)))

def sending(owner, name):
    real = getattr(owner, name)
    def send(self, data, *args):
        if os.environ["PROBE_KEY"].encode() in bytes(data):
            tell("key", name)
        return real(self, data, *args)
    setattr(owner, name, send)

for owner in (socket.socket, ssl.SSLSocket):
    sending(owner, "send")
    sending(owner, "sendall")

def connecting(real):
    def connect(self, address):
        if self.family != getattr(socket, "AF_UNIX", None):
            tell("connect", address[0])
        return real(self, address)
    return connect

for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, connecting(getattr(socket.socket, name)))
"""
CONFTEST: Final = """
import json, os

def pytest_collectreport(report):
    if report.failed:
        pytest_runtest_logreport(report)

def pytest_runtest_logreport(report):
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if getattr(report, "when", "call") == "call" or report.failed:
        with open(os.environ["PROBE_REPORTS"], "a", encoding="utf-8") as log:
            log.write(json.dumps([report.nodeid, report.outcome, report.longreprtext]) + "\\n")
"""
HEAD: Final = """
import unittest
import pytest
from qiskit_ibm_runtime import QiskitRuntimeService

def service():
    return QiskitRuntimeService()
"""


class Shape(NamedTuple):
    """A module, and how its tests end: ``green``, or a part of what refuses them."""

    source: str
    expected: str


def _fixture(scope: str, how: str = "") -> str:
    return f"""
    @pytest.fixture(scope={scope!r}{how})
    def svc():
        return service()
    """


def _refused(scope: str) -> str:
    return f"the {scope} fixture 'svc' of "


_IMPORTS: Final = {
    "client": "svc = service()",
    "swallowed": "try: svc = service()\n    except Exception: svc = None",
    "socket": "import socket; socket.create_connection(('{host}', 443))",
    "connect": "import socket; socket.socket().connect(('{host}', 443))",
    "requests": "import requests; requests.get('https://{host}/')",
    "httpx": "import httpx; httpx.get('https://{host}/')",
    "urllib3": "import urllib3; urllib3.PoolManager().request('GET', 'https://{host}/')",
    "thread": "import urllib.request\n    from concurrent.futures import ThreadPoolExecutor\n"
    "    with ThreadPoolExecutor() as pool:\n"
    "        pool.submit(urllib.request.urlopen, 'https://{host}/').result()",
    "asyncio": "import asyncio\n    asyncio.run(asyncio.to_thread(service))",
}
"""What a module does while it is imported."""

BEFORE_LANE: Final = "qchannel: the fixture 'svc' was set up before the lane, where no credentials"


def shapes() -> dict[str, Shape]:
    """Scopes x orders x autouse x classes x ``unittest`` x markers alone x mixed suites."""
    found: dict[str, Shape] = {}
    for scope in SCOPES:
        is_own = scope == "function"
        early = BEFORE_LANE if is_own else _refused(scope)
        late = "green" if is_own else _refused(scope)
        plain, autouse = _fixture(scope), _fixture(scope, ", autouse=True")
        body = "assert svc.backends()"
        for name, source, expected in (
            ("first", f"{plain}\n    def test_a(svc, qchannel): {body}", early),
            ("last", f"{plain}\n    def test_a(qchannel, svc): {body}", late),
            ("autouse", f"{autouse}\n    def test_a(svc, qchannel): {body}", early),
            (
                "class",
                f"{plain}\n    class TestA:\n        def test_a(self, svc, qchannel): {body}",
                early,
            ),
            (
                "unittest",
                f"{plain}\n    @pytest.mark.usefixtures('svc', 'qchannel')\n"
                "    class TestA(unittest.TestCase):\n        def test_a(self): pass",
                early,
            ),
            (
                "marker",
                f"{plain}\n    @pytest.mark.qchannel('ibm_cloud')\n    def test_a(svc): {body}",
                late,
            ),
            (
                "in_body",
                f"{plain}\n    def test_a(request, qchannel):\n"
                f"        svc = request.getfixturevalue('svc')\n        {body}",
                late,
            ),
        ):
            found[f"{name}_{scope}"] = Shape(source, expected)
    found |= {
        f"import_{name}": Shape(
            f"{code.format(host='iam.cloud.ibm.com')}\n    def test_a(): pass",
            f"test_import_{name}.py, line ",
        )
        for name, code in _IMPORTS.items()
    }
    found |= {
        f"xunit_{name}": Shape(
            f"def {name}({argument}): service()\n    def test_a(qchannel): pass", expected
        )
        for name, argument, expected in (
            ("setup_module", "module", "setup_module of test_xunit_setup_module.py"),
            ("setup_function", "function", "setup_function was set up before the lane"),
        )
    }
    found |= {
        "xunit_class": Shape(
            "class TestA:\n        def setup_class(self): service()\n"
            "        def test_a(self, qchannel): pass",
            "setup_class of test_xunit_class.py::TestA",
        ),
        "unittest_class": Shape(
            "@pytest.mark.qchannel\n    class TestA(unittest.TestCase):\n        @classmethod\n"
            "        def setUpClass(cls): service()\n        def test_a(self): pass",
            "setUpClass of test_unittest_class.py::TestA",
        ),
        "unittest_own": Shape(
            "@pytest.mark.qchannel\n    class TestA(unittest.TestCase):\n"
            "        def setUp(self): self.svc = service()\n"
            "        def test_a(self): assert self.svc.backends()",
            "green",
        ),
        "fault_alone": Shape(
            "@pytest.mark.qchannel_fault('GET /backends', status=503, optional=True)\n"
            "    def test_a(): service()",
            "green",
        ),
        **{
            f"emulated_{scope}": Shape(
                f"from pytest_qchannel import emulated\n    @pytest.fixture(scope={scope!r})\n"
                "    def svc():\n        with emulated(): yield service()\n"
                "    def test_a(svc, qchannel): assert service().backends()",
                "green",
            )
            for scope in ("function", "module")
        },
        "mixed_body": Shape("def test_a(): service()", "a test that does not use us reached for"),
        "mixed_function": Shape(
            f"{_fixture('function')}\n    def test_a(svc): pass\n",
            "a test that does not use us reached for",
        ),
        "mixed_module": Shape(
            f"{_fixture('module')}\n    def test_a(svc): pass\n    def test_b(svc, qchannel): pass",
            _refused("module"),
        ),
        "mixed_session": Shape(
            f"{_fixture('session')}\n"
            "    def test_a(svc): pass\n    def test_b(qchannel, svc): pass",
            _refused("session"),
        ),
        "swallowed": Shape(
            "@pytest.fixture(scope='module')\n    def svc():\n        try: return service()\n"
            "        except Exception: return None\n    def test_a(svc, qchannel): pass",
            _refused("module"),
        ),
    }
    return found


class Observed(NamedTuple):
    """What came of a run."""

    reports: dict[str, list[tuple[str, str]]]
    log: list[str]
    said: str


def observed(folder: Path, *args: str, is_saved: bool) -> Observed:
    """Runs all shapes, with the key in the account file or in the environment."""
    home = folder / "home"
    (home / ".qiskit").mkdir(parents=True)
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QCHANNEL_", "QISKIT_IBM_", "PYTEST_", "COV"))
    }
    environ |= {"HOME": str(home), "PROBE_KEY": KEY, "PYTHONPATH": str(folder)}
    environ |= {"PROBE_LOG": str(folder / "probe.log"), "IBM_CLOUD_API_KEY": KEY}
    environ["PROBE_REPORTS"] = str(folder / "reports.log")
    if is_saved:
        saved = {"default-ibm-cloud": {"channel": "ibm_cloud", "token": KEY}}
        (home / ".qiskit" / "qiskit-ibm.json").write_text(json.dumps(saved), encoding="utf-8")
    else:
        environ |= {"QISKIT_IBM_TOKEN": KEY, "QISKIT_IBM_CHANNEL": "ibm_cloud"}
    suite = folder / "suite"
    suite.mkdir()
    (folder / "probe.py").write_text(PROBE, encoding="utf-8")
    (suite / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for name, shape in shapes().items():
        source = HEAD + textwrap.dedent("    " + shape.source)
        (suite / f"test_{name}.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "probe",
            *NO_CHANCE,
            "--tb=native",
            *CONTINUE,
            *args,
        ],
        cwd=suite,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    said = done.stdout + done.stderr
    reports: dict[str, list[tuple[str, str]]] = {}
    assert (folder / "reports.log").exists(), said
    for line in (folder / "reports.log").read_text(encoding="utf-8").splitlines():
        node, outcome, text = json.loads(line)
        name = node.partition(".py")[0].removeprefix("test_")
        reports.setdefault(name, []).append((outcome, text))
    log = folder / "probe.log"
    return Observed(reports, log.read_text("utf-8").splitlines() if log.exists() else [], said)
