"""Three sources side by side: what the service answers, the emulator, and IBM's description.

What is told is a difference that no other data could explain:

- *status*: the same request is answered otherwise.
- *missing*: the emulator always has it, or the description asks for it; the service never.
- *unknown*: the service has it, the others never, though they have what it is in.
- *type*, *nullability*: the service has a kind of value, or a null, that the others never have.
- *enum*: a word, or an error's code, that no other source has.
- *header*: one that the emulator always has and the service never; or a new one that is no
  network's.

That a field is missing which is there at times only, in one job and not in another, is told by
nobody: the account may have no such job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from pytest_qchannel.cassette.scrub.headers import UNNEEDED
from pytest_qchannel.counted import counted
from pytest_qchannel.drift import described
from pytest_qchannel.drift.ask import NEWEST, Asked
from pytest_qchannel.drift.described import DescribedPlace
from pytest_qchannel.drift.names import Names, words_at
from pytest_qchannel.drift.shape import Place, Shape, holder_of
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.wire import Response

__all__ = ["Finding", "Kind", "Seen", "compared"]

Kind = Literal["status", "missing", "unknown", "type", "nullability", "enum", "header"]
Other = Literal["emulator", "description"]

_UNTOLD: Final = UNNEEDED | {"content-length"}
"""New ones of these are the network's, or say how a body is sent."""

_BAD: Final = 400
_ABSENT: Final = "absent"


class Seen:
    """What one source answered, in shapes.

    Args:
        names: What may be told of its answers.

    Attributes:
        names: What may be told of its answers.
        shapes: Route, version of the API, status -> the shape of those answers.
        statuses: What was asked -> how often each status came back.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.shapes: dict[tuple[Route, str, int], Shape] = {}
        self.statuses: dict[Asked, Counter[int]] = {}

    def add(self, asked: Asked, answer: Response) -> None:
        """Adds an answer; of a good one to a bad request the status alone counts."""
        self.statuses.setdefault(asked, Counter())[answer.status] += 1
        if asked.how != "good" and answer.status < _BAD:
            return
        place = asked.route, asked.version, answer.status
        self.shapes.setdefault(place, Shape()).add(asked.route, answer, self.names)


@dataclass
class Finding:
    """One difference, and what each source says.

    Attributes:
        kind: What differs.
        route: The service and the key of the route.
        status: The status of the answers, or the one that differs.
        path: Where in the body, the name of a header, or how it was asked; empty: the body.
        live: What the service says, and in how many answers.
        emulator: The same of the emulator.
        description: The same of IBM's description.
        differs_from: Which of the two the service differs from.
        versions: The versions of the API that it was found in, the newest first.
        samples: How many answers of the service speak for it.
    """

    kind: Kind
    route: str
    status: int
    path: str
    live: str
    emulator: str
    description: str
    samples: int
    differs_from: set[Other] = field(default_factory=set)
    versions: list[str] = field(default_factory=list)


def compared(live: Seen, emulator: Seen) -> list[Finding]:
    """Every difference between what the service answers and what the others say."""
    found: dict[tuple[str, str, int, str], Finding] = {}
    for other, version, one in _differences(live, emulator):
        key = one.kind, one.route, one.status, one.path
        finding = found.setdefault(key, one)
        finding.differs_from.add(other)
        if version not in finding.versions:
            finding.versions.append(version)
            if finding is not one:
                finding.samples += one.samples
    return sorted(found.values(), key=lambda one: (one.route, one.status, one.path, one.kind))


def _differences(live: Seen, emulator: Seen) -> Iterator[tuple[Other, str, Finding]]:
    for asked in live.statuses:
        for other, one in _statuses(asked, live, emulator):
            yield other, asked.version, one
    for (route, version, status), shape in live.shapes.items():
        pair = _Pair(
            route,
            status,
            shape,
            emulator.shapes.get((route, version, status)),
            described.body_of(route, status) if version == NEWEST else None,
        )
        for other, one in pair.differences():
            yield other, version, one


def _statuses(asked: Asked, live: Seen, emulator: Seen) -> Iterator[tuple[Other, Finding]]:
    """The statuses of one request.

    They may differ by what is asked about: a job has results, or none yet.
    """
    mine, theirs = live.statuses[asked], emulator.statuses.get(asked)
    route, known = asked.route, described.statuses_of(asked.route)
    for status, times in mine.items():
        finding = Finding(
            "status",
            _name(route),
            status,
            asked.how,
            f"{status} in {counted(times, 'answer')}",
            "not asked" if theirs is None else _told(theirs),
            "not described" if known is None else ", ".join(map(str, sorted(known))),
            times,
        )
        if theirs is not None and not _may_be(asked, status, mine, theirs):
            yield "emulator", finding
        if known is not None and status not in known and asked.version == NEWEST:
            yield "description", finding


def _may_be(asked: Asked, status: int, mine: Counter[int], theirs: Counter[int]) -> bool:
    """Whether the emulator has a status, or may have it of another thing."""
    if status in theirs:
        return True
    if status not in asked.route.answers:
        return False
    if asked.how == "good" and mine.keys() & theirs.keys():
        return True
    return status < _BAD and any(one < _BAD for one in theirs)


class _Pair:
    """The answers of one route with one status, and what the others say of them."""

    def __init__(
        self,
        route: Route,
        status: int,
        live: Shape,
        emulator: Shape | None,
        description: dict[str, DescribedPlace] | None,
    ) -> None:
        self.route, self.status = route, status
        self.live, self.emulator, self.description = live, emulator, description

    def differences(self) -> Iterator[tuple[Other, Finding]]:
        if self.emulator is not None:
            yield from self._missing(self.emulator)
            yield from self._headers(self.emulator)
        for path, place in self.live.places.items():
            if self.emulator is not None:
                for kind in self._of_emulator(path, place, self.emulator):
                    yield "emulator", self._finding(kind, path, place.answers)
            if self.description is not None:
                for kind in self._of_description(path, place, self.description):
                    yield "description", self._finding(kind, path, place.answers)
        for path, wanted in (self.description or {}).items():
            holder = holder_of(path)
            if (
                wanted.is_required
                and path not in self.live.places
                and holder is not None
                and self.live.holders[holder]
            ):
                yield "description", self._finding("missing", path, self.live.holders[holder])

    def _missing(self, emulator: Shape) -> Iterator[tuple[Other, Finding]]:
        for path in emulator.places:
            holder = holder_of(path)
            if holder is None or path in self.live.places or not emulator.is_always(path):
                continue
            if self.live.holders[holder]:
                yield "emulator", self._finding("missing", path, self.live.holders[holder])

    def _of_emulator(self, path: str, place: Place, emulator: Shape) -> Iterator[Kind]:
        theirs = emulator.places.get(path)
        if theirs is None:
            holder = holder_of(path)
            if holder is not None and emulator.holders[holder]:
                yield "unknown"
            return
        if "null" in place.kinds and "null" not in theirs.kinds:
            yield "nullability"
        described_ = (self.description or {}).get(path)
        known = frozenset(theirs.kinds) - {"null"}
        # A field that is null in the emulator may be what it is described as; a body is not.
        if not known and path:
            known = frozenset(place.kinds) if described_ is None else described_.kinds
        if _foreign(place, known, described_):
            yield "type"
        listed = words_at(self.route, self.status, path) or frozenset()
        if place.words - theirs.words - listed:
            yield "enum"

    def _of_description(
        self, path: str, place: Place, description: dict[str, DescribedPlace]
    ) -> Iterator[Kind]:
        wanted = description.get(path)
        if wanted is None:
            holder = holder_of(path)
            start = f"{holder}." if holder else ""
            is_told = holder is not None and holder in description
            if is_told and any(one.startswith(start) and one != holder for one in description):
                yield "unknown"
            return
        if wanted.kinds and "null" in place.kinds and "null" not in wanted.kinds:
            yield "nullability"
        if wanted.kinds and _foreign(place, wanted.kinds, wanted):
            yield "type"
        if wanted.words and place.words - wanted.words:
            yield "enum"

    def _headers(self, emulator: Shape) -> Iterator[tuple[Other, Finding]]:
        live = self.live
        gone = {name for name, times in emulator.headers.items() if times == emulator.answers}
        new = live.headers.keys() - emulator.headers.keys() - _UNTOLD
        for name in sorted((gone - live.headers.keys()) | new):
            there = (live.headers[name], emulator.headers[name])
            ours, theirs = (f"in {counted(one, 'answer')}" if one else _ABSENT for one in there)
            yield (
                "emulator",
                Finding(
                    "header",
                    _name(self.route),
                    self.status,
                    name,
                    ours,
                    theirs,
                    "not described",
                    there[0] or live.answers,
                ),
            )

    def _finding(self, kind: Kind, path: str, samples: int) -> Finding:
        return Finding(
            kind,
            _name(self.route),
            self.status,
            path,
            _shown(self.live, path),
            "no such answer" if self.emulator is None else _shown(self.emulator, path),
            _wanted(self.description, path),
            samples,
        )


def _foreign(place: Place, known: frozenset[str], described_: DescribedPlace | None) -> bool:
    """Whether there are kinds that are not known; a whole number is a number, too."""
    kinds = place.kinds.keys() - {"null"}
    if "number" in known:
        kinds -= {"integer"}
    if "integer" in known and (described_ is None or "integer" not in described_.kinds):
        kinds -= {"number"}  # chance: all were whole
    return bool(kinds - known)


def _name(route: Route) -> str:
    return f"{route.service} {route.key}"


def _told(statuses: Counter[int]) -> str:
    told = sorted(statuses.items())
    return ", ".join(f"{status} in {counted(times, 'answer')}" for status, times in told)


def _shown(shape: Shape, path: str) -> str:
    place = shape.places.get(path)
    could = counted(shape.could_hold(path), "answer")
    if place is None:
        return f"{_ABSENT}, of {could}" if shape.could_hold(path) else "nothing that could hold it"
    words = f" ({', '.join(sorted(place.words))})" if place.words else ""
    return f"{' or '.join(sorted(place.kinds))}{words}, {place.answers} of {could}"


def _wanted(description: dict[str, DescribedPlace] | None, path: str) -> str:
    if description is None:
        return "not described"
    place = description.get(path)
    if place is None:
        return _ABSENT
    words = f" ({', '.join(sorted(place.words))})" if place.words else ""
    kinds = " or ".join(sorted(place.kinds)) or "anything"
    return f"{kinds}{words}{', required' if place.is_required else ''}"
