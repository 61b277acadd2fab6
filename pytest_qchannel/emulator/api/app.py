"""The emulator's front: one function from a request to a response.

``App.handle`` finds the host's service, matches the route, authenticates and calls the handler.
What it cannot answer honestly it refuses with 501 (the client does not retry that) and remembers
as a gap, which the plugin turns into a failure of the test.
"""

from __future__ import annotations

import functools

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from pytest_qchannel.emulator.api import auth
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import refuse
from pytest_qchannel.emulator.services import ROUTES
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import EmulatorGap, QChannelError, nearest
from pytest_qchannel.hosts import HOSTS, RUNTIME, Host, find_host
from pytest_qchannel.wire import ApiError, Request, Response, Route

__all__ = ["App"]


@functools.cache
def _matcher(service: str) -> Map:
    """The routes of a service as a werkzeug map; built once per process, it holds no state."""
    rules = [Rule(route.rule, methods=[route.method], endpoint=route) for route in ROUTES[service]]
    return Map(rules, strict_slashes=False, merge_slashes=False, redirect_defaults=False)


class App:
    """The emulated services over one :class:`~pytest_qchannel.emulator.world.world.World`.

    :meth:`handle` may be called from several threads; requests are answered one after the other,
    but for those that wait for the worker process.

    Args:
        world: What the services remember.
        gaps: Where gaps are put: what a test is to fail for, even where the code under test
            swallowed it.
    """

    def __init__(self, world: World, gaps: list[QChannelError] | None = None) -> None:
        self.world = world
        self.gaps: list[QChannelError] = [] if gaps is None else gaps

    def handle(self, request: Request) -> Response:
        """The answer to a request; always one in the service's own shape."""
        with self.world.engine.changed:
            host = find_host(request.host, request.path)
            try:
                ctx, route = self._route(request, host)
                ctx.principal = auth.CHECKS[route.auth](ctx)
                return route.handler(ctx)
            except ApiError as error:
                return error.response
            except EmulatorGap as gap:
                return self._gap_response(host.service if host else RUNTIME, gap)

    def look(self, request: Request) -> None:
        """Notes the gap of a route that there is not, for a request that is not handled."""
        try:
            self._route(request, find_host(request.host, request.path))
        except EmulatorGap as gap:
            self.gaps.append(gap)

    def close(self) -> None:
        """Ends what still runs."""
        self.world.engine.close()

    def _route(self, request: Request, host: Host | None) -> tuple[Context, Route]:
        asked = f"{request.method} https://{request.host}{request.path}"
        if host is None:
            raise EmulatorGap(
                f"the emulator has nothing at {asked}",
                closest=f"below https://{request.host} it serves {_bases(request.host)}",
                next="ask for a route of docs/emulator.md, or keep this test for the real service",
            )
        path = request.path[len(host.base) :] or "/"
        try:
            route, args = _matcher(host.service).bind(host.name).match(path, request.method)
        except (NotFound, MethodNotAllowed):
            shown = {f"{r.method} {r.rule}": r for r in ROUTES[host.service]}
            close = nearest(f"{request.method} {path}", shown) or next(iter(shown))
            raise EmulatorGap(
                f"the emulator has no route for {asked}",
                closest=f"{close.replace(' ', f' https://{host.name}{host.base}', 1)}",
                next="ask for a route of docs/emulator.md, or keep this test for the real service",
            ) from None
        return Context(request, self.world, host, args), route

    def _gap_response(self, service: str, gap: EmulatorGap) -> Response:
        self.gaps.append(gap)
        return refuse(service, 501, "emulator_gap", str(gap), self.world.hex(32)).response


def _bases(name: str) -> str:
    return ", ".join(host.base or "/" for host in HOSTS if host.name == name) or "nothing"
