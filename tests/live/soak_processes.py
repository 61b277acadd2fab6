"""What the soak does to processes: kills, signals, timeouts, workers, reruns.

Each is a fork of the soak's process, which has the client already: 0.3 s in place of 3.
"""

from __future__ import annotations

import faulthandler
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.entry import State
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.wire import Request, Response
from tests.live.soak import TEST, Finding, Soak
from tests.live.soak_scenarios import Passing, Scenario
from tests.live.soak_stage import HERE, STUCK, Stage

__all__ = ["APART", "Apart", "apart"]

_ROOT: Final = Path(__file__).parents[2]
_OFF: Final = ("randomly", "cacheprovider", "hypothesispytest")
_PATIENCE_S: Final = 120  # others may be at work on the machine

Body = Callable[[Soak, Scenario, random.Random, Finding], None]


@dataclass(frozen=True)
class Apart:
    """Something that needs a process of its own.

    Attributes:
        scenario: What it is; a body it has not.
        body: Does it, and notes what is wrong.
        may_leave: Whether jobs may be alive until the cleanup: nobody is left to sweep.
    """

    scenario: Scenario
    body: Body
    may_leave: bool = False


class Stuck(Exception):
    """A fork that had to be killed, and where it hung."""


def apart(soak: Soak, one: Apart, seed: int) -> Finding:
    """One run; a fork that hangs gets a second chance, and two in a row are a finding.

    Of about 170 forks with SIGTERM one hung, before it was said where: it is not known why. What
    was looked at: when it is forked the soak has threads that sleep and hold nothing (timers of the
    queue, whose runs are over), so that no lock of ours, of sqlite or of a pool is held by a thread
    that the fork has not got. The lane's end did wait without a limit for what waited at the door,
    and does not any more (:meth:`.LiveRun.hurry`). Since then 141 have not hung.
    """
    hung = []
    for _ in range(2):
        try:
            return _apart(soak, one, seed)
        except Stuck as stuck:
            print(f"{one.scenario.name}, seed {seed}, hung: {stuck}", file=sys.stderr)
            hung.append(str(stuck))
    found = soak.begin(one.scenario, seed)
    found.wrong += hung
    return found


def _apart(soak: Soak, one: Apart, seed: int) -> Finding:
    found = soak.begin(one.scenario, seed)
    one.body(soak, one.scenario, random.Random(f"{one.scenario.name} {seed}"), found)
    found.orphans = len(soak.ibm.alive())
    soak.count_duplicates(found)
    if found.orphans and not one.may_leave:
        found.wrong.append(f"{found.orphans} alive at its end")
    soak.judge(found, one.scenario)
    return found


# Forks.


def _forked(deed: Callable[[], object], said: Path) -> int:
    """The id of a fork that does something; what it says is in a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads that wait are all there are
        child = os.fork()
    if child:
        return child
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        out = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        code = int(deed() or 0)  # type: ignore[call-overload]
    except BaseException as error:
        print(f"{type(error).__name__}: {error}")
        code = 71
    finally:
        with suppress(Exception):
            sys.stdout.flush()
        os._exit(code)


def _ended(child: int, said: Path) -> int:
    """How a fork ended, which says something in a file: its exit status, or less than 0."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGUSR1)  # which has it say where it hangs
    time.sleep(0.5)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise Stuck(f"not ended within {_PATIENCE_S} s: {said.read_text()[-4000:]}")


# kill -9 at each state of the ledger.


def _killed_at(moment: str) -> Body:
    """The process is killed as soon as the ledger says so, or a request has been answered."""

    def body(soak: Soak, scenario: Scenario, chance: random.Random, found: Finding) -> None:
        if moment == State.LOST:
            soak.ibm.fault("POST /jobs", drop=chance.choice(("before", "after")))
        soak.ibm.ask("rules", list_lag_s=chance.choice((0, 5)))
        device = HERE if moment == State.SETTLED else chance.choice((HERE, STUCK))
        in_session = chance.random() < 0.3 and moment != State.LOST
        deed = partial(_submits_until, soak, scenario, moment, device, in_session)
        code = _ended(_forked(deed, soak.folder / "said"), soak.folder / "said")
        if code != -signal.SIGKILL:
            said = (soak.folder / "said").read_text()
            found.wrong.append(f"it was not killed, but ended with {code}: {said[-300:]}")

    return body


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _submits_until(
    soak: Soak, scenario: Scenario, moment: str, device: str, in_session: bool
) -> None:
    forwarder = Forwarder()

    def send(request: Request) -> Response:
        response = forwarder.handle(request)
        if moment == "answered" and request.method == "POST" and request.path.endswith("/jobs"):
            _kill()
        return response

    run = soak.live_run(scenario, send)
    move, reserve = run.ledger.move, run.ledger.reserve

    def moved(n: int, state: State, **words: Any) -> Any:
        entry = move(n, state, **words)
        if state == moment and entry.kind == "job":
            _kill()
        return entry

    def reserved(*args: Any, **words: Any) -> Any:
        entry = reserve(*args, **words)
        if moment == State.RESERVED and entry.kind == "job":
            _kill()
        return entry

    run.ledger.move = moved  # type: ignore[method-assign]
    run.ledger.reserve = reserved  # type: ignore[method-assign]
    run.begin(Allowance(TEST, scenario.seconds, scenario.jobs))
    stage = Stage(soak.ibm, scenario, random.Random(0), lane_for(run.settings, TEST, live=run))
    stage.lane.open()
    mode = stage.open_session("batch", device) if in_session else None
    job = stage.submit(device, mode)
    stage.finish(job)
    stage.lane.close()
    run.sweep_test(TEST)
    run.sweep_all(400)


# Runs of pytest.

_HEAD: Final = """
import os, signal, time
import pytest
from qiskit import QuantumCircuit
from qiskit_ibm_runtime import SamplerV2
CIRCUIT = QuantumCircuit(1)
CIRCUIT.measure_all()

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service):
    job = SamplerV2(mode=qchannel_service.backend("ibm_there")).run([CIRCUIT], shots=4)
"""
_RESULT: Final = "    job.result()\n"
_KILLED: Final = """
    if os.environ.get("PYTEST_XDIST_WORKER") and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
"""
_RERUNS: Final = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(trylast=False)
def pytest_runtest_protocol(item, nextitem):
    # As pytest-rerunfailures does it.
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if attempt == 2 or not any(one.failed for one in reports):
            for report in reports:
                item.ihook.pytest_runtest_logreport(report=report)
            break
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""


def _pytest(soak: Soak, source: str, *args: str, conftest: str = "") -> int:
    """The id of a process that runs pytest over a project."""
    folder = soak.run_folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_it.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    if conftest:
        (folder / "conftest.py").write_text(conftest)

    def deed() -> int:
        os.chdir(folder)
        os.environ["QCHANNEL_RUN_ID"] = soak.run_name
        os.environ["PYTHONPATH"] = str(_ROOT)
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        for name in ("test_it", "conftest"):
            sys.modules.pop(name, None)
        off = [word for name in _OFF for word in ("-p", f"no:{name}")]
        given = ("--qchannel-mode=live", "--qchannel-budget=60", "--qchannel-queue-timeout=300")
        return int(pytest.main([*off, "-p", "tests.live.scaled_clock", *given, *args]))

    return _forked(deed, soak.folder / "said")


def _submitted(soak: Soak, child: int) -> None:
    """Waits until the service has a job."""
    until = time.monotonic() + _PATIENCE_S
    while not soak.ibm.jobs():
        assert time.monotonic() < until, (soak.folder / "said").read_text()[-2000:]
        assert os.waitpid(child, os.WNOHANG)[0] == 0, (soak.folder / "said").read_text()[-2000:]
        time.sleep(0.02)


def _expect(found: Finding, soak: Soak, code: int, wanted: Iterable[int]) -> None:
    if code not in wanted:
        said = (soak.folder / "said").read_text()
        found.wrong.append(f"it ended with {code}: {said[-1500:]}")


def _signalled(*numbers: int, wanted: Iterable[int]) -> Body:
    def body(soak: Soak, _scenario: Scenario, chance: random.Random, found: Finding) -> None:
        child = _pytest(soak, _HEAD + _RESULT)
        _submitted(soak, child)
        for number in numbers:
            time.sleep(chance.uniform(0, 0.1))
            with suppress(ProcessLookupError):
                os.kill(child, number)
        _expect(found, soak, _ended(child, soak.folder / "said"), wanted)

    return body


def _run(source: str, *args: str, wanted: int, conftest: str = "", most_jobs: int = 1) -> Body:
    def body(soak: Soak, _scenario: Scenario, chance: random.Random, found: Finding) -> None:
        soak.ibm.ask("rules", list_lag_s=chance.choice((0, 5)))
        child = _pytest(soak, source, *args, conftest=conftest)
        _expect(found, soak, _ended(child, soak.folder / "said"), (wanted,))
        if not 1 <= len(soak.ibm.jobs()) <= most_jobs:
            found.wrong.append(f"{len(soak.ibm.jobs())} jobs, where 1 to {most_jobs} may be")

    return body


def _workers(soak: Soak, scenario: Scenario, chance: random.Random, found: Finding) -> None:
    """Eight processes with one ledger, and a budget for five jobs at once."""
    peaks = soak.folder / "peaks"
    peaks.write_text("")

    def deed(number: int, device: str) -> None:
        run = soak.live_run(scenario, owner=f"gw{number}")
        test = f"{TEST}[{number}]"
        run.begin(Allowance(test, scenario.seconds, scenario.jobs))
        stage = Stage(soak.ibm, scenario, random.Random(), lane_for(run.settings, test, live=run))
        stage.lane.open()
        with suppress(Exception):
            stage.submit(device)
        with peaks.open("a") as told:
            told.write(f"{run.ledger.held()}\n")
        stage.lane.close()

    controller = soak.live_run(scenario)
    assert controller.ledger.held() == 0  # it is made before the workers begin
    devices = [chance.choice((HERE, STUCK, STUCK)) for _ in range(8)]
    children = [
        _forked(partial(deed, number, device), soak.folder / f"said{number}")
        for number, device in enumerate(devices)
    ]
    said = [soak.folder / f"said{number}" for number in range(8)]
    codes = [_ended(*one) for one in zip(children, said, strict=True)]
    if any(codes):
        found.wrong.append(
            f"workers ended with {codes}: {said[codes.index(max(codes))].read_text()}"
        )
    found.held_s = max(map(float, peaks.read_text().split()), default=0)
    alive = [one for one in soak.ibm.jobs() if one["state"] not in ("Completed", "Cancelled")]
    if len(alive) > 5:
        found.wrong.append(f"{len(alive)} jobs alive of a budget for 5")
    controller.sweep_all(400)
    controller.close()


def _named(name: str, **words: Any) -> Scenario:
    return Scenario(name, Passing.MAY, lambda _: None, **words)


_TIMED_OUT: Final = {
    # What pytest-timeout has set up goes off as soon as there is a job, and not before.
    "signal": "    signal.setitimer(signal.ITIMER_REAL, 0.05)\n    time.sleep(60)\n",
    "thread": """
    import threading
    [timer] = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    threading.Thread(target=timer.function, args=timer.args, kwargs=timer.kwargs).start()
    time.sleep(60)
""",
}

APART: Final = (
    *(
        Apart(_named(f"kill -9: {moment}"), _killed_at(moment), may_leave=True)
        for moment in (
            State.RESERVED,
            State.SENT,
            "answered",
            State.LOST,
            State.RUNNING,
            State.SETTLED,
        )
    ),
    Apart(_named("Ctrl-C"), _signalled(signal.SIGINT, wanted=(2,))),
    Apart(_named("SIGTERM"), _signalled(signal.SIGTERM, wanted=(2,))),
    Apart(
        _named("SIGTERM twice"),
        _signalled(signal.SIGTERM, signal.SIGTERM, wanted=(2, -signal.SIGTERM)),
        may_leave=True,
    ),
    Apart(
        _named("pytest-timeout, signal"),
        _run(_HEAD + _TIMED_OUT["signal"], "--timeout=90", "--timeout-method=signal", wanted=1),
    ),
    Apart(
        _named("pytest-timeout, thread"),
        _run(_HEAD + _TIMED_OUT["thread"], "--timeout=90", "--timeout-method=thread", wanted=1),
        may_leave=True,
    ),
    Apart(
        _named("reruns"),
        _run(_HEAD + "    raise AssertionError('mine')\n", conftest=_RERUNS, wanted=1),
    ),
    Apart(_named("eight workers", seconds=1, budget=30, most_jobs=8, queue_s=30), _workers),
    Apart(
        _named("worker killed"),
        _run(_HEAD + _KILLED + "    raise AssertionError\n", "-n", "1", wanted=1, most_jobs=2),
    ),
)
