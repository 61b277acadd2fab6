"""Tests in a world of their own, described in ``world.toml`` beside this file.

Run them with ``pytest examples``. With ``pytest --qchannel-world=examples/world.toml`` (or the ini
key ``qchannel_world``) every test of a run has that world, and no fixture is needed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from qiskit_ibm_runtime import QiskitRuntimeService

from pytest_qchannel import QChannel, WorldBuilder
from pytest_qchannel.channels.rest import ChannelSession

WORLD = WorldBuilder.from_file(Path(__file__).with_name("world.toml"))


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    """Each test gets a world of its own that is built from this: nothing leaks between them."""
    return WORLD


def test_the_least_busy_device_is_the_one_with_the_shortest_queue_that_is_online(
    qchannel_service: QiskitRuntimeService,
) -> None:
    assert qchannel_service.least_busy().name == "ibm_nairobi_east"


def test_the_thesis_has_two_jobs_and_one_of_them_waits(
    qchannel_service: QiskitRuntimeService,
) -> None:
    waiting, done = qchannel_service.jobs(job_tags=["thesis"])
    assert done.job_id() == "d0example0completed0"
    assert str(done.status()).endswith("DONE")
    assert str(waiting.status()).endswith("QUEUED")


def test_ten_seconds_are_left(qchannel_rest: ChannelSession) -> None:
    usage = qchannel_rest.get("/instances/usage").json()
    assert usage["usage_limit_seconds"] - usage["usage_consumed_seconds"] == 10


class TestWithOneDeviceMore:
    """A class, module or ``conftest.py`` may have a world of its own."""

    @pytest.fixture
    def qchannel_world(self, qchannel_world: WorldBuilder) -> WorldBuilder:
        return qchannel_world.device("ibm_spare", source="ibm_oslo").instance(
            "spare", plan="Flex", account="lab", devices=["ibm_spare"], tags=["spare"]
        )

    def test_the_device_belongs_to_the_instance_spare(self, qchannel: QChannel) -> None:
        assert [one.name for one in qchannel.instances] == ["lab-open", "lab-premium", "spare"]
        assert "ibm_spare" in qchannel.emulator.backends
