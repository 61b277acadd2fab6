"""The project's ``conftest.py``: pytest-recording with our emulator, answers from memory, times."""

from __future__ import annotations

import json
import os
import random
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks._flows import Tape
from benchmarks.project.flows import full_flow
from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.lanes.assemble import traffic_for
from pytest_qchannel.settings import Door, resolve

TIMES: dict[str, tuple[float, float]] = {}


@contextmanager
def emulator(seed: int, door: Door) -> Iterator[Mapping[str, HeldAccount]]:
    settings = resolve({}, {}, {}, {})._replace(seed=seed, door=door)
    traffic = traffic_for(settings, "a benchmark")
    traffic.open()
    try:
        yield traffic.accounts.held
    finally:
        traffic.close()


def service_of(accounts: Mapping[str, HeldAccount]) -> Any:
    from qiskit_ibm_runtime import QiskitRuntimeService

    account = accounts["ibm_cloud"]
    return QiskitRuntimeService(
        channel="ibm_cloud", token=account.credential, instance=account.instances[0].id
    )


@pytest.fixture(scope="session")
def accounts() -> Mapping[str, HeldAccount]:
    """The default world's accounts, which are the same with every seed."""
    traffic = traffic_for(resolve({}, {}, {}, {}), "a benchmark")
    return traffic.accounts.held


@pytest.fixture
def plain_account(
    accounts: Mapping[str, HeldAccount], request: pytest.FixtureRequest
) -> Iterator[Mapping[str, HeldAccount]]:
    """With the emulator behind its loopback door, where pytest-recording records."""
    if request.config.option.record_mode is None:
        yield accounts
        return
    with emulator(request.node.callspec.params["number"], Door.LOOPBACK):
        yield accounts


@pytest.fixture
def plain_service(plain_account: Mapping[str, HeldAccount]) -> Any:
    return service_of(plain_account)


@pytest.fixture(scope="session")
def answers() -> Tape:
    tape = Tape()
    with emulator(0, Door.IN_PROCESS) as accounts, tape.recording():
        full_flow(service_of(accounts), 0)
    return tape


@pytest.fixture
def memory_service(answers: Tape, accounts: Mapping[str, HeldAccount]) -> Iterator[Any]:
    with answers.playing():
        yield service_of(accounts)


@pytest.fixture
def silent_service(
    answers: Tape, accounts: Mapping[str, HeldAccount], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """As from memory, by a client that has opted out of usage data."""
    monkeypatch.setenv("USAGE_DATA_OPT_OUT", "True")
    with answers.playing():
        yield service_of(accounts)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All cases of a number follow each other, in an order that changes with the number."""
    random.Random(7).shuffle(items)
    items.sort(key=lambda item: getattr(item, "callspec").params["number"])  # noqa: B009


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = yield
    TIMES[item.name] = (time.perf_counter() - wall, time.process_time() - cpu)
    return done


def pytest_unconfigure() -> None:
    if folder := os.environ.get("BENCH_FIGURES"):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        said = {"times": TIMES, "peak_kb": peak}
        Path(folder, f"{os.getpid()}.json").write_text(json.dumps(said), encoding="utf-8")
