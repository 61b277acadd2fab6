"""``qchannel serve``: a process in the foreground, spoken to with curl and others."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import click
import pytest
import requests
from click.testing import CliRunner, Result

from pytest_qchannel.cli.main import main
from pytest_qchannel.cli.serve import EXPOSE
from pytest_qchannel.cli.serve import _told_to_end as told_to_end
from pytest_qchannel.cli.serve import _write as write_certificate
from tests.devices_kit import DEVICE
from tests.e2e.ports_kit import free_ports
from tests.e2e.run_kit import PERSONAL
from tests.world_kit import world_text

HOST = "quantum.cloud.ibm.com"
ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
WORLD = world_text("ibm_mine", "ibm_nairobi", top="seed = 4\n", instance="lab-open")


class Served:
    """A running server: what it printed, and how it ends."""

    def __init__(self, *arguments: str) -> None:
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(PERSONAL) and not name.lower().endswith("_proxy")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest_qchannel", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()
        assert self.first, self.process.communicate()[1]

    @property
    def facts(self) -> Any:
        return json.loads(self.first)

    @property
    def port(self) -> int:
        return int(self.facts["port"])

    def end(self, how: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit status, and what else was printed to stdout and stderr."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def headers(self, channel: str = "ibm_cloud") -> dict[str, str]:
        [account] = [one for one in self.facts["accounts"] if channel in one["channels"]]
        return {
            "Authorization": f"apikey {account['credential']}",
            "Service-CRN": account["instances"][0]["id"],
        }

    def backends(self, url: str = "") -> requests.Response:
        """The list of devices, asked for under a real name that a ``Host`` header gives."""
        return requests.get(
            f"{url or self.facts['url']}/api/v1/backends",
            headers={"Host": HOST, **self.headers()},
            verify=self.facts["ca_file"],
            timeout=30,
        )


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(*arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """One server for the tests that only ask."""
    served = Served("--json")
    yield served
    status, _, err = served.end(signal.SIGINT)
    assert status == 0
    assert err.startswith("qchannel serve: ended, ")


def test_the_facts_are_one_line_of_json(shared: Served) -> None:
    facts = shared.facts
    assert facts["url"] == f"https://127.0.0.1:{facts['port']}"
    assert facts["host"] == "127.0.0.1"
    assert facts["seed"] == 0
    assert [one["channels"] for one in facts["accounts"]] == [
        ["ibm_quantum_platform"],
        ["ibm_cloud"],
        ["ibm_quantum"],
    ]
    for account in facts["accounts"]:
        assert set(account) == {"name", "channels", "credential", "instances"}
        assert set(account["instances"][0]) == {"id", "name", "plan"}
    assert "BEGIN CERTIFICATE" in Path(facts["ca_file"]).read_text(encoding="ascii")
    assert "KEY" not in Path(facts["ca_file"]).read_text(encoding="ascii")


def test_requests_reaches_it_with_a_host_header(shared: Served) -> None:
    answer = shared.backends()
    assert answer.status_code == 200
    assert DEVICE in answer.json()["devices"]


def test_http_client_verifies_the_real_host_name(shared: Served) -> None:
    context = ssl.create_default_context(cafile=shared.facts["ca_file"])
    connection = http.client.HTTPSConnection(HOST, context=context)
    raw = socket.create_connection(("127.0.0.1", shared.port), timeout=30)
    connection.sock = context.wrap_socket(raw, server_hostname=HOST)
    for _ in range(3):
        connection.request("GET", "/api/v1/jobs", headers={"Authorization": "apikey wrong"})
        answer = connection.getresponse()
        assert answer.status == 401
        assert json.loads(answer.read())["errors"]
    connection.close()


def test_it_is_not_trusted_without_its_certificate(shared: Served) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(shared.facts["url"], timeout=30)


def test_the_seed_and_the_world_are_those_of_the_options(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    world = tmp_path / "world.toml"
    world.write_text(WORLD, encoding="utf-8")
    served = serve("--json", "--world", str(world), "--channel", "ibm_quantum_platform")
    assert served.facts["seed"] == 4
    assert served.facts["world"] == str(world)
    [account] = served.facts["accounts"]
    assert account["channels"] == ["ibm_quantum_platform", "ibm_cloud"]
    answer = served.backends()
    assert answer.json()["devices"] == ["ibm_mine"]


def test_a_channel_that_the_world_has_no_account_for_is_refused(tmp_path: Path) -> None:
    world = tmp_path / "world.toml"
    world.write_text(WORLD, encoding="utf-8")
    result = run("--world", str(world), "--channel", "ibm_quantum")
    assert result.exit_code == 2
    assert (
        "--channel: the emulated world has no account for ibm_quantum. There are accounts for: "
        "ibm_cloud, ibm_quantum_platform"
    ) in result.stderr


def test_plain_http_needs_no_certificate(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And what it prints has no key of whoever started it, wherever a client has put that."""
    saved = tmp_path / ".qiskit" / "qiskit-ibm.json"
    saved.parent.mkdir()
    saved.write_text(json.dumps({"mine": {"token": (key := "a-key-of-nobody-0123456789")}}))
    monkeypatch.setenv("HOME", str(tmp_path))
    served = serve("--json", "--plain-http", "--verbose")
    assert served.facts["url"] == f"http://127.0.0.1:{served.port}"
    assert served.facts["ca_file"] is None
    url = f"{served.facts['url']}/api/v1/backends"
    assert requests.get(url, headers={"Host": HOST, **served.headers()}, timeout=30).ok
    gap = requests.get(f"{served.facts['url']}/", timeout=30)
    assert gap.status_code == 501
    named = f"{url}/{key}/status?of={key}"
    assert requests.get(named, headers={"Host": HOST}, timeout=30).status_code == 401
    assert requests.get(f"{served.facts['url']}/{key}", timeout=30).status_code == 501
    status, _, err = served.end()
    assert status == 0
    assert key not in err
    assert "/backends/<secret ~/.qiskit/qiskit-ibm.json>/status" in err
    assert f"#1 GET https://{HOST}/api/v1/backends -> 200" in err
    assert "qchannel: the emulator has nothing at GET https://127.0.0.1/" in err
    assert err.splitlines()[-1] == "qchannel serve: ended, 4 requests"


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_when_it_is_told_to_while_clients_are_connected(
    serve: Callable[..., Served], how: signal.Signals
) -> None:
    served = serve("--json")
    context = ssl.create_default_context(cafile=served.facts["ca_file"])
    with (
        socket.create_connection(("127.0.0.1", served.port)) as raw,
        context.wrap_socket(raw, server_hostname=HOST) as kept,
    ):
        assert kept.version()
        assert served.end(how) == (0, "", "qchannel serve: ended, 0 requests\n")
    assert not Path(served.facts["ca_file"]).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", served.port))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_printed_commands_work_as_pasted(serve: Callable[..., Served], tmp_path: Path) -> None:
    ca_file = tmp_path / "a folder" / "ca.pem"
    ca_file.parent.mkdir()
    served = serve("--ca-file", str(ca_file))
    assert served.first.startswith("The emulated IBM Quantum services are at https://127.0.0.1:")
    lines = []
    assert served.process.stdout is not None
    for line in served.process.stdout:
        lines.append(line.strip())
        if "loginWithToken" in line:  # the last one
            break
    commands = [line for line in lines if line.startswith("curl ")]
    assert len(commands) == 5
    environ = {n: v for n, v in os.environ.items() if not n.lower().endswith("_proxy")}
    answers = []
    for command in commands:
        words = [*shlex.split(command), "--silent", "--show-error", "--fail"]
        done = subprocess.run(
            words, capture_output=True, text=True, env=environ, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
    assert [next(iter(answer)) for answer in answers] == [
        *("access_token", "devices") * 2,
        "id",
    ]
    assert served.end()[0] == 0
    assert ca_file.exists()  # it was asked for by name


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a thread")
def test_the_signal_is_heard_at_any_moment() -> None:
    """One of 44 was missed: it came just before the thread began to wait, and woke nobody."""

    def knock() -> None:  # in a thread, the handler of python is not what wakes
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    for _ in range(200):
        with told_to_end() as wait:
            knocking = threading.Thread(target=knock)
            knocking.start()
            assert wait() == signal.SIGINT
            knocking.join()


def test_it_restarts_on_its_port_at_once(serve: Callable[..., Served]) -> None:
    """Connections that the server had closed held the port for a minute."""
    [port] = free_ports(1)
    for _ in range(3):
        served = serve("--json", "--plain-http", "--port", str(port))
        assert served.port == port
        url = f"{served.facts['url']}/api/v1/versions"
        headers = {"Host": HOST, "Connection": "close"}
        assert requests.get(url, headers=headers, timeout=30).ok
        with socket.create_connection(("127.0.0.1", port)):
            assert served.end()[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
def test_nohup_is_respected(serve: Callable[..., Served]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        served = serve("--json", "--plain-http")
    finally:
        signal.signal(signal.SIGHUP, before)
    served.process.send_signal(signal.SIGHUP)
    assert requests.get(served.facts["url"], timeout=30).status_code == 501
    assert served.end()[0] == 0


def test_its_own_certificate_is_replaced_and_nothing_else(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """In curl and requests an option of that name reads a bundle: it was overwritten."""
    ca_file = tmp_path / "ca.pem"
    first = serve("--json", "--ca-file", str(ca_file))
    old = ca_file.read_text("ascii")
    assert first.end()[0] == 0
    served = serve("--json", "--ca-file", str(ca_file))
    assert ca_file.read_text("ascii") != old
    assert served.backends().status_code == 200
    assert served.end()[0] == 0
    assert [one.name for one in tmp_path.iterdir()] == ["ca.pem"]
    (tmp_path / "to-ours").symlink_to(ca_file)
    (tmp_path / "to-nothing").symlink_to(tmp_path / "nothing")
    (tmp_path / "empty").touch()
    (tmp_path / "notes").write_text("mine\n", encoding="ascii")
    bundle = ca_file.read_text("ascii") + Path(certifi.where()).read_text("utf-8")
    (tmp_path / "bundle").write_text(bundle, encoding="utf-8")
    (tmp_path / "device").symlink_to("/dev/null")
    for name in ("to-ours", "to-nothing", "empty", "notes", "bundle", "device"):
        result = run("--ca-file", str(tmp_path / name))
        assert result.exit_code == 2
        assert f"--ca-file {tmp_path / name} exists and is " in result.stderr
    assert (tmp_path / "notes").read_text("ascii") == "mine\n"
    assert (tmp_path / "bundle").read_text("utf-8") == bundle
    assert not (tmp_path / "nothing").exists()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["serve", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_other_machines_are_let_in_only_by_saying_it_twice(host: str) -> None:
    result = run("--host", host)
    assert result.exit_code == 2
    assert f"--host {host} lets other machines in" in result.stderr
    assert EXPOSE in result.stderr


def test_who_says_it_twice_gets_it(serve: Callable[..., Served]) -> None:
    served = serve("--json", "--host", "0.0.0.0", EXPOSE)
    assert served.facts["url"] == f"https://0.0.0.0:{served.port}"
    answer = served.backends(f"https://127.0.0.1:{served.port}")
    assert answer.status_code == 200


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: port {port} of 127.0.0.1 cannot be used: Address already in use. "
        "Leave --port away to take one that is free\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--channel", "ibm_cluod"), "--channel: 'ibm_cluod' is no channel"),
        (("--world", "examples/x.toml"), "the world file cannot be read"),
        (("--port", "70000"), "70000 is not in the range"),
        (("--prot", "1"), "--port"),
        (("--ca-file", "/nowhere/at/all/ca.pem"), "/nowhere/at/all"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_certificate_that_cannot_take_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """The file that it was written to first stayed there."""
    (tmp_path / "ca.pem").mkdir()
    with pytest.raises(click.UsageError, match="cannot be written"):
        write_certificate(tmp_path / "ca.pem", "a certificate")
    assert [one.name for one in tmp_path.iterdir()] == ["ca.pem"]
