"""The two doors: the core called directly, and ``requests`` under IBM's own host names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_qchannel.emulator.app import App
from pytest_qchannel.emulator.default_world import default_world
from pytest_qchannel.emulator.world import Clock
from pytest_qchannel.settings import resolve
from pytest_qchannel.transports.emulated import EmulatedTransport
from tests.contract.contract_client import Door, through_core, through_requests


@pytest.fixture(params=["core", "in-process"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "core":
        app = App(default_world(Clock(lambda: 1_760_000_000.0)))
        yield Door(app, through_core(app))
        return
    transport = EmulatedTransport(resolve({}, {}, {}, {}), "test id")
    transport.open()
    try:
        yield Door(transport.app, through_requests)
    finally:
        transport.close()
