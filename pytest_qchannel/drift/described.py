"""What IBM's description of its API says of the shapes of answers.

``described.json`` is made of it by ``tests/data/write_described.py``: names, kinds and words alone.
Where the description and the live service disagree, the service is right, and some places are
known to be so (``docs/emulator.md``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from pytest_qchannel.ibm.route import Route

__all__ = ["VERSION", "DescribedPlace", "body_of", "names", "statuses_of"]

VERSION: Final = "0.45.3"
"""The description's own version; its answers are those of the newest version of the API."""


@dataclass(frozen=True, slots=True)
class DescribedPlace:
    """A place in a body: the kinds of values, the words if they are listed, whether it must be."""

    kinds: frozenset[str]
    words: frozenset[str]
    is_required: bool


def statuses_of(route: Route) -> frozenset[int] | None:
    """The statuses that are described of a route; ``None`` where it is not described at all."""
    known = _read()[0].get(f"{route.service} {route.key}")
    return None if known is None else frozenset(map(int, known))


def body_of(route: Route, status: int) -> dict[str, DescribedPlace] | None:
    """The places of an answer's body; ``None`` where that is not described."""
    answers, bodies = _read()
    return bodies.get(answers.get(f"{route.service} {route.key}", {}).get(str(status)) or "")


def names() -> frozenset[str]:
    """The names of every field that is described."""
    steps = {
        step.removesuffix("[]").removesuffix("[]")
        for places in _read()[1].values()
        for path in places
        for step in path.split(".")
    }
    return frozenset(steps - {"", "{}"})


@cache
def _read() -> tuple[
    Mapping[str, Mapping[str, str | None]], Mapping[str, dict[str, DescribedPlace]]
]:
    text = resources.files(__package__).joinpath("described.json").read_text(encoding="utf-8")
    found = json.loads(text)
    bodies = {
        name: {path: _place(written) for path, written in places.items()}
        for name, places in found["bodies"].items()
    }
    return found["answers"], bodies


def _place(written: str | list[str]) -> DescribedPlace:
    kinds, *words = [written] if isinstance(written, str) else written
    is_required = kinds.endswith("!")
    return DescribedPlace(frozenset(kinds.removesuffix("!").split()), frozenset(words), is_required)
