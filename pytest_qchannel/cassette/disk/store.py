"""The tree of cassettes on disk: written whole or not at all, read with every doubt.

A save has two steps. :meth:`Store.draft` makes the exact bytes and touches no file, so that the
gate can look at them; :meth:`Store.write` puts them on disk: blobs first, the index last, each
into a temporary file that is flushed and then takes the place of the old one. Killed at any
moment, the tree has the previous cassette or the new one; what a killed writer leaves behind are
temporary files, which the next one removes, and blobs that no index names, which
``qchannel cassettes prune`` removes.

Locks and temporary files are in ``.qchannel``, a folder that tells git to ignore it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from pytest_qchannel.cassette.disk.atomic import put_in_place, written
from pytest_qchannel.cassette.disk.blobs import Blobs, blob_name, compressed
from pytest_qchannel.cassette.disk.index import Cassette, parse, read_plain, render, settled
from pytest_qchannel.cassette.disk.layout import (
    MOST_OF_INDEX,
    OWN,
    head_of,
    index_files,
    test_in,
)
from pytest_qchannel.cassette.disk.timeless import timeless
from pytest_qchannel.cassette.naming import cassette_name, channel_of_check, test_id_of
from pytest_qchannel.cassette.playback.matching import is_submission
from pytest_qchannel.cassette.problems import (
    CassetteBusy,
    CassetteMissing,
    CassetteProblem,
    CassetteTaken,
)
from pytest_qchannel.cassette.submitted.submission import Submission, read_submission
from pytest_qchannel.cassette.submitted.submission_words import describe
from pytest_qchannel.reading import read_file

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["Draft", "Store"]

_TREE_LOCK_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A cassette as it would be written.

    Attributes:
        path: The index file.
        index: The exact bytes of the index.
        blobs: The plain content of each blob by its name, those that exist already included.
        cassette: What :meth:`Store.load` would give.
    """

    path: Path
    index: bytes
    blobs: Mapping[str, bytes]
    cassette: Cassette

    def bodies(self) -> Iterator[tuple[str, bytes]]:
        """The exact bytes of the files beside the index, by the blob's name."""
        for name, content in sorted(self.blobs.items()):
            yield name, compressed(content)


class Store:
    """Cassettes below one folder.

    Args:
        root: The folder, ``cassettes`` of a project; need not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = Blobs(root)
        self._held: set[Path] = set()

    def path_of(self, test_id: str) -> Path:
        """The index file of a test, whether it exists or not."""
        return self.root.joinpath(*cassette_name(test_id).parts)

    def paths(self) -> list[Path]:
        """Every index file, sorted."""
        return index_files(self.root)

    def draft(
        self,
        cassette: Cassette,
        path: Path | None = None,
        submitted: Mapping[int, Submission] | None = None,
    ) -> Draft:
        """The exact bytes of a cassette; nothing is written.

        The bodies of submitted jobs become their forms, and headers of one name stand together.

        Args:
            cassette: Scrubbed already.
            path: Where to; by default the place that the test's id gives.
            submitted: What was submitted, by the place of its interaction, with the decoded
                circuits that tell it in words; by default it is read from the bodies.
        """
        submissions = submitted or {}
        blobs: dict[str, bytes] = {}

        def blob_of(content: bytes) -> str:
            name = blob_name(content)
            blobs[name] = content
            return name

        said: list[dict[str, object] | None] = []
        kept = []
        known = dict(enumerate(cassette.words))
        for number, one in enumerate(cassette.interactions):
            body, words = one.request_body, None
            if is_submission(one):
                submission = submissions.get(number) or read_submission(body)
                if submission is not None:
                    body = submission.to_bytes()
                    # Of what is on disk the circuits are not decoded any more: the words are.
                    words = known.get(number) if number not in submissions else None
                    words = words or describe(submission)
            said.append(words)
            kept.append(settled(replace(one, request_body=body)))
        whole = replace(cassette, interactions=tuple(kept))
        index = render(whole, said, blob_of)
        target = path or self.path_of(cassette.test)
        read = parse(index, target, lambda name, _: blobs[name], cassette.test)
        assert read == whole, "what was written is not what would be read"
        return Draft(target, index, blobs, read)

    def write(self, draft: Draft) -> bool:
        """Puts a draft on disk.

        Returns:
            Whether anything had to be written: the same bytes are left alone.

        Raises:
            CassetteTaken: The file is another test's, or differs from another one's in nothing
                but capitals.
            CassetteBusy: Somebody else is writing it, or the tree, for too long.
            CassetteProblem: The disk is full, or something there may not be written.
        """
        with self.lock(draft.path), self.tree_lock(), written(draft.path, draft.cassette.test):
            self._require_free(draft)
            return self._put(draft)

    def save(self, cassette: Cassette, path: Path | None = None) -> Path:
        """Drafts and writes a cassette; gives its file."""
        draft = self.draft(cassette, path)
        self.write(draft)
        return draft.path

    def with_old_date(
        self, cassette: Cassette, path: Path | None = None, most_days: float | None = None
    ) -> Cassette:
        """The cassette that is on disk, if the new one differs from it in times and versions only.

        For recordings from the emulator: the same traffic then gives the same bytes. A live
        recording takes its new date, because its age is what people ask for.

        Args:
            cassette: The new one.
            path: Its index; by default the place that the test's id gives.
            most_days: The new one is taken where the old one is older.
        """
        path = path or self.path_of(cassette.test)
        try:
            old = self.load(path, cassette.test)
        except CassetteProblem:
            return cassette
        if most_days is not None and old.provenance.age_days(datetime.now(UTC)) > most_days:
            return cassette
        return old if timeless(old) == timeless(self.draft(cassette, path).cassette) else cassette

    def load(self, path: Path, test_id: str | None = None) -> Cassette:
        """A cassette from disk.

        Args:
            path: Its index file.
            test_id: The test that asks; by default whichever the file names.

        Raises:
            CassetteMissing: There is no such file.
            CassetteDamaged: The index is not as it was written.
            BlobMissing: A body is not in the tree.
            BlobDamaged: A body is not what it was.
            CassetteTaken: The cassette belongs to another test.
        """
        return self.load_with_blobs(path, test_id)[0]

    def load_with_blobs(
        self, path: Path, test_id: str | None = None, *, is_shared: bool = False
    ) -> tuple[Cassette, frozenset[str]]:
        """A cassette as :meth:`load` gives it, and the names of the blobs that it is made of.

        A shared one may be another test's; errors have the command of the one that records it.
        """
        is_own = test_id is not None and not is_shared
        known = test_id if is_own else test_in(head_of(path)) or test_id or self._test_id(path)
        names: set[str] = set()

        def blob(name: str, line: int | None) -> bytes:
            names.add(name)
            return self.blobs.read(name, path, line, known)

        try:
            data = read_index(path)
        except FileNotFoundError:
            is_test = channel_of_check(known or "") is None
            see = [("see", "qchannel docs recorded-tests")] if is_test else []
            raise CassetteMissing(
                "there is no cassette", path=path, test_id=known, facts=see
            ) from None
        except OSError as problem:
            raise CassetteProblem(
                f"the cassette cannot be read: {problem.strerror}",
                path=path,
                test_id=known,
                next=f"look at {path} and at who may read it",
            ) from None
        cassette = parse(data, path, blob, known)
        if test_id is not None and cassette.test != test_id and not is_shared:
            raise self._taken(path, cassette.test, test_id)
        return cassette, frozenset(names)

    @contextmanager
    def lock(self, path: Path) -> Iterator[None]:
        """Holds a cassette for one writer, from before a recording until after it if need be.

        Whoever holds it writes through the same :class:`Store`.

        Raises:
            CassetteBusy: Somebody else holds it.
        """
        if path in self._held:
            yield
            return
        name = blob_name(str(path.absolute()).lower().encode())
        with written(path, self._test_id(path)):
            held = _acquired(self._own("locks") / f"{name}.lock", 0)
        if held is None:
            raise CassetteBusy(
                "two writers want the same cassette",
                path=path,
                test_id=self._test_id(path),
                next="wait for the other run to end; in one run, give each test its own cassette",
            )
        self._held.add(path)
        try:
            yield
        finally:
            self._held.discard(path)
            held.release()

    def blobs_of(self, path: Path) -> set[str]:
        """The names of the blobs that a cassette's index names, whether they are there or not."""
        return set(_named(read_plain(read_index(path), path, self._test_id(path))))

    def count_jobs(self, cassette: Cassette) -> int:
        """How many jobs of a cassette were submitted and taken."""
        return sum(is_submission(one) and one.status < 300 for one in cassette.interactions)

    def _test_id(self, path: Path) -> str | None:
        if not path.is_relative_to(self.root):
            return None
        return test_id_of(PurePosixPath(*path.relative_to(self.root).parts))

    def _taken(self, path: Path, owner: str, wanted: str) -> CassetteTaken:
        return CassetteTaken(
            "the cassette belongs to another test",
            path=path,
            test_id=wanted,
            facts=[("owner", owner), ("asked", wanted)],
            next="give the tests different names, or remove the file and record both",
        )

    def _require_free(self, draft: Draft) -> None:
        path, wanted = draft.path, draft.cassette.test
        if path.parent.is_dir():
            for other in path.parent.iterdir():
                if other.name != path.name and other.name.lower() == path.name.lower():
                    raise self._taken(other, str(self._test_id(other)), wanted)
        owner = _owner(path)
        if owner is not None and owner != wanted:
            raise self._taken(path, owner, wanted)

    def _put(self, draft: Draft) -> bool:
        for name, content in draft.blobs.items():
            if not self.blobs.has(name):
                self._replace(self.blobs.path(name), compressed(content))
        if draft.path.is_file() and draft.path.read_bytes() == draft.index:
            return False
        self._replace(draft.path, draft.index)
        return True

    def _replace(self, path: Path, data: bytes) -> None:
        put_in_place(path, data, self._own("new"))

    def _own(self, name: str) -> Path:
        folder = self.root / OWN
        (folder / name).mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder / name

    @contextmanager
    def tree_lock(self) -> Iterator[None]:
        """Held while files change, so that nothing is removed which a writer counts on."""
        held = _acquired(self._own("locks") / "tree.lock", _TREE_LOCK_S)
        if held is None:
            raise CassetteBusy(
                f"somebody has been writing cassettes for {_TREE_LOCK_S:g} seconds",
                path=self.root,
                next="look for a test run that hangs, end it, and record again",
            )
        try:
            for left in self._own("new").iterdir():  # of a writer that was killed
                left.unlink(missing_ok=True)
            yield
        finally:
            held.release()


def _acquired(path: Path, timeout_s: float) -> BaseFileLock | None:
    """A lock that is held, or ``None`` where somebody else holds it for all that time."""
    from filelock import FileLock, Timeout  # here: most runs write nothing

    held = FileLock(str(path), timeout=timeout_s)
    try:
        held.acquire()
    except Timeout:
        return None
    return held


def read_index(path: Path) -> bytes:
    """The bytes of an index, or of one that is too large, as many as show it.

    Raises:
        OSError: It is missing, no file, or may not be read.
    """
    return read_file(path, MOST_OF_INDEX)


def _owner(path: Path) -> str | None:
    """The test that an index names; ``None`` where there is none, or none that can be read."""
    try:
        top = read_plain(read_index(path), path)
    except (OSError, CassetteProblem):
        return None
    owner = top.get("test") if isinstance(top, dict) else None
    return owner if isinstance(owner, str) else None


def _named(data: object) -> Iterator[str]:
    """Every text that stands under ``blob``; one too many only keeps a file."""
    if isinstance(data, dict):
        if isinstance(data.get("blob"), str):
            yield data["blob"]
        data = list(data.values())
    if isinstance(data, list):
        for one in data:
            yield from _named(one)
