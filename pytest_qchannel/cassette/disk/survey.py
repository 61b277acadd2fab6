"""What a tree of cassettes holds, one entry for each: facts only, no bodies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_qchannel.cassette.disk.kept import Kept, is_foreign, kept_in
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.playback.matching import is_submission
from pytest_qchannel.cassette.problems import CassetteProblem
from pytest_qchannel.cassette.provenance import Provenance

__all__ = ["Entry", "survey"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A cassette of a tree.

    Attributes:
        path: The index file.
        name: The same from the tree's folder on, with ``/``.
        test: The test that it names, or that its name was made from.
        size: Bytes of the index.
        blobs: The names of its blobs, as far as the index can be read.
        provenance: Where it comes from; ``None`` where it is damaged.
        interactions: How many.
        jobs: How many jobs were submitted and taken.
        problem: Why it cannot be replayed.
    """

    path: Path
    name: str
    test: str
    size: int
    blobs: frozenset[str]
    provenance: Provenance | None = None
    interactions: int = 0
    jobs: int = 0
    problem: CassetteProblem | None = None


def survey(store: Store) -> Iterator[Entry]:
    """Every cassette of a tree, those of plain vcrpy left out, in the order of their names."""
    known = {one.path: one for one in kept_in(store.root)}
    for path in store.paths():
        if not is_foreign(path):
            yield _entry(store, known.get(path, Kept(path, "")))


def _entry(store: Store, kept: Kept) -> Entry:
    path = kept.path
    name = path.relative_to(store.root).as_posix()
    size = path.stat().st_size
    blobs: frozenset[str] = frozenset()
    try:
        with suppress(CassetteProblem, OSError):
            blobs = frozenset(store.blobs_of(path))
        cassette = store.load(path)
    except CassetteProblem as problem:
        return Entry(path, name, kept.test, size, blobs, problem=problem)
    return Entry(
        path=path,
        name=name,
        test=cassette.test,
        size=size,
        blobs=blobs,
        provenance=cassette.provenance,
        interactions=len(cassette.interactions),
        jobs=sum(is_submission(one) and one.status < 300 for one in cassette.interactions),
    )
