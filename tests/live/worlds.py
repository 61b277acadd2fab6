"""The worlds of the second server, for tests of the live lane."""

from __future__ import annotations

from typing import Final

__all__ = ["STUCK", "WORLD", "world_with"]


def world_with(of_there: str, whole: str = "") -> str:
    """Two devices and an account on both channels.

    Args:
        of_there: Lines for the second device.
        whole: Lines for the world.
    """
    return f"""
{whole}
[[devices]]
name = "ibm_here"
source = "ibm_nairobi"

[[devices]]
name = "ibm_there"
source = "ibm_oslo"
{of_there}

[[accounts]]
name = "lab"
channels = ["ibm_quantum_platform", "ibm_cloud"]

[[accounts.instances]]
name = "paid"
plan = "Premium"
"""


WORLD: Final = world_with("queue_length = 3")

STUCK: Final = world_with('queue_length = 3\nprogression = "stuck"')
"""The jobs of the second device never start."""
