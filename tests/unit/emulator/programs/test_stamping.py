"""Times in results lie between a job's start and its end, however long a device would need."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.programs.stamping import UNSTAMPED, stamped


def _outcome(*offsets: float) -> Outcome:
    times = [datetime.fromtimestamp(UNSTAMPED + one, UTC).isoformat() for one in offsets]
    said = {"at": times, "z": [one.replace("+00:00", "Z") for one in times], "user": "2026-01-01"}
    text = json.dumps(said).encode()
    return Outcome(text, 4.0, (((0, 41), text),))


def _times(result: bytes, key: str) -> list[float]:
    return [datetime.fromisoformat(one).timestamp() for one in json.loads(result)[key]]


@pytest.mark.parametrize(
    ("end_s", "wanted"),
    [(1_010.0, [1_000.0, 1_002.0, 1_004.0]), (1_001.0, [1_000, 1_000.5, 1_001])],
)
def test_they_begin_with_the_job_and_are_over_with_it(end_s: float, wanted: list[float]) -> None:
    made = stamped(_outcome(0.0, 2.0, 4.0), 1_000.0, end_s)
    for result in (made.result, made.older[0][1]):
        for key in ("at", "z"):
            assert _times(result, key) == pytest.approx(wanted, abs=1e-5)
            assert max(_times(result, key)) <= end_s
        assert json.loads(result)["user"] == "2026-01-01"
    assert json.loads(made.result)["z"][0] == "1970-01-01T00:16:40Z"


@pytest.mark.parametrize("offsets", [(), (0.0,), (0.0, 1e9)])
def test_none_and_no_length_and_thirty_years(offsets: tuple[float, ...]) -> None:
    made = stamped(_outcome(*offsets), 1_000.0, 1_003.0)
    assert all(1_000.0 <= one <= 1_003.0 for one in _times(made.result, "at"))
