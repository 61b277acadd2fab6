"""The table of answers: complete, and no status without a source."""

from __future__ import annotations

from pytest_qchannel.ibm.route import SOURCES, Route
from pytest_qchannel.ibm.table import ROUTES
from tests.contract.contract_client import contract, shape


def routes() -> list[Route]:
    return [route for lines in ROUTES.values() for route in lines]


def test_every_status_has_a_source_that_is_explained() -> None:
    assert {mark for route in routes() for mark in route.answers.values()} <= set(SOURCES)


def test_every_operation_of_the_runtime_in_the_contract_is_served_or_named_here() -> None:
    served = {(route.method, shape(route.rule)) for route in ROUTES["runtime"]}
    missing = {
        name
        for name, known in contract()["operations"].items()
        if known["service"] == "runtime" and (known["method"], shape(known["path"])) not in served
    }
    # IBM took it away with version 2026-02-01 of the API, and no client ever called it.
    assert missing == {"get_transpiled_circuits_jid"}
