"""What the service looks at when a job is submitted: the form of the params, nothing in circuits.

Neither numpy nor qiskit is imported for the primitives: a job may be refused, cancelled or told of
without being run. Programs whose params only IBM's own models can read import these (and qiskit
with them) when such a job comes: those models tell the versions of their params themselves.
"""

from __future__ import annotations

from pytest_qchannel.emulator.programs import models, schemas
from pytest_qchannel.emulator.programs.estimator_settings import problem_with_options
from pytest_qchannel.emulator.programs.options import group
from pytest_qchannel.emulator.programs.task import Params
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.ibm.releases import Version

__all__ = ["calibrate", "estimator", "executor", "noise_learner", "sampler"]


def sampler(params: Params, release: Version | None = None) -> str | None:
    """What is wrong with a Sampler's params, in a line."""
    return schemas.problem_with(params, schemas.schema_for("sampler", release))


def estimator(params: Params, release: Version | None = None) -> str | None:
    """What is wrong with an Estimator's params, in a line."""
    problem = schemas.problem_with(params, schemas.schema_for("estimator", release))
    return problem or problem_with_options(group(params, "options"))


def executor(params: Params, _: Version | None = None) -> str | None:
    """What in an executor's params does not fit its schema.

    Raises:
        EmulatorGap: The packages that read such params are not installed.
    """
    try:
        models.read(models.EXECUTOR, params)
    except models.NotValid as problem:
        return str(problem)
    return None


def noise_learner(params: Params, release: Version | None = None) -> str | None:
    """What in a noise learner's params does not fit the schema of their generation.

    Raises:
        EmulatorGap: The packages that read such params are not installed.
    """
    if "schema_version" not in params:
        schema = schemas.schema_for("noise-learner", release)
        return schemas.first_problem_with(params, schema)
    try:
        _, parsed = models.read(models.NOISE_LEARNER, params)
    except models.NotValid as problem:
        return str(problem)
    options = parsed.options
    for name in ("shots_per_randomization", "num_randomizations"):
        if getattr(options, name) < 1:
            return f"options.{name}: expected at least 1"
    if any(depth < 0 for depth in options.layer_pair_depths):
        return "options.layer_pair_depths: expected at least 0"
    return None


def calibrate(params: Params, _: Version | None = None) -> str | None:
    """What in a calibration's params does not fit the schema.

    A calibration measures a device anew and says when it began and ended. The emulated devices are
    recorded snapshots: nothing about them can change, and how long it would have taken is not
    known, so any answer would be made up. (IBM's own test of it is skipped as "not yet supported",
    in qiskit-ibm-runtime 0.51.)

    Raises:
        EmulatorGap: They fit.
    """
    try:
        models.read(models.CALIBRATOR, params)
    except models.NotValid as problem:
        return str(problem)
    raise EmulatorGap(
        "the emulated devices are recorded snapshots and cannot be calibrated anew",
        next="keep this test for a live QPU",
    )
