"""Which names and words of an answer may be told: those of tables, and nobody's own."""

from __future__ import annotations

import pytest

from pytest_qchannel.drift.names import Names, words_at
from pytest_qchannel.drift.shape import Shape
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.wire import Json, Response

BY_KEY = {route.key: route for route in ROUTES["runtime"]}


@pytest.mark.parametrize(
    ("path", "name", "shown"),
    [
        ("", "devices", "devices"),
        ("jobs[].usage", "quantum_seconds", "quantum_seconds"),  # the emulator's own
        ("devices[]", "queue_position", "queue_position"),  # of the words of other names
        ("devices[]", "queuePosition", "queuePosition"),
        ("", "acme_frobnicator", "?"),
        ("", "lab-of-ann", "?"),
        ("", "jobs of ann", "?"),
        ("", "5f1b7a0e1c9d440000a1b2c3", "{}"),
        ("", "IBMid-50ABCDEF12", "{}"),
        ("results[].data", "meas", "{}"),  # a register
        ("results[].data", "devices", "{}"),
        ("instruction_signatures", "devices", "{}"),
    ],
)
def test_the_name_of_a_field(path: str, name: str, shown: str) -> None:
    assert Names(learned={"quantum_seconds"}).of_field(path, name) == shown


def test_our_own_names_are_learned_and_shown_of_the_service_from_then_on() -> None:
    ours = Names(are_ours=True)
    assert ours.of_field("", "frobnicated") == "frobnicated"
    assert ours.of_header("x-frobnicated") == "x-frobnicated"
    theirs = Names(learned=ours.learned)
    assert theirs.of_field("", "frobnicated") == "frobnicated"
    assert theirs.of_header("x-frobnicated") == "x-frobnicated"
    assert theirs.of_header("x-other") == "?"
    assert theirs.of_header("cf-ray") == "cf-ray"


def test_words_of_enumerations_and_codes_of_errors() -> None:
    jobs = BY_KEY["GET /jobs"]
    listed = words_at(jobs, 200, "jobs[].state.status")
    assert listed is not None
    names = Names()
    assert names.of_word(listed, "Completed") == "Completed"
    assert names.of_word(listed, "Ann's own") == "?"
    assert words_at(jobs, 200, "jobs[].user_id") is None
    codes = words_at(jobs, 404, "errors[].code")
    assert codes == frozenset()
    assert [names.of_word(codes, one) for one in (1291, "1291", 5, "ann", 123456)] == [
        "1291",
        "1291",
        "?",
        "?",
        "?",
    ]


def test_a_shape_merges_items_and_tells_what_is_always_there() -> None:
    shape, route = Shape(), BY_KEY["GET /jobs"]
    bodies: list[Json] = [{"jobs": [{"id": "a", "cost": 1}, {"id": "b"}]}, {"jobs": []},
                          {"jobs": None}]  # fmt: skip
    for body in bodies:
        shape.add(route, Response.json(body), Names())
    shape.add(route, Response(200, b"<html>"), Names())
    assert shape.answers == 4
    assert dict(shape.places["jobs"].kinds) == {"array": 2, "null": 1}
    assert dict(shape.places[""].kinds) == {"object": 3, "text": 1}
    assert shape.is_always("jobs[].id")
    assert not shape.is_always("jobs[].cost")
    assert shape.could_hold("jobs[].cost") == 1
    assert shape.is_always("jobs")


def test_what_a_job_was_submitted_with_is_not_looked_into() -> None:
    shape = Shape()
    body: Json = {"id": "a", "params": {"devices": 1}, "tags": ["ann"]}
    shape.add(BY_KEY["GET /jobs/<job_id>"], Response.json(body), Names())
    assert set(shape.places) == {"", "id", "params", "tags", "tags[]"}
