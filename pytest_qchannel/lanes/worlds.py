"""Which world a lane is built from: the one that a setting names, or the default one."""

from __future__ import annotations

import functools
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import Settings

__all__ = ["WorldBuilder", "require_same_world", "require_world", "seeded", "world_of"]

_BY_WORLD: Final = "the world file"


def world_of(settings: Settings) -> WorldBuilder:
    """The world that the settings name; each file is read once in a process.

    Raises:
        UsageProblem: There is no such file, or something in it is wrong.
    """
    if settings.world is None:
        return WorldBuilder.default()
    try:
        return _found(settings.world)
    except UsageProblem as wrong:
        raise UsageProblem(
            wrong.headline,
            where=wrong.where,
            closest=wrong.closest,
            next=wrong.next,
            facts=[*wrong.facts, ("named by", settings.origin["world"])],
        ) from None


def _found(path: Path) -> WorldBuilder:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return WorldBuilder.from_file(path)  # which says what is wrong
    return _read(path.absolute(), (state.st_mtime_ns, state.st_size))


@functools.lru_cache(maxsize=8)
def _read(path: Path, state: tuple[int, int]) -> WorldBuilder:  # noqa: ARG001 - the cache's key
    return WorldBuilder.from_file(path)


def seeded(settings: Settings, world: WorldBuilder) -> Settings:
    """The settings with the seed of the world, where nobody has set another one."""
    if world.world_seed is None or settings.origin["seed"] not in ("default", _BY_WORLD):
        return settings
    origin = MappingProxyType({**settings.origin, "seed": _BY_WORLD})
    return settings._replace(seed=world.world_seed, origin=origin)


def require_world(
    given: object, where: str, giver: str = "the fixture qchannel_world"
) -> WorldBuilder:
    """What somebody gave for a world, if a lane can be built from it.

    Raises:
        UsageProblem: It is something else.
    """
    if not isinstance(given, WorldBuilder):
        raise UsageProblem(
            f"{giver} gave {type(given).__name__}, not a WorldBuilder",
            where=where,
            next="give WorldBuilder.default(), WorldBuilder.from_file(path) or one of your own",
        )
    return given


def require_same_world(asked: WorldBuilder, world: WorldBuilder, where: str) -> None:
    """Passes the world that the whole run is in.

    Raises:
        UsageProblem: A test asks for another one.
    """
    if asked != world:
        raise UsageProblem(
            f"the test asks for the world of {asked.source}, but the whole run is in one "
            f"world, of {world.source}",
            where=where,
            next="name the world for the whole run (--qchannel-world=FILE), or run this test "
            "without --qchannel-everywhere",
        )
