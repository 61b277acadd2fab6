"""What may be told of an answer: names and words that are in tables of ours, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from pytest_qchannel.cassette.scrub.headers import HEADERS, UNNEEDED
from pytest_qchannel.drift import described
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES

__all__ = ["ANY", "OTHER", "Names", "words_at"]

ANY: Final = "{}"
"""Stands for a name that somebody chose, as of a register, or that counts, as of a channel."""

OTHER: Final = "?"
"""Stands for a name or a word that no table has."""

_STEP: Final = re.compile(r"[^.\[\]{}*]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]+")
_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FREE: Final = re.compile(
    r"channels|general_qlists|instruction_signatures|hamiltonian\.vars|qubit_channel_mapping"
    r"|\[\]\.groups(\.\{\}\.projects)?|overview_ui|passthrough_data"
    r"|(.*\.)?(data|results)\[\]\.(data|results)|results\[\]\.data"
)
"""Maps whose names are those of devices, gates, channels, registers, languages or projects."""

_WORDS: Final[dict[str, frozenset[str]]] = {
    # Beside those that are described: what the emulator answers, each with its source in ibm/.
    "token_type": frozenset({"Bearer"}),
    "devices[].class": frozenset({"mock"}),
    "overview_ui.{}.display_name": frozenset(),
    "metadata.pricing.type": frozenset({"free", "paid", "paygo", "subscription"}),
}
_CODES: Final = ("errors[].code", "errorCode", "error.code", "state.reason_code")
"""Codes are public: numbers of four digits, or words of ours."""

_CODE: Final = range(1_000, 10_000)


@dataclass
class Names:
    """Which names and words of an answer may be told.

    Attributes:
        are_ours: Whether all may be, because the answers are the emulator's own; they are learned.
        learned: Those that were shown of our own answers.
    """

    are_ours: bool = False
    learned: set[str] = field(default_factory=set)
    _paths: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False)

    def path_of(self, path: str, name: str) -> str:
        """The path of a field of the object at a path."""
        found = self._paths.get((path, name))
        if found is None:
            step = self.of_field(path, name)
            found = self._paths[path, name] = f"{path}.{step}" if path else step
        return found

    def of_field(self, path: str, name: str) -> str:
        """The name of a field of the object at a path."""
        if _FREE.fullmatch(path):
            return ANY
        if name in _known() or name in self.learned:
            return name
        if any(one.isdigit() for one in name):
            return ANY
        if self.are_ours:
            self.learned.add(name)
            return name
        # What is new most often is made of the words of other names.
        parts = [one.lower() for one in _PART.findall(name)]
        is_name = _IDENTIFIER.fullmatch(name) and parts and _vocabulary().issuperset(parts)
        return name if is_name else OTHER

    def of_header(self, name: str) -> str:
        """The name of a header."""
        return name if name in _HEADERS or name in self.learned else self._own(name)

    def of_word(self, listed: Iterable[str], word: str | int) -> str:
        """A word of an enumeration, or the code of an error."""
        if isinstance(word, int):
            return str(word) if word in _CODE else OTHER
        is_code = word.isdigit() and int(word) in _CODE
        return word if is_code or word in listed or word in self.learned else self._own(word)

    def _own(self, name: str) -> str:
        if not self.are_ours:
            return OTHER
        self.learned.add(name)
        return name


@cache
def words_at(route: Route, status: int, path: str) -> frozenset[str] | None:
    """The words that are listed for a place; ``None`` where it has any text.

    The codes of errors are an enumeration without a list: what one side says, the other must.
    """
    if path in _CODES or path.endswith(".state.reason_code"):
        return frozenset()
    place = (described.body_of(route, status) or {}).get(path)
    found = place.words if place is not None else frozenset()
    found |= next((words for end, words in _WORDS.items() if path.endswith(end)), frozenset())
    return found or None


_HEADERS: Final = HEADERS["response"].keys() | UNNEEDED


@cache
def _known() -> frozenset[str]:
    of_table = {
        step
        for routes in ROUTES.values()
        for route in routes
        for path in route.answered
        for step in _STEP.findall(path)
    }
    return frozenset(of_table | described.names())


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(part.lower() for name in _known() for part in _PART.findall(name))
