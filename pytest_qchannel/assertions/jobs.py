"""Jobs: how often one was submitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_qchannel.errors import ExpectationFailed, UsageProblem
from pytest_qchannel.ibm.table import is_submission
from pytest_qchannel.journal import Exchange, journals_in_use

__all__ = ["assert_submitted_once"]


def assert_submitted_once(job: object, *, requests: Iterable[Exchange] | None = None) -> None:
    """Holds if a job's submission was sent a single time, and so created this job only.

    The client repeats ``POST /jobs`` after most 5xx answers, up to six sends, with nothing in the
    request that would tell the service so: where only the answer was lost, each send creates a
    job, and each job is charged. So does code that runs its circuits again after an error.

    Requests belong to one submission where all but the last were refused or got no answer, and
    either they are the same, byte for byte (the client's own retries), or the earlier one created
    a job whose id the client never got, and the later one differs at most in circuits and data.

    Args:
        job: A job of the client or of the emulator, or a job's id.
        requests: The journal to look in; by default that of the lane in use
            (``qchannel.requests``).

    Raises:
        ExpectationFailed: It was sent more than once; shows the requests and the jobs they made.
        UsageProblem: No request in the journal created this job.

    Source: the retry policy in ``qiskit_ibm_runtime/api/session.py``.
    """
    __tracebackhide__ = True
    job_id = _id_of(job)
    journals: Sequence[Iterable[Exchange]] = journals_in_use() if requests is None else [requests]
    for journal in journals:
        sends = _submission(job_id, journal)
        if sends:
            break
    else:
        raise UsageProblem(
            f"assert_submitted_once: no request of this test created the job {job_id}",
            next="pass a job that was submitted in this test, or requests=qchannel.requests",
        )
    if len(sends) == 1:
        return
    made = list(dict.fromkeys(one.job_id for one in sends if one.job_id))
    created = f"{len(made)} jobs" if len(made) > 1 else "one job"
    raise ExpectationFailed(
        f"assert_submitted_once: the job was submitted {len(sends)} times and created {created}",
        facts=[("job", job_id), ("sent", "\n".join(str(one) for one in sends))],
        next=f"look for the jobs {', '.join(made)}: all but one are to be cancelled"
        if len(made) > 1
        else "see in the answers above why it was sent again",
    )


def _id_of(job: object) -> str:
    if isinstance(job, str):
        return job
    found = getattr(job, "job_id", None) or getattr(job, "id", None)
    found = found() if callable(found) else found
    if not isinstance(found, str):
        raise UsageProblem(
            f"assert_submitted_once: a {type(job).__name__} is no job",
            next="pass what run() gave, or a job's id",
        )
    return found


def _submission(job_id: str, journal: Iterable[Exchange]) -> list[Exchange]:
    """The sends of the submission that a job came from, oldest first.

    A request that was accepted ends a submission: what comes after it was sent on purpose.
    """
    posts = [one for one in journal if is_submission(one.method, one.host, one.path)]
    mine = next((one for one in posts if one.job_id == job_id), None)
    if mine is None:
        return []
    sends: list[Exchange] = []
    for one in posts:
        if one.outline != mine.outline:
            continue
        if one is mine or _is_another_try(one, mine):
            sends.append(one)
        if _is_accepted(one):
            if mine in sends:
                break
            sends = []
    return sends


def _is_accepted(one: Exchange) -> bool:
    """Whether the client got the job's id."""
    return 200 <= one.status < 300 and not one.is_lost


def _is_another_try(one: Exchange, mine: Exchange) -> bool:
    """Whether two requests of one outline are tries of one submission."""
    if one.fingerprint == mine.fingerprint:
        return True
    earlier = min(one, mine, key=lambda exchange: exchange.number)
    return earlier.job_id is not None and not _is_accepted(earlier)
