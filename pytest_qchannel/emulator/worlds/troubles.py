"""The faults of a description; :mod:`pytest_qchannel.emulator.faults` knows what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_qchannel.emulator.faults import Fault, parse_fault
from pytest_qchannel.emulator.worlds.kinds import Misfit
from pytest_qchannel.errors import nearest

__all__ = ["check_names", "read_fault"]


def read_fault(table: Mapping[str, Any]) -> Fault:
    """The fault that a table describes; a new one each time.

    Raises:
        Misfit: The table is wrong.
    """
    try:
        return parse_fault(table)
    except ValueError as problem:
        said = str(problem)
        # What a message names first, it is about.
        named = re.search("|".join(rf"\b{re.escape(word)}\b" for word in table) or "$^", said)
        raise Misfit(
            f"a fault: {said}",
            where=(named[0],) if named else (),
            next="see docs/faults.md for the words of a fault",
        ) from None


def check_names(
    faults: Sequence[Mapping[str, Any]], devices: Sequence[str], accounts: Sequence[str]
) -> None:
    """Passes faults that are about devices and accounts of their world.

    Args:
        faults: The tables, in their order.
        devices: The names of the devices.
        accounts: The names of the accounts.

    Raises:
        Misfit: A fault names another one, so that it could never happen.
    """
    for number, table in enumerate(faults):
        for word, what, names in (
            ("backend", "device", devices),
            ("account_name", "account", accounts),
        ):
            name = table.get(word)
            if name is not None and name not in names:
                some = f"use one of {', '.join(names)}, or " if names else ""
                raise Misfit(
                    f"a fault: the world has no {what} {name!r}",
                    where=("faults", number, word),
                    closest=nearest(name, names),
                    next=f"{some}describe that {what}",
                )
