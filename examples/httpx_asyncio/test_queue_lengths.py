from __future__ import annotations

import asyncio

import pytest
from queue_lengths import queue_lengths

from pytest_qchannel import QChannel

pytestmark = pytest.mark.qchannel("ibm_quantum_platform")


def test_a_queue_grows(qchannel: QChannel, qchannel_access_token: str) -> None:
    instance = qchannel.instances[0].id
    before = asyncio.run(queue_lengths(qchannel_access_token, instance))
    name = next(iter(before))
    qchannel.emulator.set_queue_length(name, before[name] + 7)
    after = asyncio.run(queue_lengths(qchannel_access_token, instance))
    assert after == {**before, name: before[name] + 7}
