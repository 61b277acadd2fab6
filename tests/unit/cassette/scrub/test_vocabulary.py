"""The emulator's own sentences are the same in a replay: a test may look for any word of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_qchannel.emulator
from pytest_qchannel.cassette.scrub.prose import VOCABULARY, scrub_prose
from pytest_qchannel.emulator.programs.schemas import SCHEMAS, Schema

ROOT = Path(pytest_qchannel.emulator.__file__).parent
ROOMS = ("programs", "services", "api", "transpiler")
"""Where what is answered is written; what the rest says ends a test."""

NOT_ANSWERED = {"hopeless.py", "app.py"}  # what these say ends a test, too
OTHERS = {
    *("test", "install", "raises", "emulatorgap"),  # to whoever uses the emulator
    "schmidt",  # a name of people, too
    "v",  # of "%!v(MISSING)", which is kept as a whole
}
_SENTENCE = re.compile(r"(?![A-Z]+ (?:/|https)|\w+ \||\w+\[|%|ibm openid).*\S +\S")


def _sentences(tree: ast.AST) -> Iterator[str]:
    documentation = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        text = one.value if isinstance(one, ast.Constant) else None
        if isinstance(text, str) and id(one) not in documentation and _SENTENCE.match(text):
            yield text


@pytest.mark.parametrize("room", ROOMS)
def test_each_word_of_the_emulators_sentences_is_kept(room: str) -> None:
    """What the user saw: a failed job's reason had ``[word]`` in it, in a replay only."""
    unknown = {
        f"{word}: {path.name}: {text[:60]}"
        for path in (ROOT / room).rglob("*.py")
        if path.name not in NOT_ANSWERED
        for text in _sentences(ast.parse(path.read_text(encoding="utf-8")))
        for word in re.findall(r"(?<![\w=/'-])[a-z]+(?![\w=/'-])", text.lower())
        if word not in VOCABULARY and word not in OTHERS
    }
    assert not unknown, "\n".join(sorted(unknown))


@pytest.mark.parametrize(
    "text",
    [
        "The params are not valid: pubs[0][2]: expected type ['integer', 'null'].",
        "The params are not valid: pubs[0][0].__type__: expected exactly QuantumCircuit.",
        "Error loading QASM circuit: '3,42: Undefined symbol 'c'.' (the circuit of pub 0).",
        "The number of circuit shots 12 exceeds the system limit 10000000",
        "Job %!v(MISSING) ran longer than %!v(MISSING)",
        "max_ttl must be a whole number of seconds from 1 to 2147483647.",
        "Apply the circuit's layout to the observable: observable.apply_layout(circuit.layout).",
    ],
)
def test_places_and_round_numbers_are_kept(text: str) -> None:
    assert scrub_prose(text, lambda _: None) == text


def _places(schema: Schema, at: str = "") -> Iterator[tuple[str, Schema]]:
    """Each place of a document that a schema describes, with what it says of it."""
    yield at, schema
    for name, one in schema.get("properties", {}).items():
        yield from _places(one, f"{at}.{name}" if at else name)
    if "items" in schema:
        yield from _places(schema["items"], f"{at}[0]")
    for one in schema.get("anyOf", ()):
        yield from _places(one, at)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_option_and_each_value_of_it_is_kept(name: str) -> None:
    """What the user saw: ``options.dynamical_decoupling.enable`` was ``[word]`` in a replay."""
    for _, schema in SCHEMAS[name]:
        for at, one in _places(schema):
            wanted = one.get("enum", one.get("const", one.get("type")))
            text = f"The params are not valid: {at}: expected one of {wanted}."
            assert scrub_prose(text, lambda _: None) == text
