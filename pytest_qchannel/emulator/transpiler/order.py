"""What is ordered of the transpiler service, once its fields are known to be of the right kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["ORDER", "Coupling", "LayoutMode", "Order", "Tick"]

ORDER: Final = "order of the transpiler service"
"""What such a task is called in the worker process."""

# About 4,000 gates, which take three seconds at level 3. Measured in 2026 on one core.
_LONG_QPY: Final = 400_000
_LONG_QASM: Final = 80_000


Coupling: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of qubits that a gate may act on."""

LayoutMode = Literal["keep", "optimize", "improve"]

Tick: TypeAlias = Callable[[], None]
"""Called now and then while the work goes on; raises where nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Order:
    """One task's work, without the task.

    Attributes:
        kind: A key of :data:`pytest_qchannel.emulator.transpiler.MODULES`.
        seed: Fixes every random choice that the order leaves open.
        snapshot: The device, where it is for one.
        coupling: Goes before the device's.
        qpy: Base64 of one QPY file with all circuits.
        qasm: The circuits as OpenQASM, where there is no QPY.
        level: The optimization level, 1 to 3.
        is_ai: Whether the service was told to use its models.
        layout_mode: What becomes of the layout that the circuit has.
        has_fractional_gates: Whether the device's fractional gates may be used.
        options: Arguments of ``qiskit.transpile``.
        cliffords: What is synthesised: ``Clifford.to_dict()`` of each block.
        permutations: The same, as patterns.
        qargs: The physical qubits of each block.
    """

    kind: str
    seed: int
    snapshot: Snapshot | None = None
    coupling: Coupling | None = None
    qpy: str | None = None
    qasm: tuple[str, ...] = ()
    level: int = 3
    is_ai: bool = False
    layout_mode: LayoutMode = "optimize"
    has_fractional_gates: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    cliffords: tuple[Mapping[str, list[str]], ...] = ()
    permutations: tuple[Sequence[int], ...] = ()
    qargs: tuple[tuple[int, ...], ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether its circuits belong into the worker process, by their size."""
        return len(self.qpy or "") > _LONG_QPY or sum(map(len, self.qasm)) > _LONG_QASM
