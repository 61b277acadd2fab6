"""Many processes at one ledger, some of which are killed; also a script that measures.

python tests/unit/lanes/live/ledger_stress.py FOLDER PROCESSES SECONDS [kill]
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_qchannel.lanes.live.entry import TRANSITIONS, Entry, Kind, State, Wish
from pytest_qchannel.lanes.live.ledger import Ledger, NoSlot, OverBudget

BUDGET_S = 120.0
MOST_IN_FLIGHT = 9


@dataclass
class Found:
    """What became of it."""

    entries: list[Entry]
    steps: int
    lost: list[str]
    most_held: float
    looks: int
    killed: int
    is_sound: bool


def work(path: Path, log: Path, seconds: float, seed: int) -> None:
    """Reserves and moves on, and writes down each step once it is done."""
    rng = random.Random(seed)
    ledger = Ledger(path, "stress", time.time)
    mine: list[int] = []
    end = time.monotonic() + seconds
    with log.open("a", encoding="utf-8", buffering=1) as done:
        while time.monotonic() < end:
            if not mine or rng.random() < 0.3:
                cost = rng.randint(1, 10)
                wish = Wish(f"test_{seed}", "0" * 12, "toy", cost, cost + 5, Kind.JOB)
                with suppress(OverBudget, NoSlot):
                    entry = ledger.reserve(wish, budget_s=BUDGET_S, most_in_flight=MOST_IN_FLIGHT)
                    mine.append(entry.n)
                    done.write(f"{entry.n} reserved\n")
                continue
            n = rng.choice(mine)
            entry = ledger.entry(n)
            following = sorted(TRANSITIONS[entry.state] - {State.LEFT})
            state = rng.choice(following)
            used = rng.choice([0.0, 0.0, 1.0]) if state is State.SETTLED else None
            ledger.move(n, state, used=used)
            done.write(f"{n} {state}\n")
            if not TRANSITIONS[state]:
                mine.remove(n)


def stress(folder: Path, processes: int, seconds: float, *, kill: bool, seed: int = 0) -> Found:
    """Lets processes work for some time, and looks on; with ``kill`` half of them die of it."""
    path = folder / "stress.sqlite"
    ledger = Ledger(path, "stress", time.time)
    rng = random.Random(seed)
    logs = [folder / f"{number}.log" for number in range(processes)]
    doomed = set(rng.sample(range(processes), processes // 2)) if kill else set()
    started = [
        subprocess.Popen(
            [
                sys.executable,
                __file__,
                "work",
                str(path),
                str(log),
                _span(seconds, number in doomed),
                str(number),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for number, log in enumerate(logs)
    ]
    while not all(log.exists() for log in logs) and any(one.poll() is None for one in started):
        time.sleep(0.01)
    for number in doomed:
        threading.Timer(rng.uniform(0.1, 0.8) * seconds, started[number].kill).start()
    most_held, looks = 0.0, 0
    while any(one.poll() is None for one in started):
        most_held, looks = max(most_held, ledger.held()), looks + 1
    codes = [one.wait() for one in started]
    assert not any(code for number, code in enumerate(codes) if number not in doomed)
    entries = ledger.entries()
    by_number = {one.n: one for one in entries}
    steps = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    return Found(
        entries,
        len(steps),
        [line for line in steps if not _is_kept(line, by_number)],
        max(most_held, ledger.held()),
        looks,
        sum(code < 0 for code in codes),
        is_sound(ledger),
    )


def is_sound(ledger: Ledger) -> bool:
    """Whether sqlite finds the file whole."""
    with closing(sqlite3.connect(ledger.path)) as db:
        return list(db.execute("PRAGMA integrity_check")) == [("ok",)]


def _span(seconds: float, is_doomed: bool) -> str:
    """How long a process works; who is to be killed never ends by itself before."""
    return str(seconds + 60 if is_doomed else seconds)


def _is_kept(line: str, entries: Mapping[int, Entry]) -> bool:
    """Whether a step that was done is in the ledger, or one that follows it."""
    n, _, state = line.partition(" ")
    entry = entries.get(int(n))
    if entry is None:
        return False
    reached, seen = {State(state)}, set[State]()
    while reached - seen:
        one = (reached - seen).pop()
        seen.add(one)
        reached |= TRANSITIONS[one]
    return entry.state in seen


def main(folder: str, processes: str, seconds: str, *words: str) -> None:
    """Measures, and prints what became of it."""
    found = stress(Path(folder), int(processes), float(seconds), kill="kill" in words)
    sys.stdout.write(
        f"{processes} processes, {seconds} s, {found.killed} killed: {len(found.entries)} entries, "
        f"{found.steps} steps, {len(found.lost)} lost; held at most {found.most_held:g} of "
        f"{BUDGET_S:g} in {found.looks} looks; sound: {found.is_sound}\n"
    )


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
    else:
        main(*sys.argv[1:])
