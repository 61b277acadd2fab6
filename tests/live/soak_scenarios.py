"""What the soak lets happen: bad days of the service and of the code under test, as a table.

Each has a body, as a test has one, and says whether a test with it may pass.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from qiskit_ibm_runtime.api.session import STATUS_FORCELIST

from tests.live.soak_stage import HERE, STUCK

if TYPE_CHECKING:
    from tests.live.soak_stage import Stage

__all__ = ["SCENARIOS", "Passing", "Scenario"]

_SUBMIT: Final = "POST /jobs"
_STATUSES: Final = (500, 502, 503, 504)
_SENT_AGAIN: Final = tuple(one for one in _STATUSES if one in STATUS_FORCELIST)
"""Those after which the client sends again: the lane sends nothing again that was not processed."""


class Passing(Enum):
    """Whether a test may pass."""

    MUST = "must"
    MAY = "may"
    NEVER = "never"


@dataclass(frozen=True)
class Scenario:
    """One bad day.

    Attributes:
        name: What happens.
        passing: Whether a test in which it happens may pass.
        body: The test.
        jobs: ``max_jobs`` of its marker.
        seconds: ``max_qpu_seconds`` of its marker.
        budget: Of the run.
        read_s: The forwarder's read timeout, where that is what it is about.
        may_double: Whether a submission may be a second job: a list that lags for longer than the
            lane looks says that there is none.
        queue_s: ``--qchannel-queue-timeout``.
        most_jobs: ``--qchannel-live-jobs``.
    """

    name: str
    passing: Passing
    body: Callable[[Stage], None]
    jobs: int = 1
    seconds: float = 10
    budget: int = 60
    read_s: float = 30
    may_double: bool = False
    queue_s: float = 300
    most_jobs: int = 1


def _one(*, often: bool = False, **words: object) -> Callable[[Stage], None]:
    """One job, whose submission meets a fault: a few times, or always."""

    def body(stage: Stage) -> None:
        chosen = {
            name: stage.random.choice(value) if isinstance(value, tuple) else value
            for name, value in words.items()
        }
        times = "every" if often else stage.random.randint(1, 3)
        stage.ibm.fault(_SUBMIT, times=times, **chosen)
        stage.finish(stage.submit())

    return body


def _late(stage: Stage) -> None:
    """The service has it when the lane has looked for it: only ``cleanup`` can find it."""
    stage.ibm.fault(_SUBMIT, delay_s=stage.scenario.read_s + stage.random.choice((0.05, 0.3)))
    stage.finish(stage.submit())


def _lag(stage: Stage) -> None:
    """Shorter and longer than the lane looks for: the code submits again in both."""
    stage.ibm.ask("rules", list_lag_s=stage.random.choice((0.5, 3, 9, 14, 25, 60)))
    stage.ibm.fault(
        _SUBMIT, **stage.random.choice(({"drop": "after"}, {"status": 502, "processed": True}))
    )
    job = stage.submit(stage.random.choice((HERE, STUCK)))
    if job.backend().name == HERE:
        stage.finish(job)


def _refused(stage: Stage) -> None:
    stage.backend(HERE)
    stage.ibm.ask("refuse", times=stage.random.randint(1, 3))
    stage.finish(stage.submit())


def _expired(stage: Stage) -> None:
    job = stage.submit()
    stage.ibm.fault(account=stage.random.choice(("token_expired", "token_revoked")))
    stage.finish(job)


def _iam_down(stage: Stage) -> None:
    """Logins are refused from some moment on, and access tokens with them."""
    is_before = stage.random.random() < 0.5
    if is_before:
        stage.ibm.fault(account="iam_down")
    job = stage.submit()
    if not is_before:
        stage.ibm.fault(account="iam_down")
        stage.ibm.fault(account="token_expired")
    stage.finish(job)


def _update_tags(stage: Stage) -> None:
    job = stage.submit(STUCK if stage.random.random() < 0.5 else HERE)
    job.update_tags(["mine", f"n{stage.random.randint(0, 99)}"])
    assert min(job.tags) == "mine"
    assert not [one for one in job.tags if one.startswith("qchannel")]
    if stage.random.random() < 0.5:
        job.update_tags([])


def _left_session(stage: Stage) -> None:
    with_job = stage.random.choice((None, HERE, STUCK))
    session = stage.open_session(stage.random.choice(("dedicated", "batch")), with_job or HERE)
    if with_job is not None:
        stage.submit(with_job, mode=session)


def _stuck(stage: Stage) -> None:
    job = stage.submit(STUCK)
    if stage.random.random() < 0.5:
        stage.finish(job)
    raise AssertionError("its code gave up")


def _left_job(stage: Stage) -> None:
    stage.submit(STUCK)


def _swallows(stage: Stage) -> None:
    """Code that submits until one is taken, whatever it meets."""
    stage.ibm.fault(
        _SUBMIT,
        times=stage.random.randint(2, 7),
        **stage.random.choice(
            ({"drop": "after"}, {"status": 500, "processed": True}, {"status": 503})
        ),
    )
    for _ in range(3):
        with suppress(Exception):
            stage.finish(stage.submit())
            return
    raise AssertionError("none was taken")


def _two_alike(stage: Stage) -> None:
    """Two submissions of one body, the answer of one of which is lost."""
    stage.ibm.fault(_SUBMIT, drop="after", skip=stage.random.randint(0, 1))
    first, second = stage.submit(), stage.submit()
    assert first.job_id() != second.job_id()
    stage.finish(first)
    stage.finish(second)


def _threads(stage: Stage) -> None:
    """Several at once, some of whose answers are lost."""
    stage.ibm.fault(_SUBMIT, drop="after", skip=stage.random.randint(0, 2))
    stage.backend(HERE)
    failed: list[BaseException] = []

    def one() -> None:
        try:
            stage.finish(stage.submit())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _greedy(stage: Stage) -> None:
    """Submits for more than there is."""
    for _ in range(12):
        job = stage.submit()
        if stage.random.random() < 0.7:
            stage.finish(job)
    raise AssertionError("twelve were paid of a budget for less")


def _blackout(stage: Stage) -> None:
    """The answer is lost, and nothing is answered any more: not even whether it arrived."""
    stage.backend(HERE)
    stage.ibm.fault(_SUBMIT, drop="after")
    stage.ibm.fault(account="maintenance", skip=1)
    stage.finish(stage.submit())


def _rest(stage: Stage) -> None:
    """Over REST, without a client that sends anything again."""
    stage.ibm.fault(
        _SUBMIT,
        **stage.random.choice(
            ({"drop": "after"}, {"status": 500, "processed": True}, {"body": "truncated"})
        ),
    )
    stage.finish_by_rest(stage.submit_by_rest())


def _lost_session(stage: Stage) -> None:
    """The answer to the opening of a session is lost; nobody can find it by a tag."""
    stage.ibm.fault(
        "POST /sessions",
        **stage.random.choice(
            ({"drop": "after"}, {"status": 502, "processed": True}, {"body": "truncated"})
        ),
    )
    with suppress(Exception):
        session = stage.open_session(stage.random.choice(("dedicated", "batch")), HERE)
        stage.submit(stage.random.choice((HERE, STUCK)), mode=session)
    raise AssertionError("whatever became of it")


def _sweep_meets_faults(stage: Stage) -> None:
    """What is left cannot be ended at once."""
    words = stage.random.choice(({"drop": "before"}, {"drop": "after"}, {"status": 503}))
    times = stage.random.randint(1, 4)
    stage.ibm.fault("POST /jobs/*/cancel", times=times, optional=True, **words)
    stage.ibm.fault("DELETE /sessions/*/close", times=times, optional=True, **words)
    session = None
    if stage.random.random() < 0.6:
        session = stage.open_session(stage.random.choice(("dedicated", "batch")), STUCK)
    stage.submit(STUCK, mode=session)


def _outlives(stage: Stage) -> None:
    """A thread still submits when the test has ended: some arrive, some do not."""
    stage.backend(STUCK)
    if stage.random.random() < 0.5:
        stage.ibm.fault(_SUBMIT, drop="after")

    def submit() -> None:
        with suppress(BaseException):
            stage.submit(STUCK)

    thread = threading.Thread(target=submit, daemon=True)
    thread.start()
    stage.threads.append(thread)
    thread.join(stage.random.uniform(0, 0.2))


def _cancels(stage: Stage) -> None:
    job = stage.submit(STUCK)
    stage.ibm.fault("POST /jobs/*/cancel", status=503, optional=True)
    with suppress(Exception):
        job.cancel()


SCENARIOS: Final = (
    Scenario("lost before it was processed", Passing.MAY, _one(drop="before")),
    Scenario("lost after it was processed", Passing.MUST, _one(drop="after")),
    *(
        Scenario(
            f"{'500, 502, 503 or 504'}, {'processed' if processed else 'not processed'}, "
            f"{'for ever' if often else 'a few times'}",
            Passing.NEVER if often and not processed else Passing.MUST,
            _one(
                status=_STATUSES if processed or often else _SENT_AGAIN,
                processed=processed,
                often=often,
            ),
        )
        for processed in (True, False)
        for often in (True, False)
    ),
    Scenario("answer cut short", Passing.MUST, _one(body="truncated")),
    Scenario("answer that is no JSON", Passing.MUST, _one(body="malformed")),
    Scenario("answer after the read timeout", Passing.MAY, _late, read_s=1.5, may_double=True),
    Scenario("429", Passing.MUST, _one(status=429, retry_after_s=(1, 2, 5))),
    Scenario("list that lags", Passing.MAY, _lag, may_double=True),
    Scenario("connection refused", Passing.MAY, _refused),
    Scenario("token that ends before the poll", Passing.MAY, _expired),
    Scenario("IAM down", Passing.MAY, _iam_down),
    Scenario("tags set by the test", Passing.MUST, _update_tags),
    Scenario("session left open", Passing.MAY, _left_session, seconds=20),
    Scenario("stuck in the queue", Passing.NEVER, _stuck, queue_s=40),
    Scenario("job left behind", Passing.MUST, _left_job),
    Scenario("code that swallows errors", Passing.MAY, _swallows, jobs=3, seconds=15),
    Scenario("two submissions of one body", Passing.MUST, _two_alike, jobs=2, most_jobs=2),
    Scenario("threads", Passing.MAY, _threads, jobs=3, seconds=15, most_jobs=2),
    Scenario("more than the budget", Passing.NEVER, _greedy, jobs=50, seconds=250, budget=15),
    Scenario("no answer to anything", Passing.NEVER, _blackout),
    Scenario("over REST", Passing.MUST, _rest),
    Scenario("session whose answer is lost", Passing.NEVER, _lost_session, seconds=20),
    Scenario("sweep that meets faults", Passing.MAY, _sweep_meets_faults, seconds=20),
    Scenario("thread that outlives its test", Passing.MAY, _outlives),
    Scenario("cancelled by the test", Passing.MAY, _cancels),
)
