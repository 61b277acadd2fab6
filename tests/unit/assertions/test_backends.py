"""assert_least_busy, against a fake service."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.assertions import assert_least_busy
from pytest_qchannel.errors import ExpectationFailed, NetworkBlocked, UsageProblem


class FakeBackend:
    def __init__(
        self, name: Any, queue: int = 0, *, operational: bool = True, message: str = "active"
    ) -> None:
        self.name = name
        self._status = SimpleNamespace(
            operational=operational, status_msg=message, pending_jobs=queue
        )

    def status(self) -> SimpleNamespace:
        return self._status


class BrokenBackend(FakeBackend):
    def status(self) -> SimpleNamespace:
        raise OSError("apikey SECRET-KEY-1")


class FakeService:
    def __init__(self, *backends: FakeBackend, error: Exception | None = None) -> None:
        self._backends = list(backends)
        self._error = error
        self.filters: dict[str, Any] = {}

    def backends(self, **filters: Any) -> list[FakeBackend]:
        self.filters = filters
        if self._error is not None:
            raise self._error
        return self._backends


def failure(backend: Any, service: FakeService, **filters: Any) -> str:
    with pytest.raises(ExpectationFailed) as caught:
        assert_least_busy(backend, service, **filters)
    text = str(caught.value)
    assert "SECRET" not in text
    assert caught.value.__context__ is None
    return text


THREE = FakeService(
    FakeBackend("ibm_busy", 120),
    FakeBackend("ibm_idle", 2),
    FakeBackend("ibm_paused", 0, message="paused"),
    FakeBackend("ibm_off", 0, operational=False, message="maintenance"),
    FakeBackend("ibm_tie", 2),
)


@pytest.mark.parametrize(
    "backend", ["ibm_idle", "ibm_tie", FakeBackend("ibm_idle"), FakeBackend(lambda: "ibm_tie")]
)
def test_shortest_queue_passes_and_ties_are_allowed(backend: Any) -> None:
    assert_least_busy(backend, THREE)


def test_filters_reach_the_service() -> None:
    def is_wide(backend: object) -> bool:
        return True

    filters: dict[str, Any] = {"min_num_qubits": 5, "operational": True, "filters": is_wide}
    service = FakeService(FakeBackend("ibm_idle"))
    assert_least_busy("ibm_idle", service, **filters)
    assert service.filters == filters
    text = failure("ibm_other", service, **filters)
    assert "service.backends(min_num_qubits=5, operational=True, filters=is_wide)" in text


def test_busier_backend_is_explained_by_a_table() -> None:
    text = failure("ibm_busy", THREE)
    assert text == (
        "assert_least_busy: ibm_busy has 120 pending jobs, the least busy backend 2\n"
        "  where:    service.backends()\n"
        "  backends: name        queue  status                         verdict\n"
        "            ibm_idle        2  active                         least busy\n"
        "            ibm_tie         2  active                         least busy\n"
        "            ibm_busy      120  active                         busier  <- given\n"
        "            ibm_off         0  not operational (maintenance)  no candidate\n"
        "            ibm_paused      0  paused                         no candidate\n"
        "  closest:  2 of 5 backends are less busy\n"
        "  next:     on the live service queues move: pick the backend again just before"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ibm_paused", "ibm_paused is not available: paused"),
        ("ibm_off", "ibm_off is not available: not operational (maintenance)"),
        ("ibm_else", "ibm_else is not among the backends that match the filters"),
    ],
)
def test_backend_that_is_no_candidate_fails(name: str, words: str) -> None:
    assert failure(name, THREE).startswith(f"assert_least_busy: {words}")


def test_backend_without_a_status_is_no_candidate() -> None:
    service = FakeService(BrokenBackend("ibm_broken"), FakeBackend("ibm_idle", 7))
    assert_least_busy("ibm_idle", service)
    text = failure("ibm_broken", service)
    assert "ibm_broken is not available: no status (OSError: apikey ***)" in text
    assert "ibm_broken      ?  no status" in text


def test_table_is_capped_and_keeps_the_given_backend() -> None:
    service = FakeService(*(FakeBackend(f"ibm_{i:02}", i) for i in range(30)))
    text = failure("ibm_29", service)
    assert sum("ibm_" in line and "active" in line for line in text.splitlines()) == 12
    assert "busier  <- given" in text
    assert "(18 more)" in text
    assert "29 of 30 backends are less busy" in text


def test_backend_listed_by_two_instances_is_one_row() -> None:
    service = FakeService(FakeBackend("ibm_a", 1), FakeBackend("ibm_a", 1), FakeBackend("ibm_b", 3))
    text = failure("ibm_b", service)
    assert text.count("ibm_a") == 1
    assert "1 of 2 backends is less busy" in text


def test_empty_list_hints_at_the_login() -> None:
    """After a 401 the client's backends() gives an empty list."""
    text = failure("ibm_a", FakeService())
    assert "the service lists no backend at all" in text
    assert "assert_authenticated(service)" in text


def test_listing_that_fails_is_explained_and_scrubbed() -> None:
    text = failure("ibm_a", FakeService(error=ValueError("Bearer SECRET-1")))
    assert "the backends could not be listed" in text
    assert "ValueError: Bearer ***" in text


def test_rules_of_the_kit_pass_through() -> None:
    with pytest.raises(NetworkBlocked):
        assert_least_busy("ibm_a", FakeService(error=NetworkBlocked("no network")))


@pytest.mark.parametrize("backend", [None, 3, "", FakeBackend(None)])
def test_backend_without_a_name_is_a_usage_problem(backend: Any) -> None:
    with pytest.raises(UsageProblem, match=r"(?s)has no name.*least_busy"):
        assert_least_busy(backend, THREE)


def test_filter_may_be_any_callable() -> None:
    wide: Callable[[object], bool] = lambda backend: True  # noqa: E731 - as users write it
    assert_least_busy("ibm_a", FakeService(FakeBackend("ibm_a")), filters=wide)
