"""What costs is compared, too, where it may be; and nothing of it is left behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_qchannel.drift.ask import Subject
from pytest_qchannel.drift.compare import Seen
from pytest_qchannel.drift.names import Names
from pytest_qchannel.drift.reference import Reference, reference
from pytest_qchannel.drift.report import report_on, seen_of
from pytest_qchannel.drift.submit import submissions
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.progression import STUCK
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.ibm.table import is_submission
from pytest_qchannel.wire import Request, Response
from tests.unit.drift.drift_kit import CLOCK, altered, body, busy, opened, others

SUBMITTED = {
    "POST /jobs", "PUT /jobs/<job_id>/tags", "POST /jobs/<job_id>/cancel", "POST /sessions",
    "PATCH /sessions/<session_id>", "DELETE /sessions/<session_id>/close",
}  # fmt: skip


def without_devices(subject: Subject) -> Subject:
    """They are large, and another test's."""
    return replace(subject, backends=0)


@pytest.mark.slow
def test_jobs_and_a_batch_are_compared_like_everything_else() -> None:
    """It runs two jobs in the emulator, and Qiskit is loaded for that."""
    emulator = reference(CLOCK)
    subjects = tuple(map(without_devices, emulator.subjects))
    ours = seen_of(Reference(emulator.handle, subjects), submits=True)
    handle, subject = busy()
    subject = without_devices(subject)
    report = report_on(handle, subject, ours, sleep=lambda _: None)
    assert report.drifted == []
    keys = {route.key for route, _, _ in report.shapes.shapes}
    assert keys >= SUBMITTED
    handle, _ = busy()
    changes = {
        ("POST /jobs", 200): [body(lambda read: read.pop("backend"))],
        ("POST /sessions", 200): [body(lambda read: read.update(mode="solo"))],
        ("POST /jobs/<job_id>/cancel", 204): [lambda answer, _: Response(200, b"{}")],
    }
    changed = report_on(altered(handle, changes), subject, ours, sleep=lambda _: None)
    assert {(one.kind, one.route.partition(" ")[2], one.path) for one in changed.drifted} == {
        ("missing", "POST /jobs", "backend"),
        ("enum", "POST /sessions", "mode"),
        ("status", "POST /jobs/<job_id>/cancel", "good"),
    }


def test_what_the_lane_refuses_is_not_asked_and_its_words_are_not_told() -> None:
    handle, subject = busy()

    def refusing(request: Request) -> Response:
        if is_submission(request.method, request.host, request.path):
            raise UsageProblem("the budget of their-own-instance is used up")
        return handle(request)

    missed = submissions(refusing, subject, Seen(Names()).add, lambda _: None)
    assert missed == ["POST /jobs, good: not sent, UsageProblem"] * 2


def test_a_job_that_does_not_end_is_cancelled() -> None:
    app, subject = opened(others("Premium", "eu-de"))
    pauses: list[float] = []
    for device in app.world.devices.values():
        device.progression = STUCK
    missed = submissions(app.handle, subject, Seen(Names()).add, pauses.append)
    assert missed == ["submissions: the job did not end, and was cancelled"]
    assert sum(pauses) == 295
    assert {one.state for one in app.world.jobs.values()} == {JobState.CANCELLED}
    assert all(session.closed_at for session in app.world.sessions.values())
