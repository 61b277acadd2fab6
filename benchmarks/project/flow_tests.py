"""Each flow several ways: by our lanes, by pytest-recording itself, with answers from memory."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks.project.flows import full_flow, rest_flow
from pytest_qchannel import QChannel

NUMBERS = range(int(os.environ["BENCH_TESTS"]))
SEEDED = [pytest.param(number, marks=pytest.mark.qchannel(seed=number)) for number in NUMBERS]


@pytest.mark.vcr
@pytest.mark.qchannel("ibm_cloud")
@pytest.mark.parametrize("number", SEEDED)
def test_full_ours(qchannel_service: Any, number: int) -> None:
    full_flow(qchannel_service, number)


@pytest.mark.vcr
@pytest.mark.parametrize("number", NUMBERS)
def test_full_plain(plain_service: Any, number: int) -> None:
    full_flow(plain_service, number)


@pytest.mark.qchannel("ibm_cloud")
@pytest.mark.parametrize("number", SEEDED)
def test_full_emulated(qchannel_service: Any, number: int) -> None:
    full_flow(qchannel_service, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_full_silent(silent_service: Any, number: int) -> None:
    full_flow(silent_service, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_full_memory(memory_service: Any, number: int) -> None:
    full_flow(memory_service, number)


@pytest.mark.vcr
@pytest.mark.qchannel("ibm_quantum")
@pytest.mark.parametrize("number", SEEDED)
def test_rest_ours(qchannel: QChannel, number: int) -> None:
    rest_flow(qchannel.account.secret.reveal(), number)


@pytest.mark.vcr
@pytest.mark.parametrize("number", NUMBERS)
def test_rest_plain(plain_account: Any, number: int) -> None:
    rest_flow(plain_account["ibm_quantum"].credential, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_empty_lane(qchannel: QChannel, number: int) -> None:
    pass


@pytest.mark.parametrize("number", NUMBERS)
def test_empty_plain(number: int) -> None:
    pass
