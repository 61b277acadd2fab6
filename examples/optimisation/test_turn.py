from __future__ import annotations

import math
from typing import Any

import pytest
from turn import best_angle

from pytest_qchannel import QChannel


@pytest.mark.live_qpu(max_qpu_seconds=24, max_jobs=3)
def test_it_turns_the_qubit_over(qchannel: QChannel, qchannel_backend: Any) -> None:
    assert abs(best_angle(qchannel_backend, steps=3, shots=1000) - math.pi) < 0.9
    assert len(qchannel.requests.to("/jobs", method="POST")) == 3
