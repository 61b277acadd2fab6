"""The programs that jobs run: one module each, and one line in :data:`PROGRAMS`.

Nothing here imports qiskit until a job runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from pytest_qchannel.emulator.programs import (
    calibrator,
    estimator,
    executor,
    noise_learner,
    sampler,
)
from pytest_qchannel.emulator.programs.outcome import JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Noise, Task, TooLong

__all__ = ["PROGRAMS", "JobFailure", "Noise", "Outcome", "Program", "Task", "TooLong"]


class Program(Protocol):
    """What a program module offers."""

    def check(self, params: Mapping[str, Any]) -> str | None:
        """What the service refuses at submission, in a line; ``None`` when it accepts.

        Raises:
            EmulatorGap: The job asks for something that the emulator cannot do.
        """

    def run(self, task: Task) -> Outcome:
        """Runs the job; the same task gives the same bytes.

        Raises:
            JobFailure: The job ends as Failed.
            TooLong: The simulation belongs into the worker process.
        """


PROGRAMS: Final[Mapping[str, Program]] = {
    "sampler": sampler,
    "estimator": estimator,
    "executor": executor,
    "noise-learner": noise_learner,
    "calibrate": calibrator,
}
