"""Estimator jobs that are too large to be held at once: measured in portions that say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs import Noise, Outcome, Task
from pytest_qchannel.emulator.programs.durations import LONGEST_S
from pytest_qchannel.emulator.programs.estimator import portions, run
from pytest_qchannel.emulator.programs.estimator.portions import Told, pieces, variance_of
from pytest_qchannel.emulator.programs.options import MOST_EXECUTIONS, Split
from tests.unit.emulator.circuits_kit import encoded, encoded_array
from tests.unit.emulator.programs.estimator.estimator_kit import estimate, turned, wide
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT

ANGLES = np.linspace(0.6, 2.5, 40).reshape(-1, 1)
EXACT = -np.cos(ANGLES[:, 0])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is more than a thousand executions is cut into portions of 900."""
    monkeypatch.setattr(portions, "MOST_EXECUTIONS", 1_000)
    monkeypatch.setattr(portions, "PORTION", 900)


def test_a_precision_beyond_ten_million_shots_is_reached() -> None:
    """It failed with 5204: "the emulator simulates 10000000"."""
    circuit = QuantumCircuit(5)
    circuit.sx(0)
    [found] = estimate([encoded(circuit), "IIIIZ", None, 3e-4], resilience_level=0)
    assert found.metadata["shots"] == 11_111_112 > MOST_EXECUTIONS
    assert abs(float(found.data.evs)) < 4 * 3e-4
    assert float(found.data.stds) == pytest.approx(3e-4, rel=1e-3)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("precision", "params"),
    [
        (0.05, {"resilience_level": 0}),  # 400 shots: two sets are a portion
        (0.02, {"resilience_level": 0}),  # 2,500 shots of a set: three portions
        (0.02, {"resilience_level": 1}),  # 40 variants of 64: 14 are a portion
        (0.02, {"options": {"twirling": {"num_randomizations": 2}}}),  # of 1,250: two portions
    ],
)
def test_portions_have_the_spread_of_the_whole(precision: float, params: dict[str, Any]) -> None:
    """By the exact values and their standard errors: 40 scores, of mean square 1 +- 0.22."""
    pub = [encoded(turned()), wide("Z", at=1), encoded_array(ANGLES), precision]
    [found] = estimate(pub, **params)
    expected = np.sqrt((1 - EXACT**2) / found.metadata["shots"])
    assert found.data.ensemble_standard_error == pytest.approx(expected, rel=0.3)
    scores = (found.data.evs - EXACT) / expected
    assert abs(scores.mean()) < 4 * np.sqrt(1 / 40)
    assert abs((scores**2).mean() - 1) < 4 * np.sqrt(2 / 40)
    assert len(set(scores.tolist())) == 40, "each portion has shots of its own"


@pytest.mark.usefixtures("small")
def test_noise_is_mitigated_in_portions_as_in_one() -> None:
    pub = [encoded(turned()), wide("Z", at=1), encoded_array(ANGLES[:8]), 0.02]
    [found] = estimate(pub, noise=Noise.CALIBRATION)
    assert found.data.evs == pytest.approx(EXACT[:8], abs=0.1)


@pytest.mark.parametrize("split", [Split(1, 2_503), Split(40, 64), Split(3, 950), Split(1, 1_000)])
@pytest.mark.usefixtures("small")
def test_pieces_are_the_whole(split: Split) -> None:
    shots = np.zeros(split.num_randomizations)
    for number, piece in enumerate(pieces(split)):
        assert piece.number == number
        assert piece.split.shots <= (900 if split.shots > 1_000 else 1_000)
        assert piece.of_each == piece.split.shots_per_randomization / split.shots_per_randomization
        assert piece.of_all == piece.split.shots / split.shots
        shots[piece.variants] += piece.split.shots_per_randomization
    assert (shots == split.shots_per_randomization).all()


def test_the_variance_of_pieces_is_that_of_all_shots() -> None:
    values = np.random.default_rng(5).normal(3.0, 2.0, (4, 1_000))
    parts = [values[:, :100], values[:, 100:400] + 9.0, values[:, 400:]]
    told = [Told(one.shape[1] / 1_000, one.mean(axis=1), one.var(axis=1)) for one in parts]
    assert variance_of(told) == pytest.approx(np.concatenate(parts, axis=1).var(axis=1))


def test_what_takes_longer_than_the_job_may_is_not_measured() -> None:
    """The job is stopped for it at the end, and nobody sees a result: it failed with 5204."""
    params = {"pubs": [[encoded(QuantumCircuit(5)), "IIIIZ", None, 1e-9]]}
    assert run(Task(params, SNAPSHOT, 7, most_s=600.0)) == Outcome(b"", LONGEST_S)
