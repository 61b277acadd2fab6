"""The emulator's front: one function from a request to a response.

``App.handle`` finds the host's service, matches the route, authenticates, calls the handler and
writes the journal. What it cannot answer honestly it refuses with 501 (the client does not retry
that) and remembers as a gap, which the plugin turns into a failure of the test.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pytest_qchannel.emulator.api import auth
from pytest_qchannel.emulator.api.client_release import client_release
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import refuse
from pytest_qchannel.emulator.faults import ConnectionDropped, Fault, RawKeyWarning
from pytest_qchannel.emulator.faults.answers import refusal, spoil
from pytest_qchannel.emulator.faults.strike import due
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.services import handlers
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import EmulatorGap, QChannelError, nearest
from pytest_qchannel.hosts import HOSTS, IAM, RUNTIME, Host, find_host
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES, find, is_submission
from pytest_qchannel.journal import Journal
from pytest_qchannel.wire import ApiError, Request, Response

__all__ = ["App"]

# Since this release the client logs in; until then it sent the API key with every request.
_FIRST_WITH_LOGIN: Final = (0, 39, 0)


class App:
    """The emulated services over one :class:`~pytest_qchannel.emulator.world.world.World`.

    :meth:`handle` may be called from several threads; requests are answered one after the other,
    but for those that wait for the worker process.

    Args:
        world: What the services remember.
        engine: Runs the jobs; by default one as tests have it.
        faults: What is to go wrong, in the order of declaration.
    """

    def __init__(
        self, world: World, *, engine: Engine | None = None, faults: Iterable[Fault] = ()
    ) -> None:
        self.world = world
        self.engine = engine or Engine()
        self.faults = list(faults)
        self.journal = Journal()
        self.gaps: list[QChannelError] = []
        """What a test is to fail for, even where the code under test swallowed it."""
        self._is_login_hit = False
        self._handlers = handlers()

    def handle(self, request: Request) -> Response:
        """The answer to a request; always one in the service's own shape.

        Raises:
            ConnectionDropped: A fault of the test leaves the request without an answer.
        """
        with self.engine.changed:
            host = find_host(request.host, request.path)
            fault = due(self.faults, self.world, request, host) if host else None
            if fault and fault.delay_s:
                # Waiting for the condition lets other requests in meanwhile.
                self.engine.changed.wait_for(lambda: False, timeout=fault.delay_s)
            response = self._handle(request, host, fault)
            self._warn_of_raw_key(request, host)
        if response is None:
            assert fault is not None
            assert fault.drop is not None
            raise ConnectionDropped(fault.drop)
        return response

    def close(self) -> None:
        """Ends what still runs."""
        self.engine.close()

    def _handle(self, request: Request, host: Host | None, fault: Fault | None) -> Response | None:
        """Answers and writes the journal; ``None`` where a fault leaves no answer."""
        ctx: Context | None = None
        response: Response | None
        is_processed = fault is None or fault.lets_through
        try:
            ctx, route = self._route(request, host)
            if is_processed:
                ctx.principal = auth.CHECKS[route.credential](ctx)
                response = self._handlers[route](ctx)
            else:
                response = Response(0)
        except ApiError as error:
            response = error.response
        except EmulatorGap as gap:
            response = self._gap_response(host.service if host else RUNTIME, gap)
        if fault is not None:
            response = self._spoiled(fault, request, host, response)
            is_lost = response is None or response.status >= 400 or fault.body is not None
            self._is_login_hit |= is_lost and host is not None and host.service == IAM
        if request.method == "HEAD" and response is not None:
            response = _headers_of(response)
        job_id = (ctx.job_id or ctx.args.get("job_id")) if ctx else None
        self.journal.record(request, response, job_id, fault)
        return response

    def _spoiled(
        self, fault: Fault, request: Request, host: Host | None, response: Response
    ) -> Response | None:
        """What a fault leaves of an answer."""
        if fault.drop is not None:
            return None
        if fault.status is not None:
            assert host is not None
            submits = is_submission(request.method, request.host, request.path)
            response = refusal(fault, host.service, self.world.hex(32), is_submission=submits)
        return spoil(fault, response)

    def _warn_of_raw_key(self, request: Request, host: Host | None) -> None:
        """Warns, once, where a fault kept the client from logging in and it sent its API key."""
        if not self._is_login_hit or host is None or host.service != RUNTIME:
            return
        if not request.headers.get("authorization", "").lower().startswith("apikey "):
            return
        release = client_release(request)
        if release is not None and release >= _FIRST_WITH_LOGIN:
            self._is_login_hit = False
            said = (
                "the client could not get an access token and fell back to sending the raw API key"
            )
            where = f"{request.method} https://{request.host}{request.path}"
            try:
                warnings.warn(
                    f"{said}: {where} had 'Authorization: apikey'", RawKeyWarning, stacklevel=2
                )
            except RawKeyWarning:
                # The client swallows what some requests raise.
                self.gaps.append(
                    QChannelError(
                        said,
                        where=where,
                        next="expect it with pytest.warns(pytest_qchannel.RawKeyWarning), or look "
                        "why the code goes on without an access token",
                    )
                )
                raise

    def _route(self, request: Request, host: Host | None) -> tuple[Context, Route]:
        asked = f"{request.method} https://{request.host}{request.path}"
        if host is None:
            raise EmulatorGap(
                f"the emulator has nothing at {asked}",
                closest=f"below https://{request.host} it serves {_bases(request.host)}",
                next="ask for a route of docs/emulator.md, or keep this test for the real service",
            )
        found = find(request.method, request.host, request.path)
        if found is None:
            path = request.path[len(host.base) :] or "/"
            shown = [route.key for route in ROUTES[host.service]]
            close = nearest(f"{request.method} {path}", shown) or shown[0]
            raise EmulatorGap(
                f"the emulator has no route for {asked}",
                closest=f"{close.replace(' ', f' https://{host.name}{host.base}', 1)}",
                next="ask for a route of docs/emulator.md, or keep this test for the real service",
            )
        return (
            Context(request, self.world, self.engine, self.faults, host, found.args),
            found.route,
        )

    def _gap_response(self, service: str, gap: EmulatorGap) -> Response:
        self.gaps.append(gap)
        return refuse(service, 501, "emulator_gap", str(gap), self.world.hex(32)).response


def _headers_of(response: Response) -> Response:
    """What ``HEAD`` is answered where ``GET`` has this answer: the same, without the body."""
    headers = dict(response.headers)
    if response.body or response.status not in (204, 304):
        headers.setdefault("Content-Length", str(len(response.body)))
    return replace(response, body=b"", headers=headers)


def _bases(name: str) -> str:
    return ", ".join(host.base or "/" for host in HOSTS if host.name == name) or "nothing"
