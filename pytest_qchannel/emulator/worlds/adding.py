"""The step that puts one thing more into a world: for errors about what a world lacks."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.description import CLASSIC
from pytest_qchannel.options import CHANNELS
from pytest_qchannel.rerun_command import again

__all__ = ["BUILDER", "adding"]

BUILDER: Final = "WorldBuilder"
"""The source of a world that was described in Python."""

_FILE: Final = "qchannel-world.toml"
_MINE: Final = "mine"
_INSTANCES: Final = "accounts.instances"
_METHODS: Final = {"devices": "device", _INSTANCES: "instance", "jobs": "job"}

_Keys = Mapping[str, str]


def adding(world: World, source: str, account: Account, table: str, keys: _Keys) -> str:
    """The command, or the edit, that adds a table to a world.

    A world file of the person's own has one table more then. The default world, and a file that
    lies elsewhere, is replaced by a new file with one account and the devices of its instance.

    Args:
        world: The world of the test.
        source: What it was read from.
        account: Whose instance or job it is, of that world.
        table: ``devices``, ``accounts.instances`` or ``jobs``.
        keys: What it says.
    """
    if source == BUILDER:
        said = ", ".join(f"{key}={json.dumps(text)}" for key, text in keys.items())
        return f"describe it: .{_METHODS[table]}({said}) of the WorldBuilder"
    lines = list(_table(table, keys))
    if not Path(source).is_absolute() and Path(source).is_file():
        if table != _INSTANCES or account is world.accounts[-1]:
            return f"{_printed(['', *lines])} >> {shlex.quote(source)}"
        shown = "\n".join(lines)
        return f"write into {source}, below an instance of the account {account.name!r}:\n{shown}"
    first = next(iter(account.instances.values()))
    whole = [*_devices(world, first), *_account(account, lines if table == _INSTANCES else ())]
    if table != _INSTANCES:
        whole += lines if table == "devices" else _table(table, {**keys, "account": _MINE})
    return f"{_printed(whole)} > {_FILE} && {again(f'--qchannel-world={_FILE}')}"


def _printed(lines: Iterable[str]) -> str:
    return " ".join(["printf '%s\\n'", *map(shlex.quote, lines)])


def _table(name: str, keys: _Keys) -> Iterator[str]:
    yield f"[[{name}]]"
    for key, text in keys.items():
        yield f"{key} = {json.dumps(text)}"


def _devices(world: World, instance: Instance) -> Iterator[str]:
    """Those of the instance that run jobs; of all, where it has none."""
    able = [one for one in world.devices.values() if one.status is DeviceStatus.ONLINE]
    for one in [one for one in able if one.name in instance.devices] or able:
        if not one.is_dry_run:
            yield from _table("devices", _said_of(one))


def _said_of(device: Device) -> _Keys:
    has_another = device.source and device.source != device.name
    return {"name": device.name, **({"source": device.source} if has_another else {})}


def _account(account: Account, instance: Iterable[str]) -> Iterator[str]:
    """An account of all channels of its kind, with one instance: by default the one it has."""
    is_classic = account.platform == "classic"
    channels = [one for one in CHANNELS if (one == CLASSIC) is is_classic]
    yield "[[accounts]]"
    yield f'name = "{_MINE}"'
    yield f"channels = {json.dumps(channels)}"
    first = next(iter(account.instances.values()))
    if instance:
        yield from instance
        return
    yield from _table(_INSTANCES, {"name": first.name, "plan": first.plan.display_name})
    if first.usage_limit_s is not None:
        yield f"usage_limit_s = {first.usage_limit_s}"
