"""Every route of the table has a handler, and every handler a route."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator.services import HANDLERS, bound, handlers
from pytest_qchannel.ibm.table import ROUTES


def test_each_route_is_bound_to_its_own_services_handler() -> None:
    found = handlers()
    assert list(found) == [route for routes in ROUTES.values() for route in routes]
    for route, handler in found.items():
        assert HANDLERS[route.service][route.key] is handler


def test_a_route_without_a_handler_is_an_error_that_names_it() -> None:
    left = {key: one for key, one in HANDLERS["iam"].items() if key != "POST /identity/token"}
    with pytest.raises(LookupError, match=r"POST /identity/token of iam has no handler.*Gap"):
        bound(ROUTES["iam"], {"iam": left})


def test_a_handler_without_a_route_is_an_error_that_names_it() -> None:
    (handler,) = HANDLERS["iam"].values()
    more = {**HANDLERS["iam"], "GET /identity/keys": handler}
    with pytest.raises(LookupError, match=r"GET /identity/keys of iam has a handler.*no route"):
        bound(ROUTES["iam"], {"iam": more})


def test_a_handler_of_another_service_does_not_count() -> None:
    with pytest.raises(LookupError, match="has no handler"):
        bound(ROUTES["iam"], {"search": HANDLERS["iam"]})
