"""The tables of keys in ``docs/world.md``, from the code; ``docs/generate.py`` puts them there."""

from __future__ import annotations

from enum import StrEnum

from pytest_qchannel.emulator.tables import Key, Table, keys_of
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.worlds.description import (
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    RuleKeys,
)

SPECS: dict[str, type[Table]] = {
    "device keys": DeviceSpec,
    "account keys": AccountSpec,
    "instance keys": InstanceSpec,
    "job keys": JobSpec,
    "rule keys": RuleKeys,
}


def tables() -> dict[str, str]:
    """The tables, by the names of the markers around them."""
    rules = {key.name for key in keys_of(RuleKeys)}
    file = [[f"`{key.name}`", key.help] for key in keys_of(Description) if key.name not in rules]
    made = {"file keys": table(["key", "meaning"], file)}
    for name, spec in SPECS.items():
        rows = [[f"`{key.name}`", key.said, _default(key), key.help] for key in keys_of(spec)]
        made[name] = table(["key", "value", "default", "meaning"], rows)
    return made


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _default(key: Key) -> str:
    """The default as a world file would write it; nothing where the key's absence means more."""
    if key.is_required:
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
