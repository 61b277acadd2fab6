"""The ``sampler`` program: circuits in, shots of their classical registers out.

Source: ``SamplerV2Input`` in IBM's API description; ``SamplerV2`` and the result decoder of
qiskit-ibm-runtime 0.34 to 0.51. The simulation is ideal, so options that mend noise (dynamical
decoupling, twirling) are accepted and change nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Task
from pytest_qchannel.emulator.schemas import SAMPLER, problem_with
from pytest_qchannel.emulator.snapshots import Snapshot
from pytest_qchannel.errors import EmulatorGap

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit
    from qiskit.primitives.containers.sampler_pub import SamplerPub

__all__ = ["check", "run"]

DEFAULT_SHOTS: Final = 4_096

_Bits = dict[str, "np.ndarray[Any, np.dtype[np.bool_]]"]


def check(params: Mapping[str, Any]) -> str | None:
    """What is wrong with the params' form; the circuits themselves are looked at by :func:`run`.

    Raises:
        EmulatorGap: An option asks for what an ideal simulation of bits does not have.
    """
    problem = problem_with(params, SAMPLER)
    if problem is None:
        _require_served(params.get("options", {}))
    return problem


@dataclass(frozen=True, slots=True)
class _Run:
    """One PUB, simulated: bits per register, each of shape ``(*pub_shape, shots, num_bits)``."""

    shape: tuple[int, ...]
    shots: int
    bits: _Bits
    metadata: dict[str, Any]


def run(task: Task) -> Outcome:
    """Simulates the job; the same params, device and seed give the same bytes.

    Raises:
        JobFailure: A circuit or value is not what the device can run.
    """
    params, snapshot, seed = task.params, task.snapshot, task.seed
    options = params.get("options", {})
    seed_option = options.get("simulator", {}).get("seed_simulator")
    # JSON knows no integers: 5 and 5.0 are the same number there, so int() here and below.
    seed = seed if seed_option is None else int(seed_option)
    delay_s = _rep_delay_s(options, snapshot)
    runs = []
    for number, pub in enumerate(params["pubs"]):
        shots = (pub[2] if len(pub) == 3 else None) or params.get("shots")
        shots = shots or options.get("default_shots") or DEFAULT_SHOTS
        runs.append(_run_pub(pub, int(shots), snapshot, (seed + number) % 2**31, f"pub {number}"))
    seconds = sum(one.shots * math.prod(one.shape) for one in runs) * delay_s
    encode = _qiskit_result if params.get("support_qiskit", False) else _plain_result
    return Outcome(json.dumps(encode(runs), separators=(",", ":")).encode(), max(1.0, seconds))


def _rep_delay_s(options: Mapping[str, Any], snapshot: Snapshot) -> float:
    """Seconds between two shots, an estimate: the repetition delay without the circuit itself."""
    delay = options.get("execution", {}).get("rep_delay")
    if delay is None:
        return snapshot.default_rep_delay_s
    low, high = snapshot.rep_delay_range_s
    if not low <= delay <= high:
        raise JobFailure(
            FailureCode.VALIDATION,
            f"rep_delay is {delay} s; {snapshot.name} takes {low:g} to {high:g} s.",
        )
    return float(delay)


def _require_served(options: Mapping[str, Any]) -> None:
    meas_type = options.get("execution", {}).get("meas_type", "classified")
    if meas_type != "classified":
        raise EmulatorGap(
            f"the emulated sampler gives classified bits, not meas_type={meas_type!r}",
            next="leave meas_type out, or keep this test for a live QPU",
        )
    if options.get("simulator", {}).get("noise_model") is not None:
        raise EmulatorGap(
            "the emulated sampler is ideal and takes no noise_model",
            next="leave options.simulator.noise_model out, or use local testing mode",
        )


def _run_pub(sent: list[Any], shots: int, snapshot: Snapshot, seed: int, where: str) -> _Run:
    import numpy as np

    from pytest_qchannel.emulator.programs.isa import require_isa
    from pytest_qchannel.emulator.programs.simulate import sample, without_idle_qubits

    if shots > snapshot.max_shots:
        raise JobFailure(
            FailureCode.TOO_MANY_SHOTS,
            f"{where} asks for {shots} shots; {snapshot.name} takes at most {snapshot.max_shots}.",
        )
    circuit = codec.decode_circuit(sent[0], where)
    require_isa(circuit, snapshot, where)
    small = without_idle_qubits(circuit)
    pub = _coerce(small, codec.decode_values(sent[1] if len(sent) > 1 else None, where), where)
    bound = _bind(small, pub, where)
    samples = sample(bound, shots, seed) if bound else []
    stacked = np.asarray(samples, dtype=np.bool_).reshape(*pub.shape, shots, circuit.num_clbits)
    return _Run(pub.shape, shots, _registers(small, stacked), dict(circuit.metadata or {}))


def _coerce(circuit: QuantumCircuit, values: Any, where: str) -> SamplerPub:
    import numpy as np
    from qiskit.primitives.containers.sampler_pub import SamplerPub

    try:
        pub = SamplerPub.coerce((circuit,) if values is None else (circuit, values))
        # Before version 2 qiskit binds NaN and infinity without a word.
        if not all(np.isfinite(array).all() for array in pub.parameter_values.data.values()):
            raise ValueError("not every value is a finite number")
        return pub
    except Exception as problem:  # qiskit and numpy raise many kinds on values that are no numbers
        raise JobFailure(
            FailureCode.VALIDATION, f"The parameter values of {where} do not fit: {problem}"
        ) from None


def _bind(circuit: QuantumCircuit, pub: SamplerPub, where: str) -> list[QuantumCircuit]:
    """The circuit of a PUB with each of its parameter sets, in row-major order."""
    import numpy as np

    try:
        return [pub.parameter_values.bind(circuit, index) for index in np.ndindex(pub.shape)]
    except Exception as problem:  # an unknown name, not a number, infinity: each its own kind
        raise JobFailure(
            FailureCode.VALIDATION, f"The parameter values of {where} do not fit: {problem}"
        ) from None


def _registers(circuit: QuantumCircuit, samples: np.ndarray[Any, np.dtype[np.bool_]]) -> _Bits:
    return {
        register.name: samples[..., [circuit.find_bit(bit).index for bit in register]]
        for register in circuit.cregs
    }


def _qiskit_result(runs: list[_Run]) -> dict[str, Any]:
    import numpy as np

    pub_results = []
    for one in runs:
        fields = {}
        for name, bits in one.bits.items():
            # BitArray: big-endian, padded on the left; column k of ours is bit k of the value.
            width = bits.shape[-1]
            padding = [(0, 0)] * (bits.ndim - 1) + [(0, -width % 8)]
            packed = np.packbits(np.pad(bits, padding)[..., ::-1], axis=-1)
            value = {"array": codec.encode_array(packed), "num_bits": width}
            fields[name] = {"__type__": "BitArray", "__value__": value}
        data = {"field_names": list(fields), "shape": list(one.shape), "fields": fields}
        pub_results.append(
            {
                "__type__": "SamplerPubResult",
                "__value__": {
                    "data": {"__type__": "DataBin", "__value__": data},
                    "metadata": {"circuit_metadata": one.metadata},
                },
            }
        )
    value = {"pub_results": pub_results, "metadata": {"version": 2}}
    return {"__type__": "PrimitiveResult", "__value__": value}


def _plain_result(runs: list[_Run]) -> dict[str, Any]:
    """What a REST user gets, who did not say ``support_qiskit``: samples as hexadecimal numbers."""
    results = [
        {
            "data": {
                name: {"samples": _nested(bits), "num_bits": bits.shape[-1]}
                for name, bits in one.bits.items()
            },
            "metadata": {"circuit_metadata": one.metadata},
        }
        for one in runs
    ]
    return {"results": results, "metadata": {"version": 2}}


def _nested(bits: np.ndarray[Any, np.dtype[np.bool_]]) -> list[Any]:
    if bits.ndim > 2:
        return [_nested(part) for part in bits]
    return list(_hex_rows(bits))


def _hex_rows(bits: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[str]:
    import numpy as np

    for row in np.packbits(bits, axis=-1, bitorder="little"):
        yield hex(int.from_bytes(row.tobytes(), "little"))
