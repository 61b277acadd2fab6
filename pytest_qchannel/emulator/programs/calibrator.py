"""The ``calibrate`` program: known, and not run; see :func:`.checks.calibrate`."""

from __future__ import annotations

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Task

__all__ = ["run"]


def run(task: Task) -> Outcome:
    """Fails: there is nothing to run.

    Raises:
        JobFailure: Always.
    """
    raise JobFailure(FailureCode.NOT_SUPPORTED, f"{task.snapshot.name} cannot be calibrated anew.")
