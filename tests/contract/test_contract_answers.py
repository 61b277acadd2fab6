"""The table of answers: complete, and no status without a source."""

from __future__ import annotations

from pytest_qchannel.emulator.services import ROUTES
from pytest_qchannel.emulator.services.answers import ANSWERS, SOURCES, answers_of
from pytest_qchannel.wire import Route
from tests.contract.contract_client import contract, shape


def routes() -> list[Route]:
    return [route for lines in ROUTES.values() for route in lines]


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    assert {(route.method, route.rule) for route in routes()} == set(ANSWERS)


def test_every_status_has_a_source_that_is_explained() -> None:
    assert {mark for route in routes() for mark in answers_of(route).values()} <= set(SOURCES)


def test_every_operation_of_the_runtime_in_the_contract_is_served_or_named_here() -> None:
    served = {(route.method, shape(route.rule)) for route in ROUTES["runtime"]}
    missing = {
        name
        for name, known in contract()["operations"].items()
        if known["service"] == "runtime" and (known["method"], shape(known["path"])) not in served
    }
    # IBM took it away with version 2026-02-01 of the API, and no client ever called it.
    assert missing == {"get_transpiled_circuits_jid"}
