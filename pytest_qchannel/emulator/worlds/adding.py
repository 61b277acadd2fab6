"""The step that puts one thing more into a world: for errors about what a world lacks."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.records import Account
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.description import CLASSIC
from pytest_qchannel.hosts import REGIONS
from pytest_qchannel.options import CHANNELS
from pytest_qchannel.rerun_command import again

__all__ = ["BUILDER", "adding"]

BUILDER: Final = "WorldBuilder"
"""The source of a world that was described in Python."""

_FILE: Final = "qchannel-world.toml"
_MINE: Final = "mine"
_INSTANCES: Final = "accounts.instances"
_METHODS: Final = {"devices": "device", _INSTANCES: "instance", "jobs": "job"}


def adding(
    world: World,
    source: str,
    account: Account,
    table: str,
    keys: Mapping[str, str],
    options: Iterable[str] = (),
) -> str:
    """The command, or the edit, that adds a table to a world.

    A world file of the person's own has one table more then. The default world, and a file that
    lies elsewhere, is replaced by a new file with one account, its instances and their devices.

    Args:
        world: The world of the test.
        source: What it was read from.
        account: Whose instance or job it is, of that world.
        table: ``devices``, ``accounts.instances`` or ``jobs``.
        keys: What it says.
        options: What a run with the new file needs beside its name.
    """
    if source == BUILDER:
        said = ", ".join(f"{key}={json.dumps(text)}" for key, text in keys.items())
        return f"describe it: .{_METHODS[table]}({said}) of the WorldBuilder"
    lines = list(_table(table, keys))
    if not Path(source).is_absolute() and Path(source).is_file():
        if table != _INSTANCES or account is world.accounts[-1]:
            more = _listing(world, account, keys["name"]) if table == "devices" else ""
            return f"{_printed(['', *lines])} >> {shlex.quote(source)}{more}"
        shown = "\n".join(lines)
        return f"write into {source}, below an instance of the account {account.name!r}:\n{shown}"
    devices = {one.name: _said_of(one) for one in _devices(world, account)}
    if table == "devices":
        devices[keys["name"]] = keys
    has_dry_runs = any(one.has_dry_runs for one in account.instances.values())
    whole = ["dry_run_devices = true"] * has_dry_runs
    whole += [line for one in devices.values() for line in _table("devices", one)]
    new = [keys["name"]] if table == "devices" else []
    whole += _account(account, list(devices), new)
    if table == _INSTANCES:
        whole += lines
    elif table == "jobs":
        whole += _table(table, {**keys, "account": _MINE})
    return f"{_printed(whole)} > {_FILE} && {again(f'--qchannel-world={_FILE}', *options)}"


def _listing(world: World, account: Account, name: str) -> str:
    """What is left to do where instances have lists of their own, behind a command."""
    listed = set(world.listed)
    own = [one.name for one in account.instances.values() if set(one.devices) != listed]
    if not own:
        return ""
    return f"\n# and write {json.dumps(name)} into `devices` of {' or '.join(own)} there"


def _printed(lines: Iterable[str]) -> str:
    return " ".join(["printf '%s\\n'", *map(shlex.quote, lines)])


def _table(name: str, keys: Mapping[str, object]) -> Iterator[str]:
    yield f"[[{name}]]"
    for key, said in keys.items():
        yield f"{key} = {json.dumps(said)}"


def _devices(world: World, account: Account) -> list[Device]:
    """The devices of an account; all, where it has none."""
    listed = [world.devices[name] for name in world.listed]
    own = {name for one in account.instances.values() for name in one.devices}
    return [one for one in listed if one.name in own] or listed


def _said_of(device: Device) -> Mapping[str, str]:
    said = {"name": device.name}
    if device.source not in ("", device.name):
        said["source"] = device.source
    return said if device.status is DeviceStatus.ONLINE else said | {"status": device.status}


def _account(account: Account, devices: list[str], new: list[str]) -> Iterator[str]:
    """An account of all channels of its kind, with the instances that it has.

    Args:
        account: The account.
        devices: All devices that are described.
        new: Those of them that every instance has now.
    """
    is_classic = account.platform == "classic"
    channels = [one for one in CHANNELS if (one == CLASSIC) is is_classic]
    yield from _table("accounts", {"name": _MINE, "channels": channels})
    for one in account.instances.values():
        offered = [name for name in devices if name in {*one.devices, *new}]
        keys = {
            "name": one.name,
            "plan": one.plan.display_name,
            "region": None if is_classic or one.region == REGIONS[0] else one.region,
            "tags": one.tags or None,
            "devices": None if offered == devices else offered,
            "usage_limit_s": one.usage_limit_s,
            "usage_allocation_s": one.usage_allocation_s,
        }
        yield from _table(_INSTANCES, {key: said for key, said in keys.items() if said is not None})
