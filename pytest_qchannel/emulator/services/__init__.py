"""One folder per service, the same files in each: ``routes.py`` (what there is), ``handlers.py``.

To add a route: a handler in the service's ``handlers.py``, a line in its ``routes.py``, a test in
``tests/contract/``; ``docs/emulator.md`` is generated from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_qchannel import hosts
from pytest_qchannel.emulator.services.catalog.routes import ROUTES as CATALOG
from pytest_qchannel.emulator.services.classic.routes import AUTH as CLASSIC_AUTH
from pytest_qchannel.emulator.services.classic.routes import NETWORK as CLASSIC_NETWORK
from pytest_qchannel.emulator.services.classic.routes import RUNTIME as CLASSIC_RUNTIME
from pytest_qchannel.emulator.services.controller.routes import ROUTES as CONTROLLER
from pytest_qchannel.emulator.services.iam.routes import ROUTES as IAM
from pytest_qchannel.emulator.services.runtime.routes import ROUTES as RUNTIME
from pytest_qchannel.emulator.services.search.routes import ROUTES as SEARCH
from pytest_qchannel.wire import Route

__all__ = ["ROUTES"]

ROUTES: Final[Mapping[str, tuple[Route, ...]]] = {
    hosts.IAM: IAM,
    hosts.SEARCH: SEARCH,
    hosts.CATALOG: CATALOG,
    hosts.CONTROLLER: CONTROLLER,
    hosts.RUNTIME: RUNTIME,
    hosts.CLASSIC_AUTH: CLASSIC_AUTH,
    hosts.CLASSIC_NETWORK: CLASSIC_NETWORK,
    hosts.CLASSIC_RUNTIME: CLASSIC_RUNTIME,
}
