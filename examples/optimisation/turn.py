"""Finds the angle by which a qubit is turned over: a loop of jobs, each with two angles."""

from __future__ import annotations

import math
from typing import Any

from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
from qiskit_ibm_runtime.executor_sampler import Sampler


def best_angle(backend: Any, steps: int, shots: int) -> float:
    """The angle at which 1 is measured most; each step leaves two thirds of where it can be."""
    theta = Parameter("theta")
    circuit = QuantumCircuit(1)
    circuit.ry(theta, 0)
    circuit.measure_all()
    isa = generate_preset_pass_manager(optimization_level=1, backend=backend).run(circuit)
    low, high = 0.0, 2 * math.pi * 0.9
    sampler = Sampler(mode=backend)
    for _ in range(steps):
        third = (high - low) / 3
        points = [[low + third], [high - third]]
        data = sampler.run([(isa, points)], shots=shots).result()[0].data.meas
        left, right = (data.get_counts(place).get("1", 0) for place in (0, 1))
        low, high = (low + third, high) if left < right else (low, high - third)
    return (low + high) / 2
