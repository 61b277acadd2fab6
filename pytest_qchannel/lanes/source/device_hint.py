"""What a test is told that asked for a device which the emulated world lacks.

The client says that no backend matches the criteria, the service that it found no device; neither
names one.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from itertools import chain

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.absent import OF_2024, no_device
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.source.case import Case

__all__ = ["device_hint"]

_CLIENT = "qiskit_ibm_runtime.qiskit_runtime_service"


def device_hint(case: Case) -> QChannelError | None:
    """What is wrong with the first device asked for that there is not, if one was."""
    for name in chain(_of_client(case.error), _of_text(case.error), _refused(case.requests)):
        if name not in case.world.devices:
            step = case.adding("devices", _described(case.world, name))
            return no_device(case.world, name, case.offered, case.instances, step)
    return None


def _described(world: World, name: str) -> dict[str, str]:
    """A device of that name, with a snapshot that there is."""
    shipped = snapshots.available()
    others = (one.source or one.name for one in world.devices.values())
    like = name if name in shipped else next(others, "")
    return {"name": name, **({"source": like} if like != name else {})}


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
