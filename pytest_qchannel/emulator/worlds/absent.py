"""What is said of a device that a world lacks: the closest one, and the world that had it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.default_world import fleet
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.paths import shipped
from pytest_qchannel.rerun_command import again, said_to

__all__ = ["MISSPELT", "OF_2024", "no_device", "owner_of"]

OF_2024: Final = (
    "ibm_torino", "ibm_sherbrooke", "ibm_brisbane", "ibm_kyoto", "ibm_osaka", "ibm_kyiv",
    "ibm_quebec", "ibm_cusco", "ibm_algiers", "ibm_hanoi", "ibm_geneva", "ibm_prague",
    "ibm_peekskill",
)  # fmt: skip
"""The devices of ``examples/world-2024.toml``, which was the default world."""

MISSPELT: Final = 0.8
"""How like another one a name is that was written wrong."""


def no_device(
    world: World,
    name: str,
    offered: Collection[str] = (),
    instances: Iterable[Instance] = (),
    step: str = "",
) -> UsageProblem:
    """The problem that a world has no device of that name.

    Args:
        world: The world.
        name: What was asked for.
        offered: The devices that the one who asked can reach; empty: all of the world.
        instances: Those that they could ask instead.
        step: What gives the world one of that name.
    """
    offered = offered or world.listed
    closest = nearest(name, world.listed)
    mend = f"use one of {', '.join(offered)}"
    if closest is not None and closest not in offered:
        mend = "; or ".join(filter(None, [owner_of(closest, instances), mend]))
    if name in OF_2024 and set(fleet().names) <= world.devices.keys():
        file = shipped("world-2024.toml", "examples/world-2024.toml")
        mend += (
            "; or keep the devices that the default world had: "
            f"{again(f'--qchannel-world={file}')} (for the ini file, copy it to your "
            "tests: qchannel_world names it from rootdir on)"
        )
    elif step and nearest(name, world.listed, likeness=MISSPELT) is None:
        mend += f"; or give the world one of that name:\n{step}"
    return UsageProblem(
        f"the emulated world has no backend {name!r}",
        closest=closest,
        next=mend,
    )


def owner_of(device: str, instances: Iterable[Instance]) -> str:
    """How a test gets an instance that has the device; empty where none has it."""
    able = next((one.name for one in instances if device in one.reached), None)
    if able is None:
        return ""
    way = said_to(
        tests=f'@pytest.mark.qchannel(instance="{able}")',
        program=again(f"--qchannel-instance={able}"),
    )
    return f"{way}: that instance has {device}"
