"""The faults of a description; :mod:`pytest_qchannel.emulator.faults` knows what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_qchannel.emulator.faults import Fault, parse_fault
from pytest_qchannel.emulator.worlds.kinds import Misfit

__all__ = ["read_fault"]


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
