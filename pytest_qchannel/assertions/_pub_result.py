"""One PUB of a sampler's result: are its registers whole, and what do they hold together?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from typing import Protocol

from pytest_qchannel.assertions._table import table
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import ExpectationFailed, UsageProblem

__all__ = ["Pub", "read_pub", "size_of"]


class Bits(Protocol):
    """A ``BitArray``: one register's bits, or those of all joined."""

    @property
    def num_shots(self) -> int:
        """Of each parameter set."""

    @property
    def num_bits(self) -> int:
        """Of a bitstring."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the parameter sets."""

    def get_counts(self) -> Mapping[str, int]:
        """Shots by bitstring, over all parameter sets."""


@dataclass(frozen=True)
class Pub:
    """What one PUB holds.

    Attributes:
        where: The job and the PUB, in words.
        counts: Shots per bitstring of all registers joined, summed over the parameter sets.
        width: Bits in each bitstring.
        registers: Names, in the circuit's order.
    """

    where: str
    counts: dict[str, int]
    width: int
    registers: tuple[str, ...]


def size_of(result: object, where: str) -> int:
    """How many PUBs the result holds, at least one."""
    __tracebackhide__ = True
    size = len(result) if isinstance(result, Sized) and not isinstance(result, str) else None
    if not size:
        got = "no PUB" if size == 0 else f"a {type(result).__name__}, not a PrimitiveResult"
        raise ExpectationFailed(
            f"assert_sampler_run: the result has {got}",
            where=where,
            closest="the job ended DONE",
            next="run the job with at least one PUB, on a sampler",
        )
    return size


def read_pub(pub_result: object, where: str, shots: int | None) -> Pub:
    """One PUB, read after its registers' shots were checked."""
    __tracebackhide__ = True
    registers = _registers(pub_result, where)
    held = {name: (int(b.num_shots), tuple(b.shape)) for name, b in registers.items()}
    rows = [(name, n, shape) for name, (n, shape) in held.items()]
    shown = ("registers", table(("name", "shots", "parameter sets"), rows))
    wrong = [name for name, (n, _) in held.items() if shots is not None and n != shots]
    if wrong:
        raise ExpectationFailed(
            f"assert_sampler_run: register '{wrong[0]}' holds "
            f"{counted(held[wrong[0]][0], 'shot')}, "
            f"not {shots}",
            where=where,
            facts=[shown],
            next="compare shots= with the PUB's shots, sampler.run(shots=) and default_shots",
        )
    if len(set(held.values())) > 1:
        raise ExpectationFailed(
            "assert_sampler_run: the registers differ in shots or parameter sets",
            where=where,
            facts=[shown],
            next="look at how the service answered this PUB",
        )
    joined = _joined(pub_result, registers)
    counts = {str(key): int(seen) for key, seen in joined.get_counts().items()}
    each, shape = next(iter(held.values()))
    total = each * math.prod(shape)
    if sum(counts.values()) != total or not total:
        raise ExpectationFailed(
            f"assert_sampler_run: {counted(sum(counts.values()), 'shot was', 'shots were')} "
            f"counted, not {total or 'any'}",
            where=where,
            facts=[shown],
            next="give the PUB at least one parameter set and one shot",
        )
    return Pub(where, counts, int(joined.num_bits), tuple(registers))


def _registers(pub_result: object, where: str) -> dict[str, Bits]:
    """The bits that a PUB has, by register."""
    __tracebackhide__ = True
    registers: dict[str, Bits] = (
        dict(pub_result.data.items()) if hasattr(pub_result, "data") else {}
    )
    if not registers:
        raise ExpectationFailed(
            "assert_sampler_run: the PUB has no classical register",
            where=where,
            next="measure the circuit, for example with circuit.measure_all()",
        )
    for name, bits in registers.items():
        if not hasattr(bits, "num_shots"):
            raise ExpectationFailed(
                f"assert_sampler_run: register '{name}' holds no bits but a {type(bits).__name__}",
                where=where,
                next="run a sampler with meas_type='classified'",
            )
    return registers


def _joined(pub_result: object, registers: Mapping[str, Bits]) -> Bits:
    __tracebackhide__ = True
    if len(registers) == 1:
        return next(iter(registers.values()))
    if hasattr(pub_result, "join_data"):
        joined: Bits = pub_result.join_data()
        return joined
    raise UsageProblem(
        "assert_sampler_run: several registers, and the PUB result cannot join them",
        facts=[("registers", ", ".join(registers))],
        next="update qiskit to one whose SamplerPubResult has join_data()",
    )
