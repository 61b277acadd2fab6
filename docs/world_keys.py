"""The tables of keys in ``docs/world.md``, from the code; ``docs/generate.py`` puts them there."""

from __future__ import annotations

from dataclasses import Field
from enum import StrEnum
from typing import Any

from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.worlds.specs import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    Table,
    is_required,
    keys_of,
)
from pytest_qchannel.emulator.worlds.toml_file import KEYS

SPECS: dict[str, type[Table]] = {
    "device keys": DeviceSpec,
    "account keys": AccountSpec,
    "instance keys": InstanceSpec,
    "job keys": JobSpec,
}


def tables() -> dict[str, str]:
    """The tables, by the names of the markers around them."""
    made = {"file keys": _table(["key", "meaning"], [[f"`{key}`", KEYS[key]] for key in KEYS])}
    for name, spec in SPECS.items():
        rows = [
            [f"`{key.name}`", key.metadata["kind"].said, _default(key), key.metadata["help"]]
            for key in keys_of(spec)
        ]
        made[name] = _table(["key", "value", "default", "meaning"], rows)
    return made


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _default(key: Field[Any]) -> str:
    """The default as a world file would write it; nothing where the key's absence means more."""
    if is_required(key):
        return "**required**"
    default = key.default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, StrEnum) or (isinstance(default, str) and default not in ("", "{}")):
        return f'`"{default}"`'
    if isinstance(default, Progression):
        return f'`"{default}"`'
    if isinstance(default, int | float):
        return f"`{default:g}`"
    return ""
