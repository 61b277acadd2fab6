"""The programs that jobs run: a module or a package each, and a line in :data:`PROGRAMS`.

This is the border of numpy, qiskit and the simulators: the modules that run jobs import them at the
top and are themselves imported by :meth:`Program.load` only. What is looked at before a job runs
(:mod:`.checks`) needs none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast

from pytest_qchannel.emulator.programs import checks
from pytest_qchannel.emulator.programs.outcome import JobFailure, Outcome
from pytest_qchannel.emulator.programs.task import Noise, Params, Task, TooLong
from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.qiskit_home import imported_for_good

__all__ = ["PROGRAMS", "JobFailure", "Noise", "Outcome", "Program", "Task", "TooLong"]


class _Checks(Protocol):
    """What looks at a job when it is submitted."""

    def __call__(self, params: Params, release: Version | None = None, /) -> str | None:
        """What is wrong with the params that a release of the client sent, in a line.

        Without a release, the newest may have sent them.
        """


class _Runs(Protocol):
    """What the module of a program offers."""

    def run(self, task: Task) -> Outcome:
        """Runs the job; the same task gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, of which only the name is known until it runs.

    Attributes:
        module: The module below this package that runs it.
        check: What the service refuses at submission, in a line; ``None`` when it accepts. It
            raises ``EmulatorGap`` where a job asks for something that the emulator cannot do.
    """

    module: str
    check: _Checks

    def load(self) -> _Runs:
        """The module, imported where it was not; the first time that takes about a second."""
        imported_for_good()
        return cast("_Runs", importlib.import_module(f"{__name__}.{self.module}"))

    def run(self, task: Task) -> Outcome:
        """Runs the job; the same task gives the same bytes.

        Raises:
            JobFailure: The job ends as Failed.
            TooLong: The simulation belongs into the worker process.
        """
        return self.load().run(task)


PROGRAMS: Final[Mapping[str, Program]] = {
    "sampler": Program("sampler", checks.sampler),
    "estimator": Program("estimator", checks.estimator),
    "executor": Program("executor", checks.executor),
    "noise-learner": Program("noise_learner", checks.noise_learner),
    "calibrate": Program("calibrator", checks.calibrate),
}
