"""The emulator's own sentences stay as they are: a test that looks for them replays."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_qchannel.emulator
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.scrub import Scrubber
from pytest_qchannel.cassette.scrub.prose import is_known, scrub_prose, words_of
from tests.unit.cassette.traffic_kit import said

EMULATOR = Path(pytest_qchannel.emulator.__file__).parent
SAYS = {"refuse", "JobFailure", "Refusal", "JobEnding"}


def sentences() -> Iterator[str]:
    """What the emulator says where it refuses something or a job fails; 1 for what it fills in."""
    for path in EMULATOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            for part in ast.walk(node) if name in SAYS else ():
                if isinstance(part, ast.JoinedStr):
                    shown = (getattr(one, "value", 1) for one in part.values)
                    yield "".join(one if isinstance(one, str) else "1" for one in shown)
                elif isinstance(part, ast.Constant) and " " in str(part.value):
                    yield str(part.value)


def test_every_word_of_a_refusal_stays() -> None:
    """What the user saw: recorded green, and the replay had ``the [word] level: missing pubs``."""
    texts = set(sentences())
    assert len(texts) > 150
    unknown = {
        word: text
        for text in texts
        for word in words_of(text)
        if len(word) > 1 and not is_known(word) and "_noise_model" not in word
    }
    assert unknown == {}


@pytest.mark.parametrize(
    "text",
    [
        "The params are not valid: the top level: missing pubs.",
        "The params are not valid: pubs[0][1]: expected type ['array', 'object', 'null'].",
        "line 1, column 2: no viable alternative at input 'x'",
        "'1,24: declarations of type 'duration' are not supported'",
        "IBM-API-Version must be a date written as YYYY-MM-DD.",
        "max_ttl must be a whole number of seconds from 1 to 2147483647.",
    ],
)
def test_a_sentence_stays(text: str) -> None:
    assert scrub_prose(text, lambda word: word if word == "x" else None) == text


@pytest.mark.parametrize("text", ["[1234][5678]", "number 4929,1234,5678", "Ada's", "x[Ada][1]"])
def test_what_brackets_commas_and_cases_hold_does_not(text: str) -> None:
    kept = scrub_prose(text, lambda _: None)
    assert "[word]" in kept
    assert not any(one in kept for one in ("Ada", "4929", "5678"))


def _refused(path: str, message: str) -> Interaction:
    return said("GET", path, {"errors": [{"code": 1, "message": message}]}, status=400)


def test_a_word_stays_that_is_kept_of_what_was_sent() -> None:
    """And none that was replaced there: a backend's name stays, an e-mail address does not."""
    scrubber = Scrubber()
    asked = _refused("/jobs?backend=heron&search=ada@b.com", "No heron of ada@b.com!")
    assert b'"No heron of [word]!"' in scrubber.scrub(asked).interaction.response_body
    later = scrubber.scrub(_refused("/jobs", "heron: Byron")).interaction
    assert b'"heron: [word]"' in later.response_body


def test_a_large_number_stays_that_is_kept_of_what_was_sent() -> None:
    """What the user saw: ``circuit shots [word] exceeds the system limit [word]``."""
    text = "The number of circuit shots 1234567890 exceeds the system limit 10000000"
    for shots, kept in ((1234567890, text), (12, text.replace("1234567890", "[word]"))):
        body = {"program_id": "sampler", "params": {"shots": shots}}
        asked = said("POST", "/jobs", {"errors": [{"message": text}]}, status=400, body=body)
        answered = Scrubber().scrub(asked).interaction.response_body
        assert json.loads(answered)["errors"][0]["message"] == kept
