"""The two doors: the core called directly, and ``requests`` under IBM's own host names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_qchannel.settings import resolve
from pytest_qchannel.transports.emulated import EmulatedTransport
from tests.contract.contract_client import Door, fresh_door, through_requests


@pytest.fixture(params=["core", "in-process"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "core":
        yield fresh_door()
        return
    transport = EmulatedTransport(resolve({}, {}, {}, {}), "test id")
    transport.open()
    try:
        yield Door(transport.app, through_requests)
    finally:
        transport.close()
