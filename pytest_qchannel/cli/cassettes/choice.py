"""Which cassette somebody means: a test's id, a path, or a part of either."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.disk.inventory import cassettes_in, is_foreign
from pytest_qchannel.cassette.disk.layout import BLOBS, index_files
from pytest_qchannel.cassette.naming import SUFFIX
from pytest_qchannel.cli.cassettes.folder import Failed, shown
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.rerun_command import quoted

__all__ = ["chosen", "named_by_path"]

_MOST: Final = 10


def named_by_path(name: str) -> tuple[Path, Path] | None:
    """The folder of all cassettes and the index file, where a name is the path of a file.

    The folder is the nearest one that has blobs, else the one that the file is in.
    """
    path = Path(name)
    if not name.endswith(SUFFIX) or not path.is_file():
        return None
    above = path.absolute().parents
    return next((one for one in above if (one / BLOBS).is_dir()), above[0]), path


def chosen(root: Path, name: str) -> Path:
    """The index file that a name means.

    Args:
        root: The folder of all cassettes.
        name: A test's id, a file's name, or a part of either that only one has.

    Raises:
        Failed: None has it, or several have.
    """
    tests = {one.path: one.test for one in cassettes_in(root)}
    paths = [path for path in index_files(root) if not is_foreign(path)]
    names = {path: (tests.get(path, ""), path.relative_to(root).as_posix()) for path in paths}
    asked = name.replace("\\", "/")
    for is_it in (_is_whole, _is_part):
        found = [path for path, words in names.items() if any(is_it(asked, w) for w in words)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(name, root, [names[path] for path in found])
    close = nearest(asked, [word for words in names.values() for word in words if word])
    problem = UsageProblem(
        f"no cassette is called {name!r}",
        where=f"{shown(root)} ({counted(paths, 'cassette')})",
        closest=close,
        next=f"qchannel cassettes show {quoted(close)}" if close else "qchannel cassettes list",
    )
    return _raise(problem)


def _is_whole(asked: str, word: str) -> bool:
    return asked == word or asked + SUFFIX == word


def _is_part(asked: str, word: str) -> bool:
    return asked.lower() in word.lower()


def _raise(problem: UsageProblem) -> Path:
    raise Failed(str(problem))


def _ambiguous(name: str, root: Path, found: list[tuple[str, str]]) -> Failed:
    ids = [test or path for test, path in found]
    more = [f"and {len(ids) - _MOST} more"] if len(ids) > _MOST else []
    problem = UsageProblem(
        f"{name!r} is a part of the names of {len(ids)} cassettes",
        where=shown(root),
        closest="\n".join([*ids[:_MOST], *more]),
        next=f"qchannel cassettes show {quoted(ids[0])}",
    )
    return Failed(str(problem))
