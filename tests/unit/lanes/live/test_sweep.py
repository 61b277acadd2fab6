"""Nothing is left behind: not by a test, a run, a worker that died, or a machine that is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.access import Unanswered
from pytest_qchannel.lanes.live.entry import Kind, State, Wish
from pytest_qchannel.lanes.live.ledger import Ledger
from pytest_qchannel.lanes.live.problems import LiveProblem
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.sweep import Line, Sweep, TagSweep
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response
from tests.unit.lanes.live.bends import answering, dropping
from tests.unit.lanes.live.live_kit import DEVICES, Bend, Run, job_body


def sweep(run: Run, seconds: float = 60, *, is_last: bool = False) -> list[tuple[str, str]]:
    """What was done with what; the process that swept knows the file, and nothing else."""
    ledger = Ledger(run.ledger.path, "a-run", run.clock.now)
    found: list[LiveProblem] = []
    sweeper = Sweep(
        "a-run",
        Settling(ledger, run.clock),
        lambda instance: run.access if instance == run.access.instance else None,
        run.wire,
        found.append,
    )
    lines = sweeper.sweep(ledger.entries(), seconds, is_last=is_last)
    run.test.problems += found
    assert all(line.is_left == (line.did == "left") for line in lines)
    return [(str(line.kind), line.did) for line in lines]


def state(run: Run) -> tuple[State, float]:
    return run.entry.state, run.ledger.held()


def stuck(tmp_path: Path, **settings: object) -> Run:
    return Run(tmp_path, progression="stuck", **settings)  # type: ignore[arg-type]


def unseen(run: Run, remote: str) -> None:
    """Lets a job end without the lane: the emulator moves those that somebody looks at."""
    run.wire(run.request("GET", f"/jobs/{remote}"))


def test_a_job_that_was_left_is_cancelled_and_settled(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    run.submitted()
    assert sweep(run) == [("job", "cancelled")]
    assert (run.alive, state(run)) == ([], (State.SETTLED, 0))
    assert sweep(run) == []


def test_a_job_that_had_ended_unseen_is_settled(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="immediate")
    unseen(run, run.submitted())
    assert sweep(run) == [("job", "ended")]
    assert state(run) == (State.SETTLED, 2)


def dies(*, is_processed: bool) -> Bend:
    """The process ends while its request is on its way."""

    def bend(request: Request, handle: Handle) -> Response:
        if is_processed:
            handle(request)
        raise KeyboardInterrupt

    return bend


def test_a_process_that_died_before_it_sent_anything_left_nothing(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    wish = Wish("test_a", run.access.instance, DEVICES[0], 10, 15)
    run.ledger.reserve(wish, budget_s=100)
    assert sweep(run) == [("job", "never there")]
    assert state(run) == (State.VOID, 0)
    assert run.wire.sent == []


@pytest.mark.parametrize("is_processed", [True, False])
def test_a_process_that_died_while_it_sent_is_cleaned_up_after(
    tmp_path: Path, is_processed: bool
) -> None:
    run = stuck(tmp_path, rules={"list_lag_s": 9})
    run.wire.bend("POST /jobs", dies(is_processed=is_processed))
    with pytest.raises(KeyboardInterrupt):
        run.submit()
    assert run.entry.state is State.SENT
    assert sweep(run) == [("job", "cancelled" if is_processed else "never there")]
    assert (run.alive, run.ledger.held()) == ([], 0)
    assert run.entry.state is (State.SETTLED if is_processed else State.VOID)


def test_a_submission_in_doubt_is_looked_for(tmp_path: Path) -> None:
    run = stuck(tmp_path, rules={"list_lag_s": 20})
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    with pytest.raises(ConnectionDropped):
        run.submit()
    run.clock.sleep(10)
    assert run.entry.state is State.LOST
    assert sweep(run) == [("job", "cancelled")]
    assert run.alive == []


def test_what_could_not_be_looked_for_in_time_is_left(tmp_path: Path) -> None:
    """After a signal there are 5 seconds: what is not known then stays in the ledger."""
    run = stuck(tmp_path)
    run.wire.bend("POST /jobs", dies(is_processed=False))
    with pytest.raises(KeyboardInterrupt):
        run.submit()
    assert sweep(run, 5, is_last=True) == [("job", "left")]
    assert state(run) == (State.LOST, 7)
    assert sum(run.clock.slept) == 5
    assert sweep(run) == [("job", "never there")]


def test_a_service_that_is_down_leaves_what_there_is(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    remote = run.submitted()
    down: list[Bend | None] = [answering(503, is_processed=False)] * 99
    run.wire.bend(f"POST /jobs/{remote}/cancel", *down)
    assert sweep(run, 10, is_last=True) == [("job", "left")]
    assert state(run) == (State.LEFT, 7)
    run.wire.bends.clear()
    # As qchannel cleanup does it, later.
    assert sweep(run) == [("job", "cancelled")]
    assert state(run) == (State.SETTLED, 0)


def test_a_price_that_is_late_is_waited_for_in_vain_and_settled_later(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="immediate", rules={"usage_lag_s": 100})
    unseen(run, run.submitted())
    assert sweep(run) == [("job", "left")]
    assert state(run) == (State.RUNNING, 7)
    assert sum(run.clock.slept) == 30
    assert sweep(run, is_last=True) == [("job", "left")]
    assert state(run) == (State.LEFT, 7)
    run.clock.sleep(60)
    assert sweep(run) == [("job", "ended")]
    assert state(run) == (State.SETTLED, 2)


def test_a_deleted_job_costs_what_was_held_for_it(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    remote = run.submitted()
    assert run.ask("DELETE", f"/jobs/{remote}").status == 204
    assert state(run) == (State.SETTLED, 7)
    assert sweep(run) == []


@pytest.mark.parametrize("mode", ["dedicated", "batch"])
def test_a_session_that_was_left_open_is_closed(tmp_path: Path, mode: str) -> None:
    """Its price is known when its last job has ended, which closing it does not end."""
    run = Run(tmp_path, progression="seconds(9, queued=1)", most_jobs=9)
    answer = run.ask("POST", "/sessions", {"mode": mode, "backend": DEVICES[0]})
    session = json.loads(answer.body)["id"]
    run.submitted(session_id=session)
    run.clock.sleep(2.5)
    run.ask("GET", f"/sessions/{session}")
    run.submitted(session_id=session)
    assert sorted(sweep(run)) == sorted(
        [(str(run.ledger.entries()[0].kind), "closed"), ("job", "cancelled"), ("job", "ended")]
    )
    assert run.alive == []
    assert run.world.sessions[session].is_closed
    assert {one.state for one in run.ledger.entries()} == {State.SETTLED}
    assert run.ledger.held() == (2 if mode == "dedicated" else 0)


def test_a_session_that_does_not_say_that_it_is_closed_is_asked_once_a_second(
    tmp_path: Path,
) -> None:
    """The sweep asked the service again and again, without a pause, until its time was over."""
    run = stuck(tmp_path)
    answer = run.ask("POST", "/sessions", {"mode": "dedicated", "backend": DEVICES[0]})
    session = json.loads(answer.body)["id"]
    down: list[Bend | None] = [answering(503, is_processed=False)] * 50
    run.wire.bend(f"GET /sessions/{session}", *down)
    assert sweep(run, 10, is_last=True) == [("session", "left")]
    assert len(run.wire.of("GET /sessions")) == 12  # at once, and once a second


def test_a_lost_session_costs_nothing_and_is_not_found(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    run.wire.bend("POST /sessions", answering(500, is_processed=True))
    run.ask("POST", "/sessions", {"mode": "dedicated", "backend": DEVICES[0]})
    assert state(run) == (State.LOST, 15)
    assert sweep(run) == [("session", "never there")]
    assert state(run) == (State.VOID, 0)


def test_an_instance_that_nobody_can_ask_is_told(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    run.submitted()
    lines = Sweep("a-run", run.settling, lambda _: None, run.wire).sweep([run.entry], 3)
    assert [(one.did, one.why) for one in lines] == [
        ("left", f"nobody can ask its instance {run.access.instance}")
    ]
    assert len(run.alive) == 1


def test_a_duplicate_that_a_late_list_shows_is_cancelled(tmp_path: Path) -> None:
    """The test had a job by then; the list was too late for the second one."""
    run = stuck(tmp_path, rules={"list_lag_s": 20})
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    with pytest.raises(ConnectionDropped):
        run.submit()
    run.submitted()
    assert len(run.alive) == 2
    run.clock.sleep(20)
    assert sorted(sweep(run, is_last=True)) == [("job", "cancelled")] * 2
    assert run.alive == []
    assert [one.headline for one in run.test.problems] == [
        "one submission became 2 jobs of the service"
    ]


def tagged(run: Run, of_run: str, **changes: object) -> str:
    """A job of another machine, whose ledger is gone."""
    tags = ["qchannel", f"qchannel-{of_run}", f"qchannel-{of_run}-7"]
    body = job_body(backend=DEVICES[0], tags=tags, **changes)
    return str(json.loads(run.wire(run.request("POST", "/jobs", body)).body)["id"])


def test_what_a_lost_machine_left_is_found_by_its_tags(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    mine, theirs = tagged(run, "a"), tagged(run, "a-7")
    bare = run.wire(run.request("POST", "/jobs", job_body(backend=DEVICES[0])))
    sweeper = TagSweep(run.clock, run.wire)
    assert sweeper.sweep(run.access, 9, run="a", is_dry=True) == [
        Line(Kind.JOB, mine, "a", "found")
    ]
    assert sweeper.sweep(run.access, 9, run="a") == [Line(Kind.JOB, mine, "a", "cancelled")]
    assert sweeper.sweep(run.access, 9, run="a") == []
    assert sweeper.sweep(run.access, 9) == [Line(Kind.JOB, theirs, "a-7", "cancelled")]
    assert [one.id for one in run.alive] == [json.loads(bare.body)["id"]]


def test_only_older_jobs_are_ended_where_that_is_wanted(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    old = tagged(run, "a")
    run.clock.sleep(100)
    tagged(run, "b")
    lines = TagSweep(run.clock, run.wire).sweep(run.access, 9, before=run.clock.now() - 50)
    assert [one.name for one in lines] == [old]
    assert len(run.alive) == 1


def test_a_session_is_found_by_its_jobs(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="immediate")
    body = {"mode": "dedicated", "backend": DEVICES[0]}
    answer = run.wire(run.request("POST", "/sessions", body))
    session = json.loads(answer.body)["id"]
    tagged(run, "a", session_id=session)
    lines = TagSweep(run.clock, run.wire).sweep(run.access, 9, run="a")
    assert lines == [Line(Kind.SESSION, session, "a", "closed")]
    assert run.world.sessions[session].is_closed


def test_many_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_qchannel.lanes.live.lookup.PAGE", 2)
    run = stuck(tmp_path)
    names = {tagged(run, "a") for _ in range(5)}
    lines = TagSweep(run.clock, run.wire).sweep(run.access, 9, run="a")
    assert {one.name for one in lines} == names
    assert run.alive == []


def test_what_the_service_does_not_end_is_left(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    first, second = tagged(run, "a"), tagged(run, "a")
    down: list[Bend | None] = [answering(500, is_processed=False)] * 99
    run.wire.bend(f"POST /jobs/{second}/cancel", *down)
    lines = TagSweep(run.clock, run.wire).sweep(run.access, 9, run="a")
    assert {one.name: one.did for one in lines} == {first: "cancelled", second: "left"}
    run.wire.bend("GET /jobs", answering(500, is_processed=False))
    with pytest.raises(Unanswered, match="it answered 500"):
        TagSweep(run.clock, run.wire).sweep(run.access, 9, run="a")


def test_a_list_that_does_not_end_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_qchannel.lanes.live.lookup.PAGE", 1)
    run = stuck(tmp_path)
    tagged(run, "a")
    endless = Response.json({"jobs": [{"id": "x"}]})
    with pytest.raises(Unanswered, match="does not end"):
        TagSweep(run.clock, lambda _: endless).sweep(run.access, 9, run="a")


@pytest.mark.parametrize("at", [State.SENT, State.LOST])
def test_what_cannot_be_looked_for_stays_as_it_is(tmp_path: Path, at: State) -> None:
    run = stuck(tmp_path)
    run.wire.bend("POST /jobs", dies(is_processed=True))
    with pytest.raises(KeyboardInterrupt):
        run.submit()
    if at is State.LOST:
        run.ledger.move(run.entry.n, at)
    lines = Sweep("a-run", run.settling, lambda _: None, run.wire).sweep([run.entry], 3)
    assert [(one.did, one.name) for one in lines] == [("left", run.entry.tag)]
    assert run.entry.state is State.LOST
    assert sweep(run) == [("job", "cancelled")]


def test_a_job_that_is_gone_while_it_is_ended_has_ended(tmp_path: Path) -> None:
    run = stuck(tmp_path)
    remote = tagged(run, "a")
    run.wire.bend(f"POST /jobs/{remote}/cancel", answering(404, is_processed=False))
    run.wire.bend(f"GET /jobs/{remote}", answering(404, is_processed=False))
    lines = TagSweep(run.clock, run.wire).sweep(run.access, 9, run="a")
    assert lines == [Line(Kind.JOB, remote, "a", "ended")]


def test_what_has_an_id_is_ended_before_it_is_known_whether_there_are_more(tmp_path: Path) -> None:
    """After a signal each second counts, and the list is down."""
    run = stuck(tmp_path)
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    run.submitted()
    waited = sum(run.clock.slept)
    down: list[Bend | None] = [answering(503, is_processed=False)] * 9
    run.wire.bend("GET /jobs", *down)
    assert sweep(run, 5, is_last=True) == [("job", "cancelled")]
    assert run.alive == []
    assert sum(run.clock.slept) == waited
    assert len(run.wire.of("POST /jobs")) == 2


def test_what_has_an_id_is_ended_before_the_rest_is_looked_for(tmp_path: Path) -> None:
    run = stuck(tmp_path, most_jobs=2)
    run.wire.bend("POST /jobs", dies(is_processed=False))
    with pytest.raises(KeyboardInterrupt):
        run.submit()
    run.submitted()
    seen: list[float] = []

    def cancelled(request: Request, handle: Handle) -> Response:
        seen.append(sum(run.clock.slept))
        return handle(request)

    run.wire.bend(f"POST /jobs/{run.jobs[0].id}/cancel", cancelled)
    assert sorted(sweep(run, 5, is_last=True)) == [("job", "cancelled"), ("job", "left")]
    assert seen == [0]


def test_what_somebody_has_deleted_is_not_looked_for_for_ever(tmp_path: Path) -> None:
    """``qchannel cleanup`` ended with exit status 1 each time: the service did not know the job."""
    run = Run(tmp_path)
    run.submitted()
    run.world.jobs.clear()
    assert sweep(run, 5) == [("job", "left")], "it may be too new to be known everywhere"
    assert sweep(run) == [("job", "ended")]
    assert state(run) == (State.SETTLED, 7)
