"""Whether the service has a submission whose answer was lost: its tag says so.

Lists may lag behind, so what is not there at first is looked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.entry import Entry
from pytest_qchannel.lanes.live.problems import DuplicateJobs
from pytest_qchannel.lanes.live.tags import number_of, run_of
from pytest_qchannel.wire import Handle, Json, Request

__all__ = [
    "PAGE",
    "WAITS_S",
    "cancel",
    "close",
    "duplicates",
    "find_jobs",
    "list_jobs",
    "search_jobs",
]

PAGE: Final = 200
"""As many jobs are on a page at most. Source: IBM's API description."""

MOST_PAGES: Final = 500

WAITS_S: Final = (1.0, 4.0, 10.0)
"""How long it is waited before each look: three in 15 seconds."""


def find_jobs(entry: Entry, run: str, access: Access, send: Handle) -> list[Mapping[str, Json]]:
    """The jobs that an entry's submission became, oldest first.

    Args:
        entry: The entry.
        run: The name of its run.
        access: How its instance is asked.
        send: What stands behind.

    Raises:
        Unanswered: The service did not answer.
    """
    # A filter that the service does not know is ignored without a word.
    jobs = [
        row
        for row in list_jobs(entry.tag, access, send)
        if (run_of(row.get("tags")), number_of(row.get("tags"))) == (run, entry.n)
    ]
    # Zeros at the end of a second are not written: "...5.12Z" comes after "...5.123Z".
    return sorted(jobs, key=lambda row: str(row.get("created")).removesuffix("Z"))


def list_jobs(
    tag: str, access: Access, send: Handle, filters: Iterable[tuple[str, str]] = ()
) -> Iterator[Mapping[str, Json]]:
    """The jobs of an instance that have a tag, newest first, page after page.

    Args:
        tag: The tag.
        access: How the instance is asked.
        send: What stands behind.
        filters: More fields of the query.

    Raises:
        Unanswered: The service did not answer, or its list does not end.
    """
    for page in range(MOST_PAGES):
        query = [
            ("tags", tag),
            *filters,
            ("exclude_params", "true"),
            ("include_mocks", "true"),
            ("limit", str(PAGE)),
            ("offset", str(page * PAGE)),
        ]
        rows = answer_of(access.request("GET /jobs", query=query), send).get("jobs")
        if not isinstance(rows, list):
            raise Unanswered("it answered without a list")
        for row in rows:
            if isinstance(row, Mapping) and isinstance(row.get("id"), str):
                yield row
        if len(rows) < PAGE:
            return
    raise Unanswered("its list of jobs does not end")


def search_jobs(
    entry: Entry, run: str, access: Access, send: Handle, wait: Callable[[float], bool]
) -> list[Mapping[str, Json]] | None:
    """The same, with the patience that a lagging list needs.

    Args:
        entry: The entry.
        run: The name of its run.
        access: How its instance is asked.
        send: What stands behind.
        wait: Waits so many seconds; says whether to go on.

    Returns:
        The jobs, as soon as there are any; ``None``: the service has answered no look.
    """
    found: list[Mapping[str, Json]] | None = None
    for wait_s in WAITS_S:
        if not wait(wait_s):
            break
        with suppress(Unanswered):
            found = find_jobs(entry, run, access, send)
        if found:
            break
    return found


def duplicates(entry: Entry, kept: str, cancelled: Sequence[str]) -> DuplicateJobs:
    """The problem that one submission became several jobs."""
    return DuplicateJobs(
        f"one submission became {len(cancelled) + 1} jobs of the service",
        outcome="duplicates",
        where=f"{entry.test}, tag {entry.tag}",
        facts=[("kept", kept), ("cancelled", ", ".join(cancelled))],
        next="look at them in the service, and report it: the lane sends each once",
    )


def close(remote: str, access: Access, send: Handle) -> bool:
    """Closes a session; whether the service has answered that it is closed, or unknown."""
    asked = access.request("DELETE /sessions/<session_id>/close", {"session_id": remote})
    return _is_done(asked, send, 404)


def cancel(remote: str, access: Access, send: Handle) -> bool:
    """Cancels a job; whether the service has answered that it is cancelled, or had ended."""
    asked = access.request("POST /jobs/<job_id>/cancel", {"job_id": remote})
    return _is_done(asked, send, 404, 409)


def _is_done(asked: Request, send: Handle, *needless: int) -> bool:
    """Whether a request was answered well, or with a status that says that it was not needed."""
    try:
        answer_of(asked, send)
    except Unanswered as why:
        return why.status in needless
    return True
