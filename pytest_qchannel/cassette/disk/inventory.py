"""What lies in a folder of cassettes: ours and those of others, facts of each, and what is waste.

pytest-recording keeps its cassettes in folders of the same name, so a file is one of ours only if
it says so. Runs that replay nothing load this module, too, so it imports as little as it can:
:func:`cassettes_in` reads file names and first lines, and parses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_qchannel.cassette.disk.layout import QUARANTINE, head_of, index_files, test_in
from pytest_qchannel.cassette.naming import channel_of_check, test_id_of
from pytest_qchannel.cassette.problems import BlobDamaged, BlobMissing, CassetteProblem

if TYPE_CHECKING:
    from pytest_qchannel.cassette.disk.store import Store
    from pytest_qchannel.cassette.provenance import Provenance

__all__ = [
    "CassetteFile",
    "Entry",
    "Waste",
    "cassettes_in",
    "is_foreign",
    "quarantined",
    "remove",
    "survey",
    "waste_of",
]

_OURS: Final = re.compile(rb"^qchannel[ ]*:", re.MULTILINE)
_VCRPY: Final = re.compile(rb"^(?:interactions|version)[ ]*:", re.MULTILINE)


class CassetteFile(NamedTuple):
    """A cassette in a folder.

    Attributes:
        path: Its index file.
        test: The test that its name was made from, or that it names itself; empty if neither
            can be told.
    """

    path: Path
    test: str

    @property
    def module(self) -> str:
        """The module of the test, relative to the folder that test ids are relative to.

        Empty for a cassette of ``qchannel check``: no run of pytest can tell whether it is used.
        """
        return "" if channel_of_check(self.test) else self.test.partition("::")[0]


def cassettes_in(root: Path) -> list[CassetteFile]:
    """Our cassettes below a folder; what cannot be read, or is somebody else's, is left out."""
    found = []
    for path in index_files(root):
        head = head_of(path)
        if _OURS.search(head):
            name = PurePosixPath(*path.relative_to(root).parts)
            found.append(CassetteFile(path, test_id_of(name) or test_in(head)))
    return found


def is_foreign(path: Path) -> bool:
    """Whether a file is a cassette of plain vcrpy or pytest-recording."""
    head = head_of(path)
    return not _OURS.search(head) and bool(_VCRPY.search(head))


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
    known = {one.path: one for one in cassettes_in(store.root)}
    for path in store.paths():
        if not is_foreign(path):
            yield _entry(store, known.get(path, CassetteFile(path, "")))


def _entry(store: Store, file: CassetteFile) -> Entry:
    path = file.path
    name = path.relative_to(store.root).as_posix()
    size = path.stat().st_size
    blobs: frozenset[str] = frozenset()
    try:
        with suppress(CassetteProblem, OSError):
            blobs = frozenset(store.blobs_of(path))
        cassette = store.load(path)
    except CassetteProblem as problem:
        return Entry(path, name, file.test, size, blobs, problem=problem)
    return Entry(
        path=path,
        name=name,
        test=cassette.test,
        size=size,
        blobs=blobs,
        provenance=cassette.provenance,
        interactions=len(cassette.interactions),
        jobs=store.count_jobs(cassette),
    )


class Waste(NamedTuple):
    """What can be removed.

    Attributes:
        cassettes: Index files.
        blobs: The files of bodies that no index names once those are gone.
        quarantined: Files of recordings that were not saved.
        unclear: The damaged cassette because of which nobody knows which blobs are needed, so
            that none is waste.
    """

    cassettes: tuple[Path, ...] = ()
    blobs: tuple[Path, ...] = ()
    quarantined: tuple[Path, ...] = ()
    unclear: CassetteProblem | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All of it."""
        return (*self.cassettes, *self.blobs, *self.quarantined)


def quarantined(store: Store) -> tuple[Path, ...]:
    """The files of recordings that were not saved."""
    found = (store.root / QUARANTINE).rglob("*")
    return tuple(sorted(path for path in found if path.is_file()))


def waste_of(store: Store, unused: Collection[Path], *, quarantine: bool = False) -> Waste:
    """What nobody needs, if what no test uses is not.

    Args:
        store: The tree.
        unused: Index files that no test uses.
        quarantine: Whether recordings that were not saved are waste, too.
    """
    cassettes = tuple(sorted(path for path in unused if path.exists()))
    thrown = quarantined(store) if quarantine else ()
    used: set[str] = set()
    for path in store.paths():
        if path in cassettes or is_foreign(path):
            continue
        try:
            store.load(path)
        except (BlobMissing, BlobDamaged):
            pass  # the index is whole, and that tells what it needs
        except CassetteProblem as problem:
            return Waste(cassettes, (), thrown, problem)
        used |= store.blobs_of(path)
    blobs = (store.blobs.path(name) for name in store.blobs.names() if name not in used)
    return Waste(cassettes, tuple(blobs), thrown)


def remove(store: Store, waste: Waste) -> list[Path]:
    """Removes it, without what somebody began to use meanwhile; gives what is gone.

    Raises:
        CassetteBusy: Somebody records one of the cassettes.
    """
    gone = []
    for path in waste.cassettes:
        with store.lock(path), store.tree_lock():
            gone += _unlinked(path)
    with store.tree_lock():
        now = set(waste_of(store, ()).blobs)
        for path in (*(one for one in waste.blobs if one in now), *waste.quarantined):
            gone += _unlinked(path)
    for path in gone:
        _remove_empty(path.parent, store.root)
    return gone


def _unlinked(path: Path) -> list[Path]:
    try:
        path.unlink()
    except FileNotFoundError:
        return []
    return [path]


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:  # not empty, or gone
            if folder.exists():
                return
        folder = folder.parent
