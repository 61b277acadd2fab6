"""What of a tree of cassettes nobody needs, and its removal."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pytest_qchannel.cassette.disk.kept import is_foreign
from pytest_qchannel.cassette.disk.place import QUARANTINE
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.problems import BlobDamaged, BlobMissing, CassetteProblem

__all__ = ["Waste", "quarantined", "remove", "waste_of"]


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


def waste_of(store: Store, orphans: Collection[Path], *, quarantine: bool = False) -> Waste:
    """What nobody needs, if the orphans are not needed.

    Args:
        store: The tree.
        orphans: Index files.
        quarantine: Whether recordings that were not saved are waste, too.
    """
    cassettes = tuple(sorted(path for path in orphans if path.exists()))
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
    unused = (name for name in store.blobs.names() if name not in used)
    return Waste(cassettes, tuple(store.blobs.path(name) for name in unused), thrown)


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
