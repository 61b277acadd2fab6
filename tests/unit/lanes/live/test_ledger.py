"""The ledger: what is held never exceeds the budget, and entries go along the arrows alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.live.entry import TRANSITIONS, Entry, Kind, State, Wish, fingerprint
from pytest_qchannel.lanes.live.ledger import (
    Ledger,
    LedgerBroken,
    LedgerLost,
    NoSlot,
    OverAllowance,
    OverBudget,
    WrongStep,
    ledger_path,
)
from tests.unit.lanes.live.ledger_stress import BUDGET_S, MOST_IN_FLIGHT, is_sound, stress
from tests.unit.lanes.live.live_kit import JumpingClock

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef:0123-4567::"
WISH = Wish("test_a", fingerprint(CRN), "toy", 10, 15)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(ledger_path(tmp_path, "a-run"), "a-run", JumpingClock().now)


def at(ledger: Ledger, state: State, wish: Wish = WISH) -> Entry:
    """A new entry that was brought to a state."""
    ways = {
        State.RESERVED: [],
        State.SENT: [State.SENT],
        State.LOST: [State.SENT, State.LOST],
        State.RUNNING: [State.SENT, State.RUNNING],
        State.SETTLED: [State.SENT, State.RUNNING, State.SETTLED],
        State.VOID: [State.VOID],
        State.LEFT: [State.SENT, State.RUNNING, State.LEFT],
    }
    entry = ledger.reserve(wish, budget_s=1e9)
    for step in ways[state]:
        entry = ledger.move(entry.n, step)
    return entry


def test_an_entry_is_written_with_a_tag_of_its_own(ledger: Ledger) -> None:
    first = ledger.reserve(WISH, budget_s=100)
    second = ledger.reserve(replace(WISH, owner="gw1"), budget_s=100)
    assert (first.state, first.held, first.used) == (State.RESERVED, 15, None)
    assert first.tag == f"qchannel-a-run-{first.n}"
    assert second.n == first.n + 1
    assert ledger.entries() == [first, second]
    assert ledger.entries(owner="gw1") == [second]
    assert ledger.entry(first.n) == first


def test_numbers_of_two_runs_of_one_name_differ(tmp_path: Path) -> None:
    """Else a run would find yesterday's job by its tag, and take it for its own."""
    numbers = {at(Ledger(tmp_path / f"{one}.db", "x", lambda: 0.0), State.SENT).n for one in "ab"}
    assert len(numbers) == 2


@pytest.mark.parametrize("state", list(State))
def test_entries_go_along_the_arrows_alone(ledger: Ledger, state: State) -> None:
    for target in State:
        entry = at(ledger, state)
        if target is state:
            assert ledger.move(entry.n, target, note="again") == entry
        elif target in TRANSITIONS[state]:
            assert ledger.move(entry.n, target).state is target
        else:
            with pytest.raises(WrongStep, match=f"{state} -> {target}"):
                ledger.move(entry.n, target)
            assert ledger.entry(entry.n) == entry


@pytest.mark.parametrize(
    ("state", "held"),
    [(one, 0 if one is State.VOID else 15) for one in State if one is not State.SETTLED],
)
def test_what_is_not_settled_is_held_as_it_was_reserved(
    ledger: Ledger, state: State, held: int
) -> None:
    at(ledger, state)
    assert ledger.held() == held


def test_what_is_settled_is_held_as_it_was_used(ledger: Ledger) -> None:
    entry = at(ledger, State.RUNNING)
    ledger.move(entry.n, State.SETTLED, used=0.0)
    assert ledger.held() == 0
    other = at(ledger, State.LEFT)
    ledger.move(other.n, State.SETTLED, used=17.0)
    assert ledger.held() == 17
    assert ledger.entries(is_open=True) == []


def test_more_than_the_budget_is_refused(ledger: Ledger) -> None:
    ledger.reserve(WISH, budget_s=30)
    last = ledger.reserve(WISH, budget_s=30)
    with pytest.raises(OverBudget, match=r"30 \+ 15 > 30") as it:
        ledger.reserve(WISH, budget_s=30)
    assert (it.value.held, it.value.reserve_s, it.value.budget_s) == (30, 15, 30)
    ledger.move(last.n, State.VOID)
    ledger.reserve(WISH, budget_s=30)
    # What a dedicated session pays for, or a dry run, needs no rest.
    ledger.reserve(replace(WISH, reserve_s=0), budget_s=30)


def test_a_test_has_no_more_than_its_allowance(ledger: Ledger) -> None:
    """Its reruns share it; what was refused does not count."""

    def reserve(wish: Wish = WISH) -> Entry:
        return ledger.reserve(wish, budget_s=1e9, most_jobs=2, most_s=20)

    first = reserve()
    reserve()
    with pytest.raises(OverAllowance) as it:
        reserve()
    assert (it.value.jobs, it.value.seconds) == (2, 20)
    with pytest.raises(OverAllowance):
        reserve(replace(WISH, kind=Kind.SESSION))
    reserve(replace(WISH, test="test_b"))
    ledger.move(first.n, State.VOID)
    reserve()


def test_jobs_in_a_session_take_nothing_beside_it(ledger: Ledger) -> None:
    session = replace(WISH, kind=Kind.SESSION, cost_s=20, reserve_s=25)
    ledger.reserve(session, budget_s=25, most_jobs=2, most_s=20)
    inside = replace(WISH, reserve_s=0, session="s1")
    ledger.reserve(inside, budget_s=25, most_jobs=2, most_s=20)
    ledger.reserve(inside, budget_s=25, most_jobs=2, most_s=20)
    assert ledger.held() == 25


@pytest.mark.parametrize("state", list(State))
def test_jobs_that_may_be_alive_are_in_flight(ledger: Ledger, state: State) -> None:
    entry = at(ledger, state)
    if entry.is_alive:
        with pytest.raises(NoSlot) as it:
            ledger.reserve(WISH, budget_s=1e9, most_in_flight=1)
        assert it.value.entries == [entry]
        ledger.note_end(entry.n, "Completed")
    ledger.reserve(WISH, budget_s=1e9, most_in_flight=1)


def test_sessions_are_not_in_flight(ledger: Ledger) -> None:
    for kind in (Kind.SESSION, Kind.BATCH):
        ledger.reserve(replace(WISH, kind=kind), budget_s=1e9, most_in_flight=1)
    ledger.reserve(WISH, budget_s=1e9, most_in_flight=1)


def test_the_first_end_that_is_told_stays(ledger: Ledger) -> None:
    entry = at(ledger, State.SENT)
    ledger.move(entry.n, State.RUNNING, remote="job1")
    assert ledger.note_end(entry.n, "Completed").ended == "Completed"
    assert ledger.note_end(entry.n, "Failed").ended == "Completed"
    found = ledger.by_remote("job1")
    assert found is not None
    assert (found.n, found.is_alive, found.is_open) == (entry.n, False, True)
    assert ledger.by_remote("job2") is None


def test_the_file_holds_no_crn_and_is_its_owners(ledger: Ledger) -> None:
    at(ledger, State.RUNNING)
    assert CRN.encode() not in ledger.path.read_bytes()
    assert fingerprint(CRN).encode() in ledger.path.read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert is_sound(ledger)


def test_a_ledger_of_another_format_is_refused(ledger: Ledger) -> None:
    with closing(sqlite3.connect(ledger.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageProblem, match="another version"):
        Ledger(ledger.path, "a-run", lambda: 0.0)


@pytest.mark.parametrize("break_it", ["damaged", "locked", "another"])
def test_a_ledger_that_cannot_be_read_says_so_and_how_jobs_are_found(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, break_it: str
) -> None:
    """What the user saw: ``the emulator failed: OperationalError``, and to report it."""
    entry = at(ledger, State.RUNNING)
    with closing(sqlite3.connect(ledger.path)) as db:
        if break_it == "damaged":
            ledger.path.write_bytes(ledger.path.read_bytes()[:100] + b"#" * 50_000)
        elif break_it == "another":
            db.execute("DROP TABLE entries")
        else:
            monkeypatch.setattr("pytest_qchannel.lanes.live.ledger.BUSY_S", 0.01)
            db.execute("BEGIN EXCLUSIVE")
        for use in (
            ledger.entries,
            lambda: ledger.entry(entry.n),
            lambda: ledger.note_end(entry.n, "Completed"),
        ):
            with pytest.raises(LedgerBroken, match="cannot be read or written") as caught:
                use()
            assert "qchannel cleanup --run" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("state", "odd", "state is 'odd', which no run has written"),
        ("kind", b"job", "kind is b'job', which"),
        ("reserved", "many", "reserved is 'many', which"),
        ("reserved", -600, "reserved is -600, which"),
        ("used", 9e999, "used is inf, which"),
        ("cost", b"", "cost is b'', which"),
        ("is_capped", "maybe", "is_capped is 'maybe', which"),
        ("session", 7.5, ""),  # sqlite makes a text of it
        ("remote", b"id", "remote is b'id', which"),
        ("changed_at", "today", "changed_at is 'today', which"),
        ("test", b"\xff", "test is b'\\xff', which"),
    ],
)
def test_a_row_that_no_run_has_written_is_refused_by_its_number(
    ledger: Ledger, column: str, value: object, said: str
) -> None:
    """The user saw a ValueError, or a budget that a number below zero made larger."""
    entry = at(ledger, State.RUNNING)
    with closing(sqlite3.connect(ledger.path)) as db:
        db.execute(f"UPDATE entries SET {column} = ?", (value,))
        db.commit()
    if not said:
        assert ledger.entry(entry.n).session == "7.5"
        return
    for use in (
        ledger.held,
        lambda: ledger.move(entry.n, State.LEFT),
        lambda: ledger.reserve(WISH, budget_s=100),
    ):
        with pytest.raises(LedgerBroken) as caught:
            use()
        assert f"cannot be read or written (row {entry.n}: {said}" in str(caught.value)
        assert f"where: {ledger.path}" in str(caught.value)
        assert "qchannel cleanup --run" in str(caught.value)


def test_a_row_that_is_gone_and_a_column_more_are_refused(ledger: Ledger) -> None:
    entry = at(ledger, State.RUNNING)
    with closing(sqlite3.connect(ledger.path)) as db:
        db.execute("DELETE FROM entries")
        db.commit()
        with pytest.raises(LedgerBroken, match=rf"\(row {entry.n} is gone\)"):
            ledger.note_end(entry.n, "Completed")
        with pytest.raises(LedgerLost, match=entry.tag):
            ledger.held()
        other = Ledger(ledger.path, "a-run", JumpingClock().now)
        at(other, State.RUNNING)
        db.execute("ALTER TABLE entries ADD COLUMN more TEXT")
        with pytest.raises(LedgerBroken, match="a row has 18 columns, not 17"):
            other.held()


STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", *State]), st.integers(0, 7), st.integers(1, 40)),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=25)
def test_held_is_never_over_the_budget(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str | State, int, int]]
) -> None:
    """Whatever the order, as long as the service charges no more than was reserved."""
    ledger = Ledger(tmp_path_factory.mktemp("x") / "x.db", "x", lambda: 0.0)
    for step, which, number in steps:
        entries = ledger.entries()
        if isinstance(step, State) and entries:
            entry = entries[which % len(entries)]
            used = float(min(number, entry.reserved)) if step is State.SETTLED else None
            with suppress(WrongStep):
                ledger.move(entry.n, step, used=used)
        elif step == "reserve":
            with suppress(OverBudget):
                ledger.reserve(replace(WISH, cost_s=number, reserve_s=number + 5), budget_s=60)
        assert ledger.held() <= 60


def test_processes_share_a_ledger_even_where_some_are_killed(tmp_path: Path) -> None:
    found = stress(tmp_path, 4, 0.8, kill=True)
    assert found.killed == 2
    assert found.steps > 4
    assert found.lost == []
    assert found.most_held <= BUDGET_S
    assert found.is_sound
    assert sum(one.is_alive for one in found.entries) <= MOST_IN_FLIGHT
    assert len({one.tag for one in found.entries}) == len(found.entries)


def test_a_ledger_that_was_deleted_is_not_begun_anew(ledger: Ledger) -> None:
    """A test that took ``.qchannel`` away had the whole budget once more."""
    entry = at(ledger, State.RUNNING)
    ledger.path.unlink()
    with pytest.raises(LedgerLost, match="deleted"):
        ledger.reserve(WISH, budget_s=100)
    with pytest.raises(LedgerLost, match="deleted"):  # of another worker
        Ledger(ledger.path, "a-run", lambda: 0.0, is_made=False)
    assert not ledger.path.exists()
    Ledger(ledger.path, "a-run", lambda: 0.0)  # of another run of that name
    for ask in (ledger.held, lambda: ledger.move(entry.n, State.LEFT)):
        with pytest.raises(LedgerLost, match="deleted"):
            ask()


@pytest.mark.parametrize("state", [State.SENT, State.RUNNING, State.SETTLED])
def test_a_ledger_that_was_put_back_is_none(ledger: Ledger, state: State) -> None:
    """A test that put its folder back as it had found it had the whole budget once more."""
    copies = [ledger.path.read_bytes()]
    entry = at(ledger, State.RESERVED)
    copies.append(ledger.path.read_bytes())
    for step in (State.SENT, State.RUNNING, State.SETTLED):
        ledger.move(entry.n, step, used=2.0 if step is State.SETTLED else None)
        if step is state:
            break
    for copy in copies:
        ledger.path.write_bytes(copy)
        for ask in (lambda: ledger.reserve(WISH, budget_s=100), ledger.held):
            with pytest.raises(LedgerLost, match=entry.tag):
                ask()


@pytest.mark.parametrize("changed", ["reserved = 0", "used = 0", "state = 'sent'", "tag = 'x'"])
def test_what_was_changed_by_somebody_else_is_not_believed(ledger: Ledger, changed: str) -> None:
    entry = ledger.move(at(ledger, State.RUNNING).n, State.SETTLED, used=2.0)
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute(f"UPDATE entries SET {changed}")
    with pytest.raises(LedgerLost, match=entry.tag):
        ledger.reserve(WISH, budget_s=100)


def test_what_another_process_does_is_believed(ledger: Ledger) -> None:
    entry = at(ledger, State.SENT)
    other = Ledger(ledger.path, "a-run", JumpingClock().now, is_made=False)
    for step in (State.LOST, State.RUNNING, State.LEFT, State.SETTLED):
        other.move(entry.n, step, used=1.0 if step is State.SETTLED else None)
    assert ledger.held() == 1.0
    ledger.reserve(WISH, budget_s=16)
