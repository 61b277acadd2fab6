"""What a body of the soak works with, as a test does: a lane of its own, and the real client."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import urllib3.util.retry
from qiskit import QuantumCircuit
from qiskit_ibm_runtime import Batch, SamplerV2, Session

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.rest import ChannelSession, open_session
from pytest_qchannel.lanes.lane import Lane
from tests.live.second_server import SecondServer
from tests.live.worlds import world_with

if TYPE_CHECKING:
    from tests.live.soak_scenarios import Scenario

__all__ = ["CHANNEL", "HERE", "STUCK", "WORLD", "Stage", "without_waiting"]

HERE: Final = "ibm_here"
STUCK: Final = "ibm_there"
"""The device whose jobs never start."""

CHANNEL: Final = CHANNEL_BY_NAME["ibm_quantum_platform"]

WORLD: Final = world_with('progression = "stuck"', "usage_lag_s = 4\nfixed_charge_s = 2\n")

_SHOTS: Final = 4
_CIRCUIT: Final = QuantumCircuit(1)
_CIRCUIT.measure_all()
_QASM: Final = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; c[0] = measure $0;'


@dataclass
class Stage:
    """One run's.

    Attributes:
        asked: How many submissions the code under test has meant.
        results: The ids of jobs whose results it has had.
        threads: Those that may outlive the test.
    """

    ibm: SecondServer
    scenario: Scenario
    random: random.Random
    lane: Lane
    asked: int = 0
    results: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def service(self) -> Any:
        """The client's, logged in."""
        return self.lane.connect(CHANNEL)

    @cached_property
    def rest(self) -> ChannelSession:
        """A REST session."""
        return open_session(self.lane.account(CHANNEL))

    def backend(self, name: str) -> Any:
        """A device."""
        with self._lock:
            return self.service.backend(name)

    def submit(self, name: str = HERE, mode: Any = None) -> Any:
        """Submits a job: it may take part in a session."""
        sampler = SamplerV2(mode=mode or self.backend(name))
        with self._lock:
            self.asked += 1
        return sampler.run([_CIRCUIT], shots=_SHOTS)

    def finish(self, job: Any) -> None:
        """Waits for a job's result, and looks at it."""
        counts = job.result()[0].data.meas.get_counts()
        assert sum(counts.values()) == _SHOTS
        self.results.append(job.job_id())

    def open_session(self, mode: str, name: str) -> Any:
        """Opens a session or a batch."""
        return (Session if mode == "dedicated" else Batch)(backend=self.backend(name))

    def submit_by_rest(self) -> str:
        """The id of a job that is submitted over REST."""
        body = {
            "program_id": "sampler",
            "backend": HERE,
            "params": {"pubs": [[_QASM, None, _SHOTS]], "version": 2},
        }
        self.asked += 1
        answer = self.rest.post("/jobs", json=body)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def finish_by_rest(self, job: str) -> None:
        """Waits for the result of a job over REST."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            state = self.rest.get(f"/jobs/{job}").json()["state"]["status"]
            if state == "Completed":
                self.results.append(job)
                return
            time.sleep(0.02)
        raise AssertionError(f"{job} has not ended")


@contextmanager
def without_waiting(factor: float, now: Callable[[], float]) -> Iterator[None]:
    """Lets the client wait between its attempts and looks only a part of what it means to.

    Args:
        factor: Which part.
        now: The time for IAM's SDK, which waits a minute after a login that failed.
    """

    class Scaled(ModuleType):
        """``time``, but for its sleep."""

        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

        @staticmethod
        def sleep(seconds: float) -> None:
            """Sleeps a part of it."""
            time.sleep(seconds / factor)

    class Sdk(Scaled):
        """The same, on the second server's clock."""

        @staticmethod
        def time() -> float:
            """What time it is there."""
            return now()

    patched = [urllib3.util.retry] + [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(("qiskit_ibm_runtime", "ibm_cloud_sdk_core"))
        and getattr(module, "time", None) is time
    ]
    for module in patched:
        is_sdk = module.__name__.startswith("ibm_cloud_sdk_core")
        vars(module)["time"] = (Sdk if is_sdk else Scaled)("time")
    try:
        yield
    finally:
        for module in patched:
            vars(module)["time"] = time
