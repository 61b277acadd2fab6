"""World files: TOML, read strictly; every error names the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.kinds import COUNT, Misfit
from pytest_qchannel.emulator.worlds.places import Places, Where
from pytest_qchannel.emulator.worlds.specs import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    Spec,
    read,
)
from pytest_qchannel.emulator.worlds.troubles import read_fault
from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["KEYS", "load", "shown"]

KEYS: Final[Mapping[str, str]] = {
    "seed": "fixes job ids and counts, unless a setting does",
    "devices": "a table each",
    "accounts": "a table each, with a table `accounts.instances` for each instance",
    "jobs": "the job history, a table each",
    "faults": "scripted trouble, a table each",
}
"""The keys at the top of a world file."""

Made = TypeVar("Made")


def shown(path: Path) -> str:
    """A path as messages write it: from the working directory on, where it lies below that."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def load(path: Path) -> WorldBuilder:
    """The world that a file describes.

    Raises:
        UsageProblem: There is no such file, it is no TOML, or something in it is wrong.
    """
    name = shown(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UsageProblem(
            f"the world file cannot be read: {problem.strerror}",
            where=name,
            next="name a file that there is, or leave the setting out: there is a default world",
        ) from None
    except UnicodeDecodeError as problem:
        raise UsageProblem(
            "the world file is not UTF-8",
            where=f"{name}, line {problem.object[: problem.start].count(10) + 1}",
            next="save it as UTF-8",
        ) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said, line = _syntax(str(problem), text)
        raise UsageProblem(
            f"the world file is no TOML: {said}",
            where=f"{name}, line {line}",
            next="mend that line; https://toml.io tells the syntax",
        ) from None
    try:
        return _world(tables, name)
    except Misfit as misfit:
        line_number = Places(text).line(misfit.where)
        raise UsageProblem(
            misfit.headline,
            where=f"{name}, line {line_number}" if line_number else name,
            closest=misfit.closest,
            next=misfit.next,
        ) from None


def _syntax(message: str, text: str) -> tuple[str, int]:
    """What ``tomllib`` says without the place, and the line."""
    said, _, place = message.rpartition(" (at ")
    found = re.match(r"line (\d+)", place)
    return said or message, int(found[1]) if found else text.rstrip("\n").count("\n") + 1


def _world(tables: Mapping[str, Any], name: str) -> WorldBuilder:
    for key in tables:
        if key not in KEYS:
            raise Misfit(
                f"there is no key {key!r} at the top of a world file",
                where=(key,),
                closest=nearest(key, KEYS),
                next=f"use one of {', '.join(KEYS)}",
            )
    seed = None
    if "seed" in tables:
        seed = _below(("seed",), lambda: COUNT.read(tables["seed"]), "seed ")
    world = WorldBuilder(
        world_seed=seed,
        devices=_read_all(DeviceSpec, tables, ("devices",)),
        accounts=tuple(_account(one, where) for where, one in _tables(tables, ("accounts",))),
        jobs=_read_all(JobSpec, tables, ("jobs",)),
        faults=tuple(_fault(one, where) for where, one in _tables(tables, ("faults",))),
        source=name,
    )
    world.require_sense()
    return world


def _account(table: Mapping[str, Any], where: Where) -> AccountSpec:
    account = _below(where, lambda: read(AccountSpec, table, extra=("instances",)))
    return replace(account, instances=_read_all(InstanceSpec, table, (*where, "instances")))


def _fault(table: Mapping[str, Any], where: Where) -> Mapping[str, Any]:
    _below(where, lambda: read_fault(table))
    return table


def _read_all(spec: type[Spec], tables: Mapping[str, Any], where: Where) -> tuple[Spec, ...]:
    return tuple(
        _below(place, lambda one=one: read(spec, one))  # type: ignore[misc]
        for place, one in _tables(tables, where)
    )


def _tables(tables: Mapping[str, Any], where: Where) -> list[tuple[Where, Mapping[str, Any]]]:
    """The tables of an array, each with its place; ``where`` ends with the array's key."""
    found = tables.get(str(where[-1]), [])
    header = ".".join(part for part in where if isinstance(part, str))
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Misfit(
            f"{header} wants tables", where=where, next=f"write [[{header}]] above each of them"
        )
    return [((*where, number), one) for number, one in enumerate(found)]


def _below(where: Where, make: Callable[[], Made], prefix: str = "") -> Made:
    """Calls a function whose places count from ``where``."""
    try:
        return make()
    except Misfit as misfit:
        misfit.where = (*where, *misfit.where)
        misfit.headline = prefix + misfit.headline
        raise
