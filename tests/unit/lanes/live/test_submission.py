"""A submission becomes one job at most, whatever becomes of the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.entry import State
from pytest_qchannel.lanes.live.problems import DuplicateJobs, LiveRefused
from pytest_qchannel.lanes.live.sweep import Sweep
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response
from tests.unit.lanes.live.bends import (
    NOT_PROCESSED,
    PROCESSED,
    answering,
    doubled,
    dropping,
    no_connection,
)
from tests.unit.lanes.live.live_kit import DEVICES, Bend, Run, job_body


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def outcome(run: Run) -> Response | str:
    """What the code under test gets of a submission."""
    try:
        return run.submit()
    except ConnectionDropped as dropped:
        return dropped.how


def test_a_job_is_sent_once_with_its_limit_and_tags(run: Run) -> None:
    remote = run.submitted(tags=["mine"], cost=1)
    [job] = run.jobs
    assert (job.id, job.cost_s) == (remote, 1)
    assert job.tags == ["mine", "qchannel", "qchannel-a-run", run.entry.tag]
    assert (run.entry.state, run.entry.remote) == (State.RUNNING, remote)
    assert [f"{one.method} {one.path}"[-21:] for one in run.wire.sent] == [
        "GET /api/v1/instances/usage"[-21:],
        "POST /api/v1/jobs"[-21:],
    ]
    [sent] = run.wire.of("POST /jobs")
    assert sent.headers["content-length"] == str(len(sent.body))


@pytest.mark.parametrize("bend", PROCESSED.values(), ids=PROCESSED)
def test_a_lost_answer_is_made_up_from_the_job_that_is_there(run: Run, bend: Bend) -> None:
    """Where the client alone made six jobs of one run()."""
    run.wire.bend("POST /jobs", bend)
    body = json.loads(run.submit().body)
    [job] = run.jobs
    assert body == {"id": job.id, "backend": DEVICES[0]}
    assert (run.entry.state, run.entry.remote) == (State.RUNNING, job.id)
    assert run.test.problems == []
    assert len(run.wire.of("POST /jobs")) == 1


@pytest.mark.parametrize("bend", NOT_PROCESSED.values(), ids=NOT_PROCESSED)
def test_what_did_not_arrive_is_handed_on_and_may_come_again(run: Run, bend: Bend) -> None:
    run.wire.bend("POST /jobs", bend)
    first = outcome(run)
    assert first == "before" or isinstance(first, Response)
    lost = run.entry
    assert (lost.state, lost.held, run.jobs) == (State.LOST, 15 - 8, [])
    assert len(run.wire.of("GET /jobs")) == 3
    assert sum(run.clock.slept) == 15
    remote = run.submitted()
    assert [job.id for job in run.jobs] == [remote]
    assert (run.entry.n, run.entry.remote, run.entry.state) == (lost.n, remote, State.RUNNING)
    # Looked for before it was sent again.
    assert len(run.wire.of("GET /jobs")) == 4
    assert json.loads(run.wire.of("POST /jobs")[1].body)["tags"][-1] == lost.tag


def test_the_list_may_lag(tmp_path: Path) -> None:
    run = Run(tmp_path, rules={"list_lag_s": 9})
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    assert run.submitted() == run.jobs[0].id
    assert len(run.jobs) == 1
    assert len(run.wire.of("GET /jobs")) == 3


def test_a_job_that_a_late_list_has_is_found_by_the_resend(tmp_path: Path) -> None:
    run = Run(tmp_path, rules={"list_lag_s": 20})
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    assert outcome(run) == "after"
    run.clock.sleep(10)
    assert run.submitted() == run.jobs[0].id
    assert len(run.jobs) == 1
    assert len(run.wire.of("POST /jobs")) == 1


def test_nothing_is_sent_again_while_nobody_can_look(run: Run) -> None:
    """A resend that is not preceded by a look-up may be the second job."""
    run.wire.bend("POST /jobs", answering(503, is_processed=True))
    down: list[Bend | None] = [answering(503, is_processed=False)] * 4
    run.wire.bend("GET /jobs", *down)
    for _ in range(2):
        answer = outcome(run)
        assert isinstance(answer, Response)
        assert answer.status == 503
    assert len(run.wire.of("POST /jobs")) == 1
    assert run.submitted() == run.jobs[0].id


def test_a_rerun_of_a_test_whose_submission_was_swept_submits_anew(tmp_path: Path) -> None:
    """The rerun was answered with the 503 of the run before, and nothing was sent."""
    run = Run(tmp_path, rules={"list_lag_s": 20}, progression="stuck")
    run.wire.bend("POST /jobs", answering(503, is_processed=True))
    assert run.submit().status == 503
    run.clock.sleep(10)
    Sweep("a-run", run.settling, lambda _: run.access, run.wire).sweep(run.ledger.entries(), 60)
    assert run.entry.state is State.SETTLED
    remote = run.submitted()
    assert [job.id for job in run.alive] == [remote]


def test_no_connection_frees_what_was_held(run: Run) -> None:
    run.wire.bend("POST /jobs", no_connection)
    assert outcome(run) == "connect"
    assert (run.entry.state, run.ledger.held()) == (State.VOID, 0)
    assert run.wire.of("GET /jobs") == []
    run.submitted()
    assert len(run.jobs) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
def test_a_refusal_is_final(run: Run, status: int) -> None:
    run.wire.bend("POST /jobs", answering(status, is_processed=False, body=b'{"errors": []}'))
    answer = run.submit()
    assert (answer.status, answer.body) == (status, b'{"errors": []}')
    assert (run.entry.state, run.ledger.held()) == (State.VOID, 0)
    assert run.wire.of("GET /jobs") == []


def test_a_refusal_of_a_resend_says_nothing_of_what_was_sent_before(run: Run) -> None:
    run.wire.bend("POST /jobs", dropping(is_processed=False), answering(400, is_processed=False))
    assert outcome(run) == "before"
    assert run.submit().status == 400
    assert run.entry.state is State.LOST


def test_too_many_are_sent_again_when_the_service_wants_them(run: Run) -> None:
    late = answering(429, is_processed=False, Retry_After="7")
    run.wire.bend("POST /jobs", late, answering(429, is_processed=False))
    run.submitted()
    assert sum(run.clock.slept) == 7 + 12
    assert len(run.jobs) == 1
    tags = {json.loads(one.body)["tags"][-1] for one in run.wire.of("POST /jobs")}
    assert tags == {run.entry.tag}


def test_too_many_for_too_long_is_a_quota(tmp_path: Path) -> None:
    run = Run(tmp_path, queue_timeout_s=20)
    late: list[Bend | None] = [answering(429, is_processed=False, Retry_After="9")] * 3
    run.wire.bend("POST /jobs", *late)
    with pytest.raises(LiveRefused, match="no more submissions") as it:
        run.submit()
    assert it.value.outcome == "quota"
    assert run.test.problems == [it.value]
    assert (run.entry.state, sum(run.clock.slept)) == (State.VOID, 18)


def test_what_was_lost_when_its_test_ends_is_left_to_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane was closed when the look-ups were over: CI had killed the run by then."""
    run = Run(tmp_path, progression="stuck")
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    monkeypatch.setattr(run.clock, "sleep", lambda _: setattr(run.test, "swept", 1))
    assert outcome(run) == "after"
    assert (run.entry.state, run.wire.of("GET /jobs")) == (State.LOST, [])


def test_what_comes_again_while_it_is_given_up_is_the_same_submission(tmp_path: Path) -> None:
    """It was taken for a new one, waited for the first to end, and would have been a second job."""
    run = Run(tmp_path, most_jobs=1)
    again: list[str] = []

    def comes_again(request: Request, handle: Handle) -> Response:
        again.append(run.submitted())
        return handle(request)

    empty = answering(200, is_processed=False, body=b'{"jobs": []}')
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    run.wire.bend("GET /jobs", empty, empty, empty, comes_again)
    assert outcome(run) == "after"
    other = run.submitted(backend=DEVICES[1])  # waits for room, and gives the lost one up
    assert [job.id for job in run.jobs] == [*again, other]


HALF = "\ud800_half"
"""Half of a character: JSON can write it, and no file can."""


def test_half_a_character_in_a_name_harms_nobody(run: Run) -> None:
    """The lane failed with a UnicodeEncodeError, as if it were broken."""
    assert run.ask("POST", "/sessions", {"mode": "dedicated", "backend": HALF}).status == 400
    assert run.submit(backend=HALF).status == 404
    with pytest.raises(LiveRefused, match="its session is none that this run has opened"):
        run.submit(session_id=HALF)
    assert run.submit(tags=[HALF]).status == 200
    run.test.allowance = Allowance(f"test_{HALF}", 10, 1)
    run.submitted()
    entry = run.ledger.entries(test=f"test_{HALF}")[0]
    assert entry.test == "test_\\ud800_half"
    assert run.ledger.by_remote(HALF) is None


@pytest.mark.parametrize("waits_for", ["room", "the service"])
def test_what_waits_when_its_test_ends_is_not_sent_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits_for: str
) -> None:
    """It was sent after the sweep, in the middle of another test, and nobody looked for it."""
    run = Run(tmp_path, progression="stuck")
    if waits_for == "room":
        run.submitted()
    else:
        run.wire.bend("POST /jobs", answering(429, is_processed=False, Retry_After="7"))
    known = len(run.jobs)
    monkeypatch.setattr(run.clock, "sleep", lambda _: setattr(run.test, "swept", 1))
    with pytest.raises(LiveRefused, match="its test has ended meanwhile"):
        run.submit(backend=DEVICES[1])
    assert len(run.jobs) == known
    assert run.ledger.held() == 7 * known


def test_several_jobs_of_one_submission_are_cancelled_but_one(tmp_path: Path) -> None:
    run = Run(tmp_path, progression="stuck")
    run.wire.bend("POST /jobs", doubled)
    remote = json.loads(run.submit().body)["id"]
    assert [job.id for job in run.alive] == [remote]
    assert len(run.jobs) == 2
    [problem] = run.test.problems
    assert isinstance(problem, DuplicateJobs)
    assert dict(problem.facts)["kept"] == remote
    assert {one.remote for one in run.ledger.entries()} == {job.id for job in run.jobs}


def test_what_arrives_after_it_was_swept_is_cancelled(tmp_path: Path) -> None:
    """Whoever had run `qchannel cleanup` in another console was told of a thread that is too late.

    The end of a test waits for what is on its way, so a cleanup is all that sweeps it.
    """
    run = Run(tmp_path, progression="stuck")

    def swept(request: Request, handle: Handle) -> Response:
        for state in (State.LOST, State.VOID):
            run.ledger.move(run.entry.n, state)
        return handle(request)

    run.wire.bend("POST /jobs", swept)
    with pytest.raises(LiveRefused, match="qchannel cleanup had ended it") as caught:
        run.submit()
    assert str(caught.value.next).startswith("run qchannel cleanup when no live run goes on")
    assert run.alive == []
    assert len(run.test.problems) == 1


def test_two_equal_submissions_are_two_jobs(run: Run) -> None:
    assert run.submitted() != run.submitted()
    assert len({one.tag for one in run.ledger.entries()}) == 2


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (list("abcdef"), "6 tags, and 5 at most"),
        (["x" * 87], "87 characters"),
        (["qchannel"], "the lane's own"),
        (["qchannel-a-run-7"], "the lane's own"),
        ([7], "no text"),
        ("a", "no list"),
    ],
)
def test_tags_that_do_not_fit_are_refused_before_they_are_sent(
    run: Run, tags: object, said: str
) -> None:
    with pytest.raises(LiveRefused, match=f"a job was not sent: .*{said}"):
        run.submit(tags=tags)
    assert run.wire.of("POST /jobs") == []
    assert (run.entry.state, run.ledger.held()) == (State.VOID, 0)


def test_a_body_that_cannot_be_read_is_not_sent(run: Run) -> None:
    bodies: tuple[object, ...] = ([], "text", None)
    for body in bodies:
        with pytest.raises(LiveRefused, match="no JSON object"):
            run.ask("POST", "/jobs", body)
    assert run.wire.sent == []
    assert run.ledger.entries() == []


def test_other_requests_pass_as_they_are(run: Run) -> None:
    remote = run.submitted()
    before = len(run.wire.sent)
    assert run.ask("GET", f"/jobs/{remote}/results").status in (200, 204)
    assert run.ask("GET", "/no/such/path").status == 501
    assert len(run.wire.sent) == before + 2


def test_a_list_that_ignores_the_filter_finds_nobody_elses_job(run: Run) -> None:
    """The service ignores filters that it does not know, without a word."""
    others = ["qchannel", "qchannel-b-run", f"qchannel-b-run-{2 * 10**7}"]
    for tags in (["mine"], others):
        run.wire(run.request("POST", "/jobs", job_body(backend=DEVICES[1], tags=tags)))

    def unfiltered(request: Request, handle: Handle) -> Response:
        return handle(replace(request, query_string="exclude_params=true"))

    run.wire.bend("POST /jobs", dropping(is_processed=False))
    run.wire.bend("GET /jobs", unfiltered, unfiltered, unfiltered)
    assert outcome(run) == "before"
    assert run.entry.state is State.LOST


def test_a_look_without_a_list_is_none(run: Run) -> None:
    """A truncated list is not one in which the job is missing."""
    run.wire.bend("POST /jobs", dropping(is_processed=True))
    run.wire.bend("GET /jobs", *[answering(200, is_processed=False, body=b'{"jobs": [')] * 4)
    assert outcome(run) == "after"
    assert outcome(run) == "after"
    assert len(run.wire.of("POST /jobs")) == 1
    assert run.submitted() == run.jobs[0].id


def test_strange_rows_of_a_list_are_passed_over(run: Run) -> None:
    run.wire.bend("POST /jobs", dropping(is_processed=False))
    strange = answering(200, is_processed=False, body=b'{"jobs": [7, {"id": 7}, {"id": "x"}]}')
    run.wire.bend("GET /jobs", strange, strange, strange)
    assert outcome(run) == "before"
    assert run.entry.state is State.LOST


def test_a_submission_that_was_swept_is_a_new_one(run: Run) -> None:
    run.wire.bend("POST /jobs", dropping(is_processed=False))
    assert outcome(run) == "before"
    run.ledger.move(run.entry.n, State.VOID)
    run.submitted()
    assert [one.state for one in run.ledger.entries()] == [State.VOID, State.RUNNING]
