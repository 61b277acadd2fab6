"""What stands where IBM stands, for tests of the live lane: a process of its own.

It has an emulated world, a TLS authority that nobody else knows, and a proxy that leads
``CONNECT iam.cloud.ibm.com:443`` and the like to it. The live lane honours the proxy and CA
variables of whoever starts it, so nothing in the package knows that it is being tested::

    with second_server(world) as ibm:
        subprocess.run([...], env={**os.environ, **ibm.variables})
        assert ibm.jobs() ...

Run as a program it serves until its input ends. Its controls are lines of JSON, one answer each.
"""

from __future__ import annotations

import json
import os
import select
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pytest_qchannel.emulator.adapters.authority import new_authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.hosts import IAM, known_hosts
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Handle, Request, Response
from tests.live.scaled_clock import VARIABLE, clock_of

_ROOT: Final = Path(__file__).parents[2]
_FINAL: Final = ("Completed", "Failed", "Cancelled")


class SecondServer:
    """A running one, as its starter has it."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, clock: str) -> None:
        self._process = process
        self._clock = clock
        told = self._read()
        self.key: str = told["key"]
        self.crn: str = told["crn"]
        self._proxy = f"http://127.0.0.1:{told['proxy']}"
        self._ca = folder / "ca.pem"

    @property
    def variables(self) -> dict[str, str]:
        """What leads a process there, and the credentials of its first account."""
        return {
            "HTTPS_PROXY": self._proxy,
            "https_proxy": self._proxy,
            "REQUESTS_CA_BUNDLE": str(self._ca),
            "SSL_CERT_FILE": str(self._ca),
            VARIABLE: self._clock,
            "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN": self.key,
            "QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE": self.crn,
        }

    def ask(self, what: str, **words: object) -> Any:
        """Sends one command and gives what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"what": what, **words}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs: id, state, backend, tags, cost_s, usage_s, session."""
        found: list[dict[str, Any]] = self.ask("jobs")
        return found

    def sessions(self) -> list[dict[str, Any]]:
        """All sessions: id, mode and whether it is open."""
        found: list[dict[str, Any]] = self.ask("sessions")
        return found

    def requests(self) -> list[list[Any]]:
        """Method, host, path and status of all requests, in order."""
        found: list[list[Any]] = self.ask("requests")
        return found

    def tokens(self) -> list[str]:
        """All access tokens that IAM has given: the real ones."""
        found: list[str] = self.ask("tokens")
        return found

    def alive(self) -> list[str]:
        """Jobs that are not final and sessions that are open."""
        jobs = [one["id"] for one in self.jobs() if one["state"] not in _FINAL]
        return jobs + [one["id"] for one in self.sessions() if one["is_open"]]

    def fault(self, route: str | None = None, **words: object) -> None:
        """Declares a fault, in the words of the marker ``qchannel_fault``."""
        self.ask("fault", words={**({"route": route} if route else {}), **words})

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the second server has ended"
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "error" in answer), answer["error"]
        return answer


@contextmanager
def second_server(
    folder: Path, world: str = "", seed: int = 0, factor: float = 1
) -> Iterator[SecondServer]:
    """Starts one, until the block is left.

    Args:
        folder: Where its certificate is written.
        world: A world file's text; without one it is the default world.
        seed: Of job ids.
        factor: How fast its time goes: see :mod:`tests.live.scaled_clock`.
    """
    clock = f"{time.time()}:{factor}"
    (folder / "world.toml").write_text(world, encoding="utf-8")
    command = [sys.executable, "-m", "tests.live.second_server", str(folder), str(seed), clock]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},  # where the tests are
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield SecondServer(process, folder, clock)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


class Proxy(socketserver.ThreadingTCPServer):
    """Leads IBM's names, and no other, to a port of this machine."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.led_to = port
        self.refusals = 0
        self.tunnels: set[socket.socket] = set()

    def refuse(self, times: int) -> None:
        """Ends the connections that there are, and makes none the next few times."""
        self.refusals = times
        for one in list(self.tunnels):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        first = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        name = first[1].rpartition(":")[0] if len(first) > 1 else ""
        if first[:1] != ["CONNECT"] or name not in known_hosts():
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        if self.server.refusals:
            self.server.refusals -= 1
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        self.server.tunnels.add(self.connection)
        try:
            self._lead()
        finally:
            self.server.tunnels.discard(self.connection)

    def _lead(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.led_to)) as other:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: other, other: self.connection}
            with suppress(OSError):
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)


class _Controls:
    """What a line of JSON asks for."""

    def __init__(self, app: App, journal: Journal) -> None:
        self._app = app
        self._journal = journal
        self._tokens: list[str] = []
        self._rules = app.world.rules
        self.proxy: Proxy | None = None

    def link(self, request: Request, answer: Handle) -> Response:
        """Notes access tokens."""
        response = answer(request)
        found = find(request.method, request.host, request.path)
        if found is None or response.status >= 300:
            return response
        if found.route.service == IAM and b"access_token" in response.body:
            self._tokens.append(json.loads(response.body)["access_token"])
        return response

    def tokens(self) -> object:
        return self._tokens

    def rules(self, **words: Any) -> object:
        """Other keys of the world file that are about late news, as ``list_lag_s``; none: its."""
        self._app.world.rules = replace(self._rules, **words)
        return {}

    def refuse(self, times: int) -> object:
        """Ends all connections, and makes none a few times."""
        assert self.proxy is not None
        self.proxy.refuse(times)
        return {}

    def clear(self) -> object:
        """Begins anew: no jobs, no sessions, no faults."""
        with self._app.engine.changed:
            self._app.world.jobs.clear()
            self._app.world.sessions.clear()
        self.refuse(0)
        self.rules()
        return self.forget()

    def jobs(self) -> object:
        with self._app.engine.changed:
            return [
                {
                    "id": job.id,
                    "state": str(job.state.value),
                    "backend": job.backend,
                    "tags": list(job.tags),
                    "cost_s": job.cost_s,
                    "usage_s": job.usage_s,
                    "session": job.session.id if job.session else None,
                }
                for job in self._app.world.jobs.values()
            ]

    def sessions(self) -> object:
        with self._app.engine.changed:
            return [
                {"id": one.id, "mode": one.mode, "is_open": not one.is_closed}
                for one in self._app.world.sessions.values()
            ]

    def requests(self) -> object:
        return [[one.method, one.host, one.path, one.status] for one in self._journal]

    def fault(self, words: Mapping[str, Any]) -> object:
        with self._app.engine.changed:
            self._app.faults.append(parse_fault(words))
        return {}

    def forget(self) -> object:
        """Ends all faults."""
        with self._app.engine.changed:
            self._app.faults.clear()
        return {}


def main(folder: str, seed: str, clock: str) -> None:
    """Serves until the input ends."""
    text = Path(folder, "world.toml")
    builder = WorldBuilder.from_file(text) if text.read_text("utf-8") else WorldBuilder.default()
    settings = resolve({"seed": seed}, {}, {}, {})
    journal, problems = Journal(), list[Any]()
    source = EmulatedSource(settings, builder, journal, problems, Clock(clock_of(clock).now))
    authority = new_authority()
    Path(folder, "ca.pem").write_text(authority.certificate_pem, encoding="ascii")
    controls = _Controls(source.app, journal)
    handle = chained((controls.link, *source.links), source.handle)
    door = LoopbackDoor(handle, problems.append, authority)
    door.open()
    proxy = controls.proxy = Proxy(door.port)
    threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
    account = source.app.world.accounts[0]
    first = next(iter(account.instances.values()))
    told = {"key": account.credential, "crn": first.id, "proxy": proxy.server_address[1]}
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        words = json.loads(line)
        try:
            answer = getattr(controls, words.pop("what"))(**words)
        except Exception as error:  # for whoever asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    proxy.shutdown()
    door.close()
    source.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
