"""Where a test's cassette lies, and what is there."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.layout import QUARANTINE
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.gate import Finding, Gate
from pytest_qchannel.cassette.naming import SUFFIX
from pytest_qchannel.cassette.problems import CassetteTooOld, CassetteUnsafe, record_command
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.counted import counted
from pytest_qchannel.secret import Secret

__all__ = ["Place", "load_safely", "quarantine_of", "require_age"]


class Place(NamedTuple):
    """The place of one test's cassette.

    Attributes:
        root: The folder of all cassettes.
        path: The index file.
        test_id: The test, as errors name it and as the cassette has it.
        is_shared: Whether the name was chosen for several tests to replay.
    """

    root: Path
    path: Path
    test_id: str
    is_shared: bool = False

    @classmethod
    def of(cls, root: Path, test_id: str, name: str | None = None) -> Place:
        """The place of a test.

        Args:
            root: The folder of all cassettes.
            test_id: As pytest's node id.
            name: A cassette's name in the folder of the test's module; by default the test's own.
        """
        store = Store(root)
        if name is None:
            return cls(root, store.path_of(test_id), test_id)
        module = test_id.partition("::")[0]
        return cls(root, store.path_of(f"{module}::{name.removesuffix(SUFFIX)}"), test_id, True)

    def exists(self) -> bool:
        """Whether there is a cassette, whatever state it is in."""
        return self.path.exists()


def quarantine_of(place: Place) -> Place:
    """Where a recording lies that was not saved: in a folder that git ignores."""
    root = place.root / QUARANTINE
    return place._replace(root=root, path=root / place.path.relative_to(place.root))


def load_safely(place: Place, secrets: tuple[Secret, ...]) -> Cassette:
    """A cassette, once the gate has searched its files for secrets.

    Args:
        place: Where it is.
        secrets: The run's known secrets, which can be hashed.

    Raises:
        CassetteProblem: It is missing, damaged, another test's, or holds a secret.
    """
    store = Store(place.root)
    cassette, blobs = store.load_with_blobs(place.path, place.test_id, is_shared=place.is_shared)
    of_bodies = {name: _of_blob(store.blobs.path(name), secrets) for name in sorted(blobs)}
    found = _gate(secrets).search_cassette(place.path.read_bytes(), of_bodies)
    if found:
        raise CassetteUnsafe(
            f"the cassette holds a secret: {found[0].rule} {found[0].what}, {found[0].place}",
            path=place.path,
            test_id=place.test_id,
            facts=[("also", "\n".join(map(str, found[1:10])))],
            next="make that credential invalid where it was issued, remove the file from the "
            "repository's history, and record anew",
        )
    return cassette


@lru_cache(maxsize=4)
def _gate(secrets: tuple[Secret, ...]) -> Gate:
    return Gate(secrets)


@lru_cache(maxsize=4096)
def _of_blob(path: Path, secrets: tuple[Secret, ...]) -> tuple[Finding, ...]:
    """What is in a blob; it is named by its content, so once in a process is enough."""
    return tuple(_gate(secrets).search(path.read_bytes()))


def require_age(provenance: Provenance, place: Place, most_days: float | None) -> None:
    """Passes a cassette that is young enough.

    Raises:
        CassetteTooOld: It is older than ``most_days``.
    """
    age = provenance.age_days(datetime.now(UTC))
    if most_days is not None and age > most_days:
        raise CassetteTooOld(
            f"the cassette is {counted(round(age), 'day')} old, and at most "
            f"{most_days:g} are allowed",
            path=place.path,
            test_id=place.test_id,
            # Without it a recording with the same answers keeps the date of the old one.
            next=f"{record_command(place.test_id, provenance.recorded_from)} "
            f"--qchannel-max-age={most_days:g}",
        )
