"""Circuits that the service gives back, without the words that look like a secret."""

from __future__ import annotations

import base64
import json
import re

import pytest

from pytest_qchannel.cassette.circuits.form import circuit_form
from pytest_qchannel.cassette.circuits.formats import decode_qpy, without_names
from pytest_qchannel.cassette.scrub.looks import is_harmless
from pytest_qchannel.cassette.scrub.texts import as_long, harmless_text
from pytest_qchannel.cassette.submitted.submission import read_submission
from pytest_qchannel.cassette.submitted.submission_words import describe
from tests.unit.cassette.scrub.circuits_kit import WORDS_OF_CIRCUITS, circuit_json
from tests.unit.cassette.scrub.planted_kit import VALUES, is_in, post

WORDS = [
    VALUES["API key"],
    VALUES["classic API token"],
    "/home/ada",
    "a@b.com",
    "203.0.113.7",
    "~/x",
    "C:\\Users\\ada",
]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", WORDS_OF_CIRCUITS)
def test_a_circuit_stays_the_same_one_without_the_word(place: str, word: str) -> None:
    """What the user saw: a key in a label was replaced where it was sent, kept in the answer."""
    made = WORDS_OF_CIRCUITS[place](word)
    kept = without_names(circuit_json(made)["__value__"])
    assert kept
    data = base64.b64decode(kept)
    assert len(word) < 8 or not is_in(word, data)
    (circuit,) = decode_qpy(data)
    form, before = circuit_form(circuit), circuit_form(made)
    assert word not in str(form)
    assert [one["op"] for one in form["ops"]] == [
        as_long(one["op"]).decode() if word in one["op"] else one["op"] for one in before["ops"]
    ]
    assert len(form["params"]) == len(before["params"])


@pytest.mark.parametrize("place", ["a label", "names of registers", "the name of a gate", "a body"])
@pytest.mark.parametrize("word", [word for word in WORDS if len(word) >= 11])
def test_what_was_given_back_counts_as_what_was_sent(place: str, word: str) -> None:
    """A test that asks for its job's circuits and sends them again is replayed."""
    sent = circuit_json(WORDS_OF_CIRCUITS[place](word))
    again = {"__type__": "QuantumCircuit", "__value__": without_names(sent["__value__"])}
    bodies = [{"program_id": "sampler", "params": {"pubs": [[one]]}} for one in (sent, again)]
    first, second = (read_submission(post("/jobs", body).request_body) for body in bodies)
    assert first is not None
    assert second is not None
    assert first.matches(second)


@pytest.mark.parametrize("place", WORDS_OF_CIRCUITS)
@pytest.mark.parametrize("word", ["/home/ada", "203.0.113.7", "4929 1234 5678 9012"])
def test_the_circuit_in_words_has_none_that_only_openqasm_writes(place: str, word: str) -> None:
    """What the user saw: a register named ``/home/ada`` as ``_home_ada`` in the index."""
    packed = circuit_json(WORDS_OF_CIRCUITS[place](word))
    body = {"program_id": "sampler", "params": {"pubs": [[packed]]}}
    submission = read_submission(post("/jobs", body).request_body)
    assert submission is not None
    told = json.dumps(describe(submission))
    assert re.sub(r"\W", "_", word).strip("_") not in told
    assert word not in told


def test_a_circuit_without_such_words_is_not_touched() -> None:
    made = WORDS_OF_CIRCUITS["a label"]("prepare")
    made.name, made.metadata = "circuit-0", {}
    packed = circuit_json(made)["__value__"]
    assert decode_qpy(base64.b64decode(without_names(packed))) == [made]


@pytest.mark.parametrize("size", range(1, 60))
def test_a_stand_in_is_as_long_as_the_text_and_harmless(size: int) -> None:
    text = ("/home/ä" + "x" * size)[:size]
    standin = as_long(text).decode()
    assert len(standin.encode()) == len(text.encode())
    assert is_harmless(standin)
    if len(text.encode()) >= 11 and not is_harmless(text):
        assert harmless_text(standin) == harmless_text(text)
