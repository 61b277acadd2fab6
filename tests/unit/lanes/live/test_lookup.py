"""The jobs of a submission, as the list of jobs has them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pytest_qchannel.hosts import find_host
from pytest_qchannel.lanes.live.access import Access
from pytest_qchannel.lanes.live.lookup import find_jobs
from pytest_qchannel.wire import Response


def test_the_oldest_comes_first_however_many_digits_its_time_has() -> None:
    """Of two jobs of one second the later one was kept, and the first one cancelled."""
    host = find_host("quantum.cloud.ibm.com", "/api/v1/jobs")
    assert host is not None
    entry: Any = SimpleNamespace(tag="qchannel-r-1", n=1)
    times = ("2026-01-01T00:00:05.123Z", "2026-01-01T00:00:05.12Z")
    tags = ["qchannel", "qchannel-r", "qchannel-r-1"]
    jobs = [{"id": time, "created": time, "tags": tags} for time in times]
    answer = Response.json({"jobs": jobs})
    found = find_jobs(entry, "r", Access(host, {}), lambda _: answer)
    assert [one["id"] for one in found] == sorted(times, reverse=True)
