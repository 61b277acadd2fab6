"""The ``calibrate`` program: known, and not run.

A calibration measures a device anew and says when it began and ended. The emulated devices are
recorded snapshots: nothing about them can change, and how long it would have taken is not known,
so any answer would be made up. (IBM's own test of it is skipped as "not yet supported", in
qiskit-ibm-runtime 0.51.)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pytest_qchannel.emulator.programs.executor import models
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Task
from pytest_qchannel.errors import EmulatorGap

__all__ = ["check", "run"]

VERSIONS: Final[Mapping[str, str]] = MappingProxyType({"v0.1": "version_0_1"})


def check(params: Mapping[str, Any]) -> str | None:
    """What in the params does not fit the schema.

    Raises:
        EmulatorGap: They fit.
    """
    try:
        module = models.schema("calibrator", VERSIONS, params)
        models.parsed(module.ParamsModel, params)
    except models.NotValid as problem:
        return str(problem)
    raise EmulatorGap(
        "the emulated devices are recorded snapshots and cannot be calibrated anew",
        next="keep this test for a live QPU",
    )


def run(task: Task) -> Outcome:
    """Fails: there is nothing to run.

    Raises:
        JobFailure: Always.
    """
    raise JobFailure(FailureCode.NOT_SUPPORTED, f"{task.snapshot.name} cannot be calibrated anew.")
