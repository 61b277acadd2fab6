"""What is said of a device that a world lacks: the closest one, and the world that had it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.default_world import fleet
from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["OF_2024", "no_device"]

OF_2024: Final = (
    "ibm_torino", "ibm_sherbrooke", "ibm_brisbane", "ibm_kyoto", "ibm_osaka", "ibm_kyiv",
    "ibm_quebec", "ibm_cusco", "ibm_algiers", "ibm_hanoi", "ibm_geneva", "ibm_prague",
    "ibm_peekskill",
)  # fmt: skip
"""The devices of ``examples/world-2024.toml``, which was the default world."""


def no_device(world: World, name: str) -> UsageProblem:
    """The problem that a world has no device of that name."""
    mend = f"use one of {', '.join(world.devices)}"
    if name in OF_2024 and set(fleet().names) <= world.devices.keys():
        mend += (
            "; or keep the devices that the default world had: pytest "
            f"--qchannel-world={shlex.quote(str(_file_of_2024()))} (for the ini file, copy it to "
            "your tests: qchannel_world names it from rootdir on)"
        )
    return UsageProblem(
        f"the emulated world has no backend {name!r}",
        closest=nearest(name, world.devices),
        next=mend,
    )


def _file_of_2024() -> Path:
    """Where the world is that had those: in the wheel, or in a checkout where it lies."""
    package = Path(__file__).parents[2]
    inside = package / "shipped" / "world-2024.toml"
    return inside if inside.exists() else package.parent / "examples" / "world-2024.toml"
