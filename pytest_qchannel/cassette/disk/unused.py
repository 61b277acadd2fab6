"""Which cassettes no test uses: the rule of runs, ``qchannel cassettes prune`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_qchannel.units import node_of, scope_of

if TYPE_CHECKING:
    from pytest_qchannel.cassette.disk.inventory import CassetteFile

__all__ = ["Seen", "UnusedCassette", "exists_in", "find"]


class UnusedCassette(NamedTuple):
    """A cassette that no test uses; texts only, so that it can be handed to another process."""

    path: str
    test: str
    why: str


class Seen(NamedTuple):
    """What is known of tests: what a run collected, deselected ones included, or what is written.

    Attributes:
        used: The index files that tests use.
        idle: Why a test that exists does not use its index file.
        modules: The modules that are known as a whole.
    """

    used: Collection[Path]
    idle: Mapping[Path, str]
    modules: Collection[str]


def exists_in(module: str, *folders: Path) -> bool:
    """Whether there is a file of a module's name in one of some folders; it may be a text."""
    names = (module, module.removesuffix(".py"))
    return any((folder / name).is_file() for folder in folders for name in names)


def find(
    kept: Iterable[CassetteFile],
    seen: Seen,
    exists: Callable[[str], bool],
    tests_in: Callable[[CassetteFile], Iterable[str]] = lambda _: (),
) -> list[UnusedCassette]:
    """The cassettes that no test uses.

    Args:
        kept: All cassettes.
        seen: What is known of the tests.
        exists: Whether there is a file of a module's name.
        tests_in: Gives the tests that share a cassette.
    """
    found = []
    for one in kept:
        scope = scope_of(one.test)
        if one.path in seen.used or not (one.module or scope):
            continue
        if scope in ("package", "session"):
            # Of tests in many modules: a run knows it all if it knows each of them.
            known = [test.partition("::")[0] for test in tests_in(one)]
            if not known or not all(
                module in seen.modules or not exists(module) for module in known
            ):
                continue
            why = f"no test shares a cassette of its {scope}"
        elif scope is not None and one.module in seen.modules:
            why = seen.idle.get(one.path, f"no tests share a cassette in {node_of(one.test)}")
        elif one.module in seen.modules:
            why = seen.idle.get(one.path, f"there is no such test in {one.module}")
        elif not exists(one.module):
            why = f"there is no {one.module}"
        else:
            continue
        found.append(UnusedCassette(str(one.path), one.test, why))
    return found
