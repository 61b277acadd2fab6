"""A world file of one device and one account with one instance, and what a test adds to it."""

from __future__ import annotations

import json
from collections.abc import Sequence

__all__ = ["world_text"]


def world_text(
    device: str,
    source: str = "",
    *,
    top: str = "",
    account: str = "lab",
    channels: Sequence[str] = ("ibm_quantum_platform", "ibm_cloud"),
    instance: str = "open",
    plan: str = "Open",
    more: str = "",
) -> str:
    """The text of the file.

    Args:
        device: The name of the device.
        source: The device whose snapshot it serves; by default that of its name.
        top: Lines before the first table, as ``seed = 4``.
        account: The name of the account.
        channels: Those of the account.
        instance: The name of the instance.
        plan: That of the instance.
        more: Lines behind it: more of the instance, and more tables.
    """
    served = f'source = "{source}"\n' if source else ""
    return f"""{top}
[[devices]]
name = "{device}"
{served}
[[accounts]]
name = "{account}"
channels = {json.dumps(list(channels))}

[[accounts.instances]]
name = "{instance}"
plan = "{plan}"
{more}"""
