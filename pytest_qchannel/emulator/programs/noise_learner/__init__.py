"""The ``noise-learner`` program: layers of gates in, their Pauli-Lindblad noise out.

Two generations share the name. Params with a ``schema_version`` are the newer one's (*V3*:
boxed instructions); the others hold whole circuits, whose layers the service looks for itself.

On an ideal device every rate is zero, and that is what is answered: a learner would find zero but
for the shot noise. On a device that errs they follow from its calibration, see :mod:`.rates`.
"""

from __future__ import annotations

from pytest_qchannel.emulator.programs.noise_learner import boxed, legacy
from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.task import Task

__all__ = ["run"]


def run(task: Task) -> Outcome:
    """The noise of every layer or instruction.

    Raises:
        JobFailure: A circuit cannot be read, or is not what the device can run, or an option asks
            for what the device's calibration does not tell.
    """
    return boxed.run(task) if "schema_version" in task.params else legacy.run(task)
