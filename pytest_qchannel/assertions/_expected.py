"""The ``counts`` argument of :func:`assert_sampler_run`, checked and brought to one form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem

__all__ = ["Counts", "Expected", "probabilities", "require_width"]

TOLERANCE: Final = 1e-6

Counts = Mapping[str, float]
Expected = Counts | list[Counts] | tuple[Counts, ...]


def probabilities(counts: Counts) -> dict[str, float]:
    """Probability per bitstring, from probabilities or from expected counts.

    Raises:
        UsageProblem: A key is no bitstring, a value no number of 0 or more, or their sum is neither
            1 (probabilities) nor above it (expected counts).
    """
    if not isinstance(counts, Mapping):
        raise UsageProblem(
            f"assert_sampler_run: counts is a {type(counts).__name__}",
            closest="a mapping of bitstring to probability, or a list of such mappings",
            next="give counts={'00': 0.5, '11': 0.5}",
        )
    if not counts:
        raise UsageProblem(
            "assert_sampler_run: counts is empty",
            next="give counts={'00': 0.5, '11': 0.5}, or leave counts out",
        )
    widths: dict[int, str] = {}
    for key, value in counts.items():
        _check_key(key)
        _check_value(key, value)
        widths.setdefault(len(key), key)
    if len(widths) > 1:
        short, long = sorted(widths)[:2]
        raise UsageProblem(
            f"assert_sampler_run: the keys {widths[short]!r} and {widths[long]!r} of counts differ "
            "in width",
            next="write every bitstring with one digit for each measured bit",
        )
    return _normalised(counts)


def require_width(expected: Mapping[str, float], width: int, registers: Sequence[str]) -> None:
    """Passes bitstrings that are as wide as the registers together.

    Raises:
        UsageProblem: They are not.
    """
    key = next(iter(expected))
    if len(key) != width:
        raise UsageProblem(
            f"assert_sampler_run: the key {key!r} of counts has {counted(key, 'bit')}, the result "
            f"{width}",
            facts=[("registers", ", ".join(registers))],
            closest="several registers are joined, the first one rightmost"
            if len(registers) > 1
            else None,
            next=f"write each key with {counted(width, 'digit')}, such as {'0' * width!r}",
        )


def _check_key(key: object) -> None:
    if isinstance(key, str) and key and set(key) <= {"0", "1"}:
        return
    hint = "'00', one digit for each measured bit"
    if isinstance(key, str) and key and set(key) <= {"0", "1", " "}:
        hint = f"{key.replace(' ', '')!r}, without spaces"
    raise UsageProblem(
        f"assert_sampler_run: the key {key!r} of counts is no bitstring",
        closest="a str of the digits 0 and 1",
        next=f"write {hint}",
    )


def _check_value(key: str, value: object) -> None:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and math.isfinite(value) and value >= 0:  # type: ignore[operator, arg-type]
        return
    raise UsageProblem(
        f"assert_sampler_run: the value {value!r} of key {key!r} in counts is not valid",
        closest="a probability from 0 to 1, or an expected count of 0 or more",
        next=f"give {key!r} a number that is 0 or more",
    )


def _normalised(counts: Counts) -> dict[str, float]:
    values = {key: float(value) for key, value in counts.items()}
    total = math.fsum(values.values())
    is_sum_of_counts = total > 1 + TOLERANCE and max(values.values()) >= 1
    if abs(total - 1) > TOLERANCE and not is_sum_of_counts:
        raise UsageProblem(
            f"assert_sampler_run: counts sums to {total:.6g}",
            closest="probabilities that sum to 1, or expected counts of which one is 1 or more",
            next="add the missing outcomes, or give exact fractions such as 1/3",
        )
    return {key: value / total for key, value in values.items()}
