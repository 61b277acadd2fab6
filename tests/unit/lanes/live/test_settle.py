"""What a job or a session cost."""

from __future__ import annotations

import pytest

from pytest_qchannel.lanes.live.settle import (
    Price,
    Unpriced,
    charged_s,
    has_status,
    price_of_job,
    price_of_session,
    status_of,
)
from pytest_qchannel.wire import Json

DONE: dict[str, Json] = {"status": "Completed", "state": {"status": "Completed"}}
UNITS: dict[str, Json] = {
    "value": 0.0327,
    "unit": "resource_units",
    "details": [{"value": 0.0327, "unit": "resource_units", "metric": {"id": "x", "value": 2}}],
}


@pytest.mark.parametrize(
    ("usage", "price"),
    [
        ({"qpu_charge_time_seconds": 0, "status": "pending"}, Unpriced.PENDING),
        ({"qpu_charge_time_seconds": 3, "status": "pending"}, Unpriced.PENDING),
        ({"qpu_charge_time_seconds": 3, "status": "a new word"}, Unpriced.PENDING),
        ({"qpu_charge_time_seconds": 0, "status": None}, Unpriced.PENDING),
        ({"qpu_charge_time_seconds": 3, "status": "complete"}, Price(3.0)),
        ({"qpu_charge_time_seconds": 0, "status": "complete"}, Price(0.0)),
        ({"quantum_seconds": 4, "seconds": 5}, Price(4.0)),
        ({"seconds": 5}, Price(5.0)),
        ({**UNITS, "status": "complete"}, Unpriced.UNITS_ONLY),
        ({**UNITS, "status": "pending"}, Unpriced.PENDING),
        ({**UNITS, "qpu_charge_time_seconds": 2, "status": "complete"}, Price(2.0)),
        ({}, Unpriced.UNKNOWN),
        (None, Unpriced.UNKNOWN),
        ("2", Unpriced.UNKNOWN),
        ({"qpu_charge_time_seconds": "2", "status": "complete"}, Unpriced.UNKNOWN),
        ({"qpu_charge_time_seconds": True, "status": "complete"}, Unpriced.UNKNOWN),
        ({"qpu_charge_time_seconds": -1, "status": "complete"}, Unpriced.UNKNOWN),
        ({"qpu_charge_time_seconds": float("inf"), "status": "complete"}, Unpriced.UNKNOWN),
    ],
)
def test_a_price_is_told_for_certain_or_there_is_none(usage: Json, price: Price | Unpriced) -> None:
    assert price_of_job({**DONE, "usage": usage}) == price


@pytest.mark.parametrize("word", ["Queued", "Running", "Strange", None])
def test_a_job_that_has_not_ended_has_no_price(word: str | None) -> None:
    body: dict[str, Json] = {"status": word, "usage": {"seconds": 5}}
    assert price_of_job(body) is Unpriced.RUNNING


def test_a_dry_run_costs_nothing_whatever_it_tells() -> None:
    """It tells what the device would have used, which was counted as spent."""
    told: dict[str, Json] = {"status": "Completed", "usage": {"qpu_charge_time_seconds": 7}}
    assert price_of_job({**told, "backend": "mock_any"}) == Price(0.0)
    assert price_of_job({**told, "backend": "ibm_any"}) == Price(7.0)


def test_the_state_is_read_from_either_place() -> None:
    assert status_of({"status": "Cancelled - Ran too long"}) == "Cancelled"
    assert status_of({"state": {"status": "Failed"}, "status": "Running"}) == "Failed"
    assert status_of({"state": "?", "status": 7}) is None


def test_only_newer_answers_tell_whether_usage_is_final() -> None:
    assert has_status({"usage": {"status": "pending"}})
    assert not has_status({"usage": {"seconds": 0}})
    assert not has_status({})


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"state": "closed", "elapsed_time": 7.2}, Price(8)),
        ({"state": "closed", "elapsed_time": 0}, Price(0)),
        ({"state": "closed", "elapsed_time": None}, Price(0)),
        ({"state": "closed", "elapsed_time": 0, "activated_at": "2026"}, Unpriced.UNKNOWN),
        ({"state": "closed", "started_at": "2026-01-01T00:00:00Z"}, Unpriced.UNKNOWN),
        ({"state": "active", "elapsed_time": 3}, Unpriced.RUNNING),
        ({"state": "inactive", "elapsed_time": 3}, Unpriced.RUNNING),
        ({}, Unpriced.RUNNING),
    ],
)
def test_a_session_costs_the_time_until_it_is_closed(
    body: dict[str, Json], price: Price | Unpriced
) -> None:
    assert price_of_session(body) == price


@pytest.mark.parametrize(
    ("usage", "seconds"),
    [
        ({"qpu_charge_time_seconds": 4, "status": "complete"}, 4.0),
        ({"qpu_charge_time_seconds": 0, "status": "pending"}, None),
        ({"quantum_seconds": 3}, 3.0),
        ("much", None),
    ],
)
def test_what_a_usage_tells(usage: Json, seconds: float | None) -> None:
    assert charged_s(usage) == seconds
