"""The soak: bad days of the service, many times over, with the real client and a second server.

::

    python -m tests.live.soak --seeds 100
    python -m tests.live.soak --seeds 20 --unguarded       # the control: what the lane prevents
    python -m tests.live.soak --only "429" --seeds 5

Each run has a live run, a ledger and a lane of its own, as a test has, in one process: the client
is imported once. After each it is asked of the second server, and of the ledger, whether

- a submission has more than one job alive,
- more was held, or spent, than the budget,
- anything is alive after ``qchannel cleanup``,
- a test passed that should not have, or did not pass that must.

Waits of the lane and the world's clock go ``FACTOR`` times faster than real time, those of the
client, too; read timeouts are real.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from pytest_qchannel.cli.cleanup import swept
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.lanes.live.sweep import Line
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Handle, Link, Request, Response
from tests.live.scaled_clock import VARIABLE, clock_of
from tests.live.second_server import SecondServer, second_server
from tests.live.soak_scenarios import SCENARIOS, Passing, Scenario
from tests.live.soak_stage import WORLD, Stage, without_waiting

__all__ = ["FACTOR", "Finding", "Soak", "soak"]

FACTOR: Final = 100
TEST: Final = "test_it.py::test_a"
_FINAL: Final = ("Completed", "Failed", "Cancelled")
_SWEEP_S: Final = 400
"""Of the scaled clock: 4 real seconds, as a machine that is busy needs them."""


@dataclass
class Finding:
    """What became of one run.

    Attributes:
        jobs: How many jobs the service has had of it.
        asked: How many the code under test meant to submit.
        doubled: Submissions that became more than one job, alive or not.
        duplicates: Jobs of one submission that were alive at once when the test had been swept, but
            for the first.
        orphans: What was alive when its test had ended and had been swept.
        held_s: The most that was held.
        spent_s: What the service charged.
        alive: What is alive after the cleanup.
        wrong: What is against the rules, in words.
    """

    scenario: str
    seed: int
    passed: bool = False
    error: str = ""
    jobs: int = 0
    asked: int = 0
    doubled: int = 0
    duplicates: int = 0
    orphans: int = 0
    held_s: float = 0
    spent_s: float = 0
    alive: int = 0
    begun: float = 0
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)


class _Unguarded(LiveRun):
    """A live run without what guards it: the control."""

    def rules(self) -> Sequence[Link]:
        """None."""
        return ()

    def sweep_test(self, test: str) -> list[Line]:
        """Nothing is swept."""
        return []

    def sweep_all(self, seconds: float) -> list[Line]:
        """Nothing is swept."""
        return []


class Soak:
    """Runs scenarios against a second server.

    Args:
        ibm: The second server; its variables are those of this process.
        folder: Where ledgers are written.
    """

    def __init__(self, ibm: SecondServer, folder: Path) -> None:
        self.ibm = ibm
        self.folder = folder
        self.clock = clock_of(ibm.variables[VARIABLE])
        self._number = 0

    @property
    def run_name(self) -> str:
        """The name of the newest run."""
        return f"soak-{self._number}"

    @property
    def run_folder(self) -> Path:
        """Where its project and its ledger are."""
        return self.folder / str(self._number)

    def live_run(
        self,
        scenario: Scenario,
        send: Handle | None = None,
        kind: type[LiveRun] = LiveRun,
        owner: str = "main",
    ) -> LiveRun:
        """The newest run, once more as a process has it."""
        settings = resolve(
            {
                "mode": "live",
                "budget": str(scenario.budget),
                "live_jobs": str(scenario.most_jobs),
                "queue_timeout": str(scenario.queue_s),
                "sweep_timeout": str(_SWEEP_S),
            },
            {},
            {},
            {},
        )
        return kind(
            settings,
            dict(os.environ),
            self.run_name,
            self.run_folder,
            owner=owner,
            clock=self.clock,
            send=send,
        )

    def begin(self, scenario: Scenario, seed: int) -> Finding:
        """Forgets what was, on both sides."""
        self._number += 1
        self.ibm.ask("clear")
        return Finding(scenario.name, seed, begun=time.perf_counter())

    def once(self, scenario: Scenario, seed: int, *, is_guarded: bool = True) -> Finding:
        """One run."""
        found = self.begin(scenario, seed)
        forwarder = Forwarder(read_s=scenario.read_s)
        kind = LiveRun if is_guarded else _Unguarded
        run = self.live_run(scenario, self._measured(forwarder.handle, found), kind)
        self._ledger = run.ledger
        run.begin(Allowance(TEST, scenario.seconds, scenario.jobs))
        lane = lane_for(run.settings, TEST, live=run)
        stage = Stage(self.ibm, scenario, random.Random(f"{scenario.name} {seed}"), lane)
        try:
            lane.open()
            try:
                scenario.body(stage)
                found.passed = True
            except Exception as error:
                found.error = f"{type(error).__name__}: {error}"
            finally:
                lane.close()
            problems = lane.take_problems()
            run.sweep_test(TEST)
            problems += lane.take_problems()
            self.count_duplicates(found)
            found.orphans = len(self.ibm.alive())
            run.begin(Allowance("between tests"))
            run.sweep_all(_SWEEP_S)
            for thread in stage.threads:
                thread.join()
        finally:
            run.close()
            forwarder.close()
        found.passed = found.passed and not problems
        found.error = found.error or "".join(str(one.headline) for one in problems)
        found.asked = stage.asked
        self.judge(found, scenario, stage.results, is_guarded=is_guarded)
        return found

    def _measured(self, handle: Handle, found: Finding) -> Handle:
        def send(request: Request) -> Response:
            if request.method == "POST" and request.path.endswith(("/jobs", "/sessions")):
                found.held_s = max(found.held_s, self._ledger.held())
            return handle(request)

        return send

    def count_duplicates(self, found: Finding) -> None:
        """Looks which submissions have become more than one job."""
        jobs = self.ibm.jobs()
        alive = [one for one in jobs if one["state"] not in _FINAL]
        found.duplicates = sum(count - 1 for count in _by_tag(alive).values())
        found.doubled = sum(count > 1 for count in _by_tag(jobs).values())

    def judge(
        self,
        found: Finding,
        scenario: Scenario,
        results: Sequence[str] = (),
        *,
        is_guarded: bool = True,
    ) -> None:
        """What the second server and the ledger say of it, before and after a cleanup."""
        jobs = self.ibm.jobs()
        found.jobs = len(jobs)
        completed = {one["id"] for one in jobs if one["state"] == "Completed"}
        if not is_guarded:
            found.duplicates = max(0, found.jobs - found.asked)
        if scenario.read_s < 30:
            time.sleep(0.5)  # until what was late has arrived
        self.ibm.ask("forget")
        self.ibm.ask("rules")
        self.ibm.ask("refuse", times=0)
        self._clean(found, scenario)
        budget = scenario.budget
        found.spent_s = sum(one["usage_s"] for one in self.ibm.jobs())
        says = {
            f"{found.duplicates} jobs too many alive": found.duplicates > 0,
            f"{found.doubled} submissions became several jobs": found.doubled > 0
            and not scenario.may_double,
            f"held {found.held_s:g} of {budget}": found.held_s > budget,
            f"spent {found.spent_s:g} of {budget}": found.spent_s > budget,
            f"{found.alive} alive after the cleanup": found.alive > 0,
            "passed, and should not": found.passed and scenario.passing is Passing.NEVER,
            "passed with a result of a job that has none": found.passed
            and not set(results) <= completed,
            f"did not pass: {found.error}": not found.passed and scenario.passing is Passing.MUST,
        }
        found.wrong += [word for word, is_so in says.items() if is_so]
        found.seconds = time.perf_counter() - found.begun

    def _clean(self, found: Finding, scenario: Scenario) -> None:
        """``qchannel cleanup``, as another process does it, with fresh logins."""
        run = self.live_run(scenario)
        try:
            unasked: list[str] = []
            lines = swept(run, self.run_folder, self.run_name, None, unasked)
            found.wrong += [f"cleanup could not ask: {why}" for why in unasked]
            found.held_s = max(found.held_s, run.ledger.held())
            found.wrong += [f"left: {one.name}: {one.why}" for one in lines if one.is_left]
        except QChannelError as problem:
            found.wrong.append(f"cleanup: {problem.headline}")
        finally:
            run.close()
        # One whose answer was lost before it had a job ends by itself, and costs nothing.
        used = {one["session"] for one in self.ibm.jobs()}
        unused = {one["id"] for one in self.ibm.sessions() if one["id"] not in used}
        found.alive = len(set(self.ibm.alive()) - unused)


def _by_tag(jobs: Sequence[dict[str, Any]]) -> Counter[str]:
    """How many jobs each submission has become."""
    own = re.compile(r"qchannel-soak-\d+-\d+")
    return Counter(tag for one in jobs for tag in one["tags"] if own.fullmatch(tag))


@contextmanager
def soak(folder: Path) -> Iterator[Soak]:
    """A soak, with a second server of its own; the environment is led there meanwhile."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("QISKIT_IBM", "QCHANNEL_", "IQP_")) or name.lower() == "no_proxy":
            del os.environ[name]
    try:
        with (
            second_server(folder, WORLD, factor=FACTOR) as ibm,
            without_waiting(FACTOR, clock_of(ibm.variables[VARIABLE]).now),
        ):
            os.environ.update(ibm.variables)
            yield Soak(ibm, folder)
    finally:
        os.environ.clear()
        os.environ.update(before)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the table; a line for each scenario."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--unguarded", action="store_true")
    parser.add_argument("--most-s", type=float, default=float("inf"), help="ends after so long")
    asked = parser.parse_args(argv)
    logging.getLogger("qiskit_ibm_runtime").setLevel(logging.ERROR)
    from tests.live.soak_processes import APART, apart

    until, total = time.monotonic() + asked.most_s, Counter[str]()
    with tempfile.TemporaryDirectory() as folder, soak(Path(folder)) as soaked:
        runs: list[tuple[Scenario, Callable[[int], Finding]]] = [
            (one, partial(soaked.once, one, is_guarded=not asked.unguarded)) for one in SCENARIOS
        ]
        runs += [
            (one.scenario, partial(apart, soaked, one)) for one in APART if not asked.unguarded
        ]
        runs = [one for one in runs if asked.only in one[0].name]
        found: dict[str, list[Finding]] = {scenario.name: [] for scenario, _ in runs}
        for seed in range(asked.first, asked.first + asked.seeds):
            for scenario, once in runs:
                if time.monotonic() < until:
                    found[scenario.name].append(one := once(seed))
                    for word in one.wrong if not asked.unguarded else ():
                        print(f"{scenario.name}, seed {seed}: {word}", file=sys.stderr, flush=True)
        for scenario, _ in runs:
            _tell(scenario, found[scenario.name], total, show=not asked.unguarded)
    print(", ".join(f"{count} {name}" for name, count in total.items()))
    return 1 if total["wrong"] and not asked.unguarded else 0


def _tell(scenario: Scenario, found: list[Finding], total: Counter[str], *, show: bool) -> None:
    sums: dict[str, Callable[[Finding], float]] = {
        "runs": lambda _: 1,
        "passed": lambda one: one.passed,
        "jobs": lambda one: one.jobs,
        "doubled": lambda one: one.doubled,
        "duplicates": lambda one: one.duplicates,
        "orphans": lambda one: one.orphans,
        "over budget": lambda one: max(one.held_s, one.spent_s) > scenario.budget,
        "alive": lambda one: one.alive,
        "wrong": lambda one: bool(one.wrong),
    }
    row = {name: sum(map(count, found)) for name, count in sums.items()}
    total.update(row)
    mean_s = sum(one.seconds for one in found) / max(1, len(found))
    said = ", ".join(f"{value:g} {name}" for name, value in row.items())
    print(f"{scenario.name:50} {said}, {mean_s:.2f} s", flush=True)
    for one in found if show else ():
        for word in one.wrong:
            print(f"    seed {one.seed}: {word}   [{one.error[:200]}]", flush=True)


if __name__ == "__main__":
    sys.exit(main())
