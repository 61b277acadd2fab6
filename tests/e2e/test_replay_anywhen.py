"""A cassette of today, replayed in ten years and on the other side of the world.

Tokens live an hour, and the client works with local times; neither may matter to a replay.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.check_cassettes import CheckCassettes
from pytest_qchannel.cli.flows import walk
from pytest_qchannel.settings import resolve
from tests.replay.sockets import no_sockets


def _broken_steps(channel: str) -> list[tuple[str, str]]:
    settings = resolve({"mode": "replay"}, {}, {}, {})
    with no_sockets():
        steps = list(
            walk(CHANNEL_BY_NAME[channel], settings, lambda _: None, CheckCassettes(settings))
        )
    assert {step.flow for step in steps} - {"client"}
    return [(step.name, step.detail) for step in steps if step.ok is False]


@pytest.mark.parametrize(
    ("channel", "years"), [*((channel, 10) for channel in CHANNEL_BY_NAME), ("ibm_cloud", -1)]
)
def test_in_ten_years_and_with_a_clock_that_is_late(channel: str, years: int) -> None:
    with time_machine.travel(datetime.now(UTC) + years * timedelta(days=365.25)):
        assert _broken_steps(channel) == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no tzset")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_in_any_time_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert time.timezone != 0
        assert _broken_steps("ibm_cloud") == []
    finally:
        monkeypatch.undo()
        time.tzset()
