"""What the package has of IBM's description is what the description says."""

from __future__ import annotations

from pytest_qchannel.drift.described import body_of, statuses_of
from pytest_qchannel.ibm.table import ROUTES
from tests.data.write_described import DESCRIBED, text

BY_KEY = {route.key: route for route in ROUTES["runtime"]}


def test_the_file_is_made_of_the_contract() -> None:
    """python tests/data/write_described.py makes it anew."""
    assert DESCRIBED.read_text(encoding="utf-8") == text()


def test_places_are_read_with_kinds_words_and_whether_they_must_be() -> None:
    jobs = body_of(BY_KEY["GET /jobs"], 200)
    assert jobs is not None
    state = jobs["jobs[].state.status"]
    assert state.is_required
    assert set(state.kinds) == {"string"}
    assert set(state.words) == {"Queued", "Running", "Completed", "Cancelled", "Failed"}
    assert set(jobs["jobs[].cost"].kinds) == {"integer"}
    assert not jobs["jobs[].tags"].words
    assert set(statuses_of(BY_KEY["GET /jobs"]) or ()) == {200, 400, 401, 403, 404}
    assert statuses_of(BY_KEY["GET /usage"]) is None
    assert body_of(BY_KEY["GET /jobs/<job_id>/logs"], 200) is None
