"""What the tests of the primitives share: jobs run as the engine does, read as the client does."""

from __future__ import annotations

import json
from typing import Any

from pytest_qchannel.emulator.programs import PROGRAMS, JobFailure, Noise, Outcome, Task
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.snapshots import Snapshot
from tests.unit.emulator.circuits_kit import DEVICE

try:
    from qiskit_ibm_runtime.json import RuntimeDecoder, RuntimeEncoder
except ImportError:  # clients before 0.51
    from qiskit_ibm_runtime.utils.json import RuntimeDecoder, RuntimeEncoder

try:
    from qiskit_ibm_runtime.results import LayerError, NoiseLearnerResult, PauliLindbladError
except ImportError:  # clients before 0.48 or so
    from qiskit_ibm_runtime.utils.noise_learner_result import (
        LayerError,
        NoiseLearnerResult,
        PauliLindbladError,
    )

__all__ = [
    "LayerError",
    "NoiseLearnerResult",
    "PauliLindbladError",
    "RuntimeEncoder",
    "failure_of",
    "outcome_of",
    "read",
    "release",
]

SNAPSHOT = snapshots.load(DEVICE)


def release() -> tuple[int, ...]:
    """The installed client's."""
    from importlib.metadata import version

    return tuple(int(part) for part in version("qiskit_ibm_runtime").split(".")[:3])


def outcome_of(
    program: str,
    *pubs: list[Any],
    seed: int = 7,
    noise: Noise = Noise.OFF,
    started_at: float = 0.0,
    device: str | Snapshot = DEVICE,
    **params: Any,
) -> Outcome:
    """What becomes of a job whose params went over the wire."""
    body = {"pubs": list(pubs), "support_qiskit": True, "version": 2, **params}
    body = json.loads(json.dumps(body, cls=RuntimeEncoder))
    assert PROGRAMS[program].check(body) is None
    snapshot = snapshots.load(device) if isinstance(device, str) else device
    return PROGRAMS[program].run(Task(body, snapshot, seed, noise, started_at=started_at))


def read(outcome: Outcome) -> Any:
    """The installed client's own reading of a result."""
    return json.loads(outcome.result_for(release()), cls=RuntimeDecoder)


def failure_of(program: str, *pubs: list[Any], **params: Any) -> JobFailure:
    """How a job fails that was accepted."""
    try:
        outcome_of(program, *pubs, **params)
    except JobFailure as failure:
        return failure
    raise AssertionError("the job did not fail")
