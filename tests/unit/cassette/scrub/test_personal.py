"""What a person wrote beside a program or a circuit comes back: its words do not stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_qchannel.cassette.scrub.payload import scrub_payload
from pytest_qchannel.cassette.scrub.texts import harmless_text, written_by_somebody
from pytest_qchannel.cassette.submitted.submission import read_submission
from pytest_qchannel.emulator.programs.schemas import SCHEMAS
from tests.unit.cassette.scrub.planted_kit import post


def _kept(value: Any) -> tuple[Any, list[str]]:
    reported: list[str] = []
    return scrub_payload(value, reported.append, "$"), reported


@pytest.mark.parametrize("where", ["of all", "of a PUB", "deeper"])
def test_single_words_of_users_metadata_do_not_stay(where: str) -> None:
    """What the user saw: only circuit_metadata was emptied; ``owner: somebody`` stayed."""
    said = {"owner": "somebody", "shots": 10, "note": "hello", "version": 2}
    places: dict[str, Any] = {
        "of all": {"metadata": said},
        "of a PUB": {"pub_results": [{"data": {}, "metadata": said}]},
        "deeper": {"metadata": {"mine": [{"deep": said}]}},
    }
    kept, reported = _kept(places[where])
    text = json.dumps(kept)
    assert not any(word in text for word in ("somebody", "owner", "note", "hello"))
    assert '"shots": 10' in text
    assert len(reported) == 2


def test_the_services_own_metadata_stays_as_it_is() -> None:
    said = {
        "version": 2,
        "shots": 4096,
        "target_precision": 0.015,
        "circuit_metadata": {},
        "twirling": {
            "enable_gates": False,
            "num_randomizations": "auto",
            "strategy": "active-accum",
        },
        "dynamical_decoupling": {"enable": True, "sequence_type": "XY4"},
        "resilience": {"zne": {"extrapolator": ["exponential", "linear"], "noise_factors": [1, 3]}},
        "chunk_timing": [{"start": "2026-11-24T22:23:24.373000+00:00", "parts": [{"idx_item": 0}]}],
        "execution": {"execution_spans": {"__type__": "ExecutionSpans", "__value__": {"a": "b"}}},
    }
    assert _kept({"metadata": said}) == ({"metadata": said}, [])


def _words(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = {*schema.get("properties", ()), *schema.get("enum", ())}
        return {one for one in own if isinstance(one, str)}.union(*map(_words, schema.values()))
    return set().union(*map(_words, schema)) if isinstance(schema, list | tuple) else set()


def test_every_option_and_its_choices_are_the_services_own_words() -> None:
    """What the user saw: an Estimator's `scheduling_method` came back as a stand-in in a replay."""
    words = sorted(_words(SCHEMAS) - {""})
    assert {"extra_slack_distribution", "scheduling_method", "alap"} <= set(words)
    said = {"metadata": {"options": words, "twirling": {word: word for word in words}}}
    assert _kept(said) == (said, [])


def test_data_beside_a_program_are_the_same_stand_ins_on_both_sides() -> None:
    said = {"note": "free text", "n": [1, "word"]}
    body = {"program_id": "executor", "params": {"quantum_program": {"passthrough_data": said}}}
    sent = read_submission(post("/jobs", body).request_body)
    assert sent is not None
    params: Any = sent.form["params"]
    kept = params["quantum_program"]["passthrough_data"]
    assert kept == _kept({"passthrough_data": said})[0]["passthrough_data"]
    assert kept == {
        written_by_somebody("note"): written_by_somebody("free text"),
        written_by_somebody("n"): [1, written_by_somebody("word")],
    }
    again = read_submission(sent.to_bytes())
    assert again is not None
    assert again.form == sent.form


def test_a_cassette_of_older_rules_compares_with_what_is_sent_now() -> None:
    params = {"quantum_program": {"passthrough_data": {"note": "free text"}}}
    old = {"qchannel_submission": 1, "program_id": "executor", "params": params}
    recorded = read_submission(json.dumps(old).encode())
    sent = read_submission(post("/jobs", {"program_id": "executor", "params": params}).request_body)
    assert recorded is not None
    assert sent is not None
    assert recorded.matches(sent)


def test_a_stand_in_whose_digits_look_like_a_telephone_number_stays() -> None:
    """A program whose hash was ``07067036`` was recorded green, and its replay was a miss."""
    program = 'OPENQASM 3.0; bit[1] c; c[0] = measure $0; // a "quote // 4929 1234 5678 9012"\n'
    made = harmless_text(program)
    assert made.endswith("-07067036")
    assert harmless_text(made) == made
