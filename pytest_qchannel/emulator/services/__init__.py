"""One folder per service; its ``handlers.py`` says which function answers which route.

What routes there are stands in :mod:`pytest_qchannel.ibm`. Each of them has a handler here, and a
handler without a route is an error, too: what the emulator does not serve is an ``EmulatorGap``
that a handler raises.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from pytest_qchannel import hosts
from pytest_qchannel.emulator.api.context import Handler
from pytest_qchannel.emulator.services.catalog import handlers as catalog
from pytest_qchannel.emulator.services.classic import handlers as classic
from pytest_qchannel.emulator.services.controller import handlers as controller
from pytest_qchannel.emulator.services.iam import handlers as iam
from pytest_qchannel.emulator.services.runtime import handlers as runtime
from pytest_qchannel.emulator.services.search import handlers as search
from pytest_qchannel.emulator.services.transpiler import handlers as transpiler
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES

__all__ = ["HANDLERS", "bound", "handlers"]

HANDLERS: Final[Mapping[str, Mapping[str, Handler]]] = {
    hosts.IAM: iam.HANDLERS,
    hosts.SEARCH: search.HANDLERS,
    hosts.CATALOG: catalog.HANDLERS,
    hosts.CONTROLLER: controller.HANDLERS,
    hosts.RUNTIME: runtime.HANDLERS,
    hosts.CLASSIC_AUTH: classic.AUTH,
    hosts.CLASSIC_NETWORK: classic.NETWORK,
    hosts.CLASSIC_RUNTIME: classic.RUNTIME,
    hosts.TRANSPILER: transpiler.HANDLERS,
}
"""Service -> key of a route -> what answers it."""


def bound(
    routes: Iterable[Route], answering: Mapping[str, Mapping[str, Handler]]
) -> dict[Route, Handler]:
    """Each route's handler.

    Raises:
        LookupError: A route has none, or there is one for a route that the table does not have.
    """
    left = {(service, key) for service, ones in answering.items() for key in ones}
    found = {}
    for route in routes:
        if (route.service, route.key) not in left:
            raise LookupError(
                f"{route.key} of {route.service} has no handler: add one; where the emulator "
                "does not serve it, one that raises EmulatorGap"
            )
        left.remove((route.service, route.key))
        found[route] = answering[route.service][route.key]
    if left:
        service, key = min(left)
        raise LookupError(f"{key} of {service} has a handler, and pytest_qchannel/ibm no route")
    return found


@functools.cache
def handlers() -> Mapping[Route, Handler]:
    """The handler of every route of the table."""
    return bound((route for service in ROUTES.values() for route in service), HANDLERS)
