"""The search itself: every known secret and every pattern, in every view of some bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation

from pytest_qchannel.cassette.gate.findings import Finding, Hit
from pytest_qchannel.cassette.gate.inflate import TooLarge
from pytest_qchannel.cassette.gate.patterns import KNOWN_SECRET, PATTERNS, UNREADABLE, Pattern
from pytest_qchannel.cassette.gate.places import in_cassette, places_of
from pytest_qchannel.cassette.gate.views import MOST_BYTES, View, views
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.secret import SHORTEST, Secret, bare_of, disguises, is_no_chance, plain_of

__all__ = ["Gate"]

_SPACED: Final = "with other characters between its own"
_LONGEST_RUN: Final = 4_096
"""A longer one is packed data, in which a token of some length would be there by chance."""


_LEADS: Final = (b"\xe1", b"\xe2", b"\xea", b"\xef", b"\xf0")
"""The first bytes of wide, bold, small and circled letters, which Unicode can make plain.

Accents, Greek and units begin otherwise: most texts are spared that, which takes long.
"""


class Gate:
    """Searches bytes for secrets.

    Args:
        secrets: The credentials that are known to this run.
        patterns: What else to look for.
        most_bytes: How much is looked through at most, everything opened; more is a finding.

    Raises:
        UsageProblem: A known secret is so short that it would be found by chance.
    """

    def __init__(
        self,
        secrets: Iterable[Secret] = (),
        *,
        patterns: Sequence[Pattern] = PATTERNS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._of_runs = [pattern for pattern in patterns if not pattern.anchors]
        pairs = [(anchor, pattern) for pattern in patterns for anchor in pattern.anchors]
        self._anchored = [pattern for _, pattern in pairs]
        self._anchors = BytesAhoCorasick([anchor for anchor, _ in pairs])
        self._most_bytes = most_bytes
        encodings: dict[bytes, tuple[str, str]] = {}
        spaced: dict[bytes, tuple[str, str]] = {}
        for secret in secrets:
            value = _value_of(secret)
            for data, how in secret.encodings():
                encodings.setdefault(data, (secret.env_var, how))
            bare = bare_of(plain_of(value))
            has_spaces = any(character.isspace() for character in value)
            if is_no_chance(bare) or (has_spaces and len(bare) >= SHORTEST):
                spaced.setdefault(bare, (secret.env_var, _SPACED))
            if is_no_chance(bare):
                for form, how in disguises(value):
                    spaced.setdefault(form, (secret.env_var, how))
        self._encodings = tuple(encodings.values())
        self._automaton = BytesAhoCorasick(list(encodings)) if encodings else None
        self._spaced = tuple(spaced.items())
        # The fastest kind of automaton, which takes long to build of anything longer.
        beginnings = [form[:SHORTEST] for form in spaced]
        self._bare = BytesAhoCorasick(beginnings, implementation=Implementation.DFA)

    def search(self, data: bytes) -> list[Finding]:
        """Everything that is found in some bytes, with its place; empty: they may be stored."""
        hits = self.hits(data)
        return places_of(data, hits, self.hits) if hits else []

    def search_name(self, path: Path) -> list[Finding]:
        """What is found in the name of a file, which a test may have chosen."""
        return [
            replace(one, line=None, path="the name of the file")
            for one in self.search(path.name.removesuffix(path.suffix).encode())
        ]

    def search_cassette(
        self, index: bytes, of_bodies: Mapping[str, Sequence[Finding]]
    ) -> list[Finding]:
        """What is found in a cassette's index, and what was found in the bodies beside it.

        Args:
            index: The exact bytes of the index.
            of_bodies: What :meth:`search` gave of each body, by its name; a find is told wherever
                the index names its body.
        """
        found = {name: findings for name, findings in of_bodies.items() if findings}
        placed = in_cassette(index, found, self.hits)
        lost = found.keys() - {one.blob for one in placed}
        unplaced = [replace(one, blob=name) for name in sorted(lost) for one in found[name]]
        return [*self.search(index), *placed, *unplaced]

    def hits(self, data: bytes) -> list[Hit]:
        """What is found in some bytes, each thing once, without its place."""
        found: dict[tuple[str, str], Hit] = {}
        spaced: dict[tuple[str, str], Hit] = {}
        try:
            for view in views(data, most_bytes=self._most_bytes):
                for hit in (*self._known(view), *self._looking_like_one(view)):
                    found.setdefault(hit.key, hit)
                for hit in self._spaced_out(view):
                    spaced.setdefault(hit.key, hit)
        except TooLarge:
            hit = Hit(UNREADABLE, "more, or deeper packed, than can be looked through", ())
            found.setdefault(hit.key, hit)
        return list({**spaced, **found}.values())  # which has it more exactly, where both have it

    def _known(self, view: View) -> list[Hit]:
        hits = []
        if self._automaton is not None:
            for number, start, _ in self._automaton.find_matches_as_indexes(
                view.data, overlapping=True
            ):
                name, how = self._encodings[number]
                at = start if not view.how else None
                chain = view.how if how == "as it is" else (*view.how, how)
                hits.append(Hit(KNOWN_SECRET, f"the value of {name}", chain, at))
        return hits

    def _spaced_out(self, view: View) -> list[Hit]:
        if not self._spaced or not view.is_text:
            return []
        bare = bare_of(view.data)
        if any(lead in view.data for lead in _LEADS):
            text = view.data.decode("utf-8", "replace")
            bare += b"\n" + bare_of(unicodedata.normalize("NFKC", text).encode())
        begun = self._bare.find_matches_as_indexes(bare, overlapping=True)
        found = dict.fromkeys(
            self._spaced[number][1]
            for number, start, _ in begun
            if bare.startswith(self._spaced[number][0], start)
        )
        return [Hit(KNOWN_SECRET, f"the value of {name}", (*view.how, how)) for name, how in found]

    def _looking_like_one(self, view: View) -> list[Hit]:
        if not view.is_text:
            return []  # what is text in it is a view of its own
        hits: dict[str, Hit] = {}
        lower = view.data.lower()
        is_packed = any(step.startswith("in ") for step in view.how)
        for number, start, _ in self._anchors.find_matches_as_indexes(lower, overlapping=True):
            pattern = self._anchored[number]
            if pattern.id in hits or (view.is_glued and not pattern.in_glued):
                continue
            if pattern.found_at(view.data, start, is_packed=is_packed):
                at = start if not view.how else None
                hits[pattern.id] = Hit(pattern.id, pattern.name, view.how, at)
        for pattern in self._of_runs:
            if view.is_glued:
                break
            for run in view.runs:
                if len(run) <= _LONGEST_RUN and any(
                    map(pattern.is_real, pattern.expression.finditer(run))
                ):
                    at = view.data.find(run) if not view.how else None
                    hits[pattern.id] = Hit(pattern.id, pattern.name, view.how, at)
                    break
        return list(hits.values())


def _value_of(secret: Secret) -> str:
    if not secret.is_searchable:
        raise UsageProblem(
            f"the value of {secret.env_var} is too short to be searched for",
            facts=[("why", f"fewer than {SHORTEST} characters are found by chance")],
            next=f"put the whole credential into {secret.env_var}, or unset it",
        )
    return secret.reveal()
