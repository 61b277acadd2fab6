"""The second server, one for all tests of a module, and runs that are led to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pytest_qchannel.plugin import live as live_plugin
from tests.live.loopback_only import SEEN, only_loopback
from tests.live.scaled_clock import VARIABLE, clock_of
from tests.live.second_server import SecondServer, second_server
from tests.live.worlds import WORLD
from tests.plugin.conftest import _nothing_personal, run, run_apart

__all__ = ["_nothing_personal", "run", "run_apart"]

FACTOR = 30
"""How much faster than real time the waits of the lane are, and the second server's world."""

SAMPLER = """
import pytest
from qiskit import QuantumCircuit
from qiskit_ibm_runtime import SamplerV2

CIRCUIT = QuantumCircuit(1)
CIRCUIT.measure_all()

def sample(service, backend="ibm_here"):
    return SamplerV2(mode=service.backend(backend)).run([CIRCUIT], shots=16)
"""
"""The head of a test module that submits jobs."""

QUEUED = f"""{SAMPLER}
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service):
    sample(qchannel_service, "ibm_there").result()
"""
"""A test whose job waits in a queue."""


@pytest.fixture(autouse=True)
def _only_loopback() -> Iterator[None]:
    """No test connects to anything but this machine, nor do its forks."""
    with only_loopback():
        yield
    seen = list(SEEN)
    SEEN.clear()  # of this test, not of those that come after it
    assert seen == []


@pytest.fixture(scope="module")
def world() -> str:
    """The second server's world; a module may have its own."""
    return WORLD


@pytest.fixture(scope="module")
def ibm(tmp_path_factory: pytest.TempPathFactory, world: str) -> Iterator[SecondServer]:
    """A second server, alone with the tests of a module."""
    with second_server(tmp_path_factory.mktemp("ibm"), world, factor=FACTOR) as running:
        yield running


@pytest.fixture
def led(
    ibm: SecondServer, monkeypatch: pytest.MonkeyPatch, _nothing_personal: None
) -> SecondServer:
    """The second server, where this process and its children are led; without faults."""
    for name, value in ibm.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(live_plugin, "CLOCK", clock_of(ibm.variables[VARIABLE]))
    ibm.ask("forget")
    return ibm


@pytest.fixture
def live(
    led: SecondServer, run: Callable[..., pytest.RunResult]
) -> Callable[..., pytest.RunResult]:
    """Runs a project live, in this process."""

    def run_live(source: str, *args: str, conftest: str = "") -> pytest.RunResult:
        return run(source, "--qchannel-mode=live", *args, conftest=conftest)

    return run_live
