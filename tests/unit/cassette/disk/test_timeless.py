"""When a recording is the one that is there already: times alone are nothing new."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.disk.timeless import timeless
from tests.unit.cassette.traffic_kit import PROVENANCE, cassette, said

BODY = {"created": "2026-11-24T22:34:31.352195Z", "id": "a"}


def test_only_a_recording_that_differs_takes_a_new_date(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old = cassette(said("GET", "/a", BODY), said("GET", "/b", BODY))
    later = dataclasses.replace(PROVENANCE, recorded_at="2027-01-01T00:00:00+00:00")
    new = dataclasses.replace(old, provenance=later)
    assert store.with_old_date(new) is new, "there is no old one"
    store.save(old)
    assert store.with_old_date(new).provenance == PROVENANCE
    changed = dataclasses.replace(new, interactions=old.interactions[:1])
    assert store.with_old_date(changed).provenance == later


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/a", BODY), ("/a", {**BODY, "created": "2027-01-01T00:00:00Z"})),
        (
            ("/a", {"qiskit_version": "qiskit_ibm_runtime-0.50.0,qiskit-2.5.2*,qiskit_aer-0.17"}),
            ("/a", {"qiskit_version": "qiskit_ibm_runtime-0.51.0,qiskit-2.6.0*"}),
        ),
        (("/a?since=2026-11-17T22:34:31.352195", BODY), ("/a?since=2027-01-01T00:00:00", BODY)),
        (
            ("/a?since=2026-11-17T22%3A34%3A31.352195%2B00%3A00", BODY),
            ("/a?since=2027-01-01T00%3A00%3A00%2B00%3A00", BODY),
        ),
    ],
)
def test_times_and_versions_are_nothing_new(
    one: tuple[str, object], other: tuple[str, object]
) -> None:
    found = [timeless(cassette(said("GET", *each))) for each in (one, other)]
    assert found[0] == found[1]


@pytest.mark.parametrize("other", [("/b", BODY), ("/a", {**BODY, "id": "b"}), ("/a?n=2026", BODY)])
def test_anything_else_is(other: tuple[str, object]) -> None:
    assert timeless(cassette(said("GET", "/a", BODY))) != timeless(cassette(said("GET", *other)))
