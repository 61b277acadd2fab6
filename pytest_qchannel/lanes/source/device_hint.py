"""What a test is told that asked for a device which the emulated world lacks.

The client says that no backend matches the criteria, the service that it found no device; neither
names one.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterator
from itertools import chain

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.absent import OF_2024, no_device
from pytest_qchannel.emulator.worlds.adding import BUILDER, adding
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Journal

__all__ = ["device_hint"]

_CLIENT = "qiskit_ibm_runtime.qiskit_runtime_service"


def device_hint(
    world: World,
    error: BaseException,
    sent: Journal,
    offered: Collection[str] = (),
    instances: Collection[Instance] = (),
    account: Account | None = None,
    source: str = BUILDER,
) -> QChannelError | None:
    """What is wrong with the first device asked for that there is not, if one was.

    Args:
        world: The emulated world.
        error: What the test ended with.
        sent: What it sent.
        offered: The devices of the instances that it asked.
        instances: Those that it could have asked.
        account: The account that it logs in with.
        source: What the world was read from.
    """
    for name in chain(_of_client(error), _of_text(error), _refused(sent)):
        if name not in world.devices:
            step = _step(world, name, account, source) if account is not None else ""
            return no_device(world, name, offered, instances, step)
    return None


def _step(world: World, name: str, account: Account, source: str) -> str:
    """What describes a device of that name, with a snapshot that there is."""
    shipped = snapshots.available()
    others = (one.source or one.name for one in world.devices.values())
    like = name if name in shipped else next(others, "")
    keys = {"name": name, **({"source": like} if like != name else {})}
    return adding(world, source, account, "devices", keys)


def _of_client(error: BaseException) -> Iterator[str]:
    """What ``service.backend(name)`` was called with, if that is what failed."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == "backend" and frame.f_globals.get("__name__") == _CLIENT:
            name = frame.f_locals.get("name")
            if isinstance(name, str):
                yield name


def _of_text(error: BaseException) -> list[str]:
    """What a failed assertion names: only what was once there, other words may mean anything."""
    return [name for name in re.findall(r"\bibm_[a-z]+\b", str(error)) if name in OF_2024]


def _refused(sent: Journal) -> Iterator[str]:
    """The devices of requests that were refused, in the path or in the body."""
    for exchange in sent:
        if exchange.status not in (400, 404):
            continue
        found = find(exchange.method, exchange.host, exchange.path)
        body = exchange.body
        said = {**(body if isinstance(body, dict) else {}), **(found.args if found else {})}
        if isinstance(said.get("backend"), str):
            yield said["backend"]
