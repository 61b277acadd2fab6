"""Declarations of faults, checked at collection: the plugin knows no emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_qchannel.errors import UsageProblem

__all__ = ["check"]


def check(words: Mapping[str, Any]) -> None:
    """Reads a declaration as the emulated world will.

    Raises:
        UsageProblem: A word does not fit, or a value is wrong.
    """
    from pytest_qchannel.emulator.faults import parse_fault

    try:
        parse_fault(words)
    except ValueError as problem:
        raise UsageProblem(str(problem), next="see docs/faults.md for the words") from None
