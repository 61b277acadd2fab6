"""A service that is made once for a module: its fixtures live that long, by the line below."""

from __future__ import annotations

import pytest
from qiskit_ibm_runtime import QiskitRuntimeService

from pytest_qchannel import QChannel, fixtures

globals().update(fixtures(scope="module"))


@pytest.fixture(scope="module")
def service(qchannel_service: QiskitRuntimeService) -> QiskitRuntimeService:
    return qchannel_service


def test_first(service: QiskitRuntimeService, qchannel: QChannel) -> None:
    assert service.backends()
    assert qchannel.requests.to("/backends")


def test_second(service: QiskitRuntimeService, qchannel: QChannel) -> None:
    assert service.active_account() is not None
    assert not qchannel.requests  # what this test has sent
    assert qchannel.requests.of_lane.to("/backends")  # what both have
