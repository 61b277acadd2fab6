"""The emulator's front: one function from a request to a response.

``App.handle`` finds the host's service, matches the route, authenticates and calls the handler.
What it cannot answer honestly it refuses with 501 (the client does not retry that) and remembers
as a gap, which the plugin turns into a failure of the test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pytest_qchannel.emulator.api import auth
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import (
    BODY_LIMIT,
    SAID_TOO_LARGE,
    Code,
    Codes,
    refuse,
)
from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.services import handlers
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import EmulatorGap, QChannelError, nearest
from pytest_qchannel.hosts import HOSTS, IAM, RUNTIME, Host, find_host
from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES, find
from pytest_qchannel.wire import ApiError, Handle, Request, Response

__all__ = ["App", "headers_alone"]


_NEXT: Final = (
    "ask for a route that there is (qchannel docs emulator), or keep this test for the real "
    "service; where it is to find nothing there: --qchannel-unknown-routes=404"
)


class App:
    """The emulated services over one :class:`~pytest_qchannel.emulator.world.world.World`.

    :meth:`handle` may be called from several threads; requests are answered one after the other,
    but for those that wait for the worker process.

    Args:
        world: What the services remember.
        engine: Runs the jobs; by default one as tests have it.
        faults: What is to go wrong, in the order of declaration.
        gaps: Where gaps are put: what a test is to fail for, even where the code under test
            swallowed it.
        installed: The client's release in this process, where it is the one that asks.
        refuses_unknown: Whether a path that is no route is refused with a 404; by default it is a
            gap, because it may be a route that the service has and the emulator lacks.
    """

    def __init__(
        self,
        world: World,
        *,
        engine: Engine | None = None,
        faults: Iterable[Fault] = (),
        gaps: list[QChannelError] | None = None,
        installed: Version | None = None,
        refuses_unknown: bool = False,
    ) -> None:
        self.world = world
        self.engine = engine or Engine()
        self.faults = list(faults)
        self.gaps: list[QChannelError] = [] if gaps is None else gaps
        self._installed = installed
        self._refuses_unknown = refuses_unknown
        self._handlers = handlers()

    def handle(self, request: Request) -> Response:
        """The answer to a request; always one in the service's own shape."""
        with self.engine.changed:
            host = find_host(request.host, request.path)
            service = host.service if host else _service_at(request.host)
            if len(request.body) > BODY_LIMIT:
                return self._refusal(service, 413, Codes.TOO_LARGE, SAID_TOO_LARGE)
            try:
                ctx, route = self._route(request, host)
            except EmulatorGap as gap:
                return self._unknown(service, gap, request)
            try:
                ctx.principal = auth.CHECKS[route.credential](ctx)
                return self._handlers[route](ctx)
            except ApiError as error:
                return error.response
            except EmulatorGap as gap:
                return self._gap_response(service, gap)

    def note_gap(self, request: Request) -> None:
        """Notes the gap where there is no such route, of a request that will not be handled."""
        try:
            self._route(request, find_host(request.host, request.path))
        except EmulatorGap as gap:
            if not self._refuses_unknown and not _is_other_method_of_iam(request):
                self.gaps.append(gap)

    def close(self) -> None:
        """Ends what still runs."""
        self.engine.close()

    def _route(self, request: Request, host: Host | None) -> tuple[Context, Route]:
        asked = f"{request.method} https://{request.host}{request.path}"
        if host is None:
            raise EmulatorGap(
                f"the emulator has nothing at {asked}",
                closest=f"below https://{request.host} it serves {_bases(request.host)}",
                next=_NEXT,
            )
        found = find(request.method, request.host, request.path)
        if found is None:
            path = request.path[len(host.base) :] or "/"
            shown = [route.key for route in ROUTES[host.service]]
            close = nearest(f"{request.method} {path}", shown) or shown[0]
            raise EmulatorGap(
                f"the emulator has no route for {asked}",
                closest=f"{close.replace(' ', f' https://{host.name}{host.base}', 1)}",
                next=_NEXT,
            )
        return (
            Context(
                request,
                self.world,
                self.engine,
                self.faults,
                host,
                found.args,
                installed=self._installed,
            ),
            found.route,
        )

    def _unknown(self, service: str, gap: EmulatorGap, request: Request) -> Response:
        if _is_other_method_of_iam(request):
            said = f"{request.method} is not supported here."
            return self._refusal(service, 405, Codes.IAM_OTHER_METHOD, said)
        if not self._refuses_unknown:
            return self._gap_response(service, gap)
        said = f"There is nothing at {request.path}."
        return self._refusal(service, 404, Codes.NOT_FOUND, said)

    def _gap_response(self, service: str, gap: EmulatorGap) -> Response:
        self.gaps.append(gap)
        return self._refusal(service, 501, "emulator_gap", str(gap))

    def _refusal(self, service: str, status: int, code: Code, said: str) -> Response:
        return refuse(service, status, code, said, self.world.hex(32)).response


def headers_alone(request: Request, answer: Handle) -> Response:
    """Answers ``HEAD`` as ``GET``, without the body: the last thing that happens to an answer."""
    response = answer(request)
    if request.method != "HEAD":
        return response
    headers = dict(response.headers)
    if response.body or response.status not in (204, 304):
        headers.setdefault("Content-Length", str(len(response.body)))
    return replace(response, body=b"", headers=headers)


def _service_at(name: str) -> str:
    """The service whose errors a host has where a path is below no base of it."""
    return next((host.service for host in HOSTS if host.name == name), RUNTIME)


def _is_other_method_of_iam(request: Request) -> bool:
    """Whether IAM has the path, by ``POST``: of it alone is known what it says to other methods."""
    found = find("POST", request.host, request.path)
    return found is not None and found.route.service == IAM and request.method != "POST"


def _bases(name: str) -> str:
    return ", ".join(host.base or "/" for host in HOSTS if host.name == name) or "nothing"
