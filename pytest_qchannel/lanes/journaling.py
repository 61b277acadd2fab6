"""Writes a lane's journal: of what a source is asked, and of what a cassette answers."""

from __future__ import annotations

from collections.abc import Callable

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.ibm.table import find, is_submission
from pytest_qchannel.journal import Journal
from pytest_qchannel.wire import (
    ConnectionDropped,
    Handle,
    Link,
    Request,
    Response,
    Trouble,
    json_object,
)

__all__ = ["job_id_of", "journaled", "listening"]


def journaled(journal: Journal) -> Link:
    """Writes down what passes, requests without an answer included."""

    def handle(request: Request, answer: Handle) -> Response:
        try:
            response = answer(request)
        except ConnectionDropped as dropped:
            _write(journal, request, None, dropped.trouble)
            raise
        _write(journal, request, response, response.trouble)
        return response

    return handle


def listening(journal: Journal) -> Callable[[Interaction, Interaction | None], None]:
    """Writes down what a cassette is asked and answers; without an answer it is a miss."""

    def heard(sent: Interaction, answer: Interaction | None) -> None:
        _write(journal, sent.request(), answer.response() if answer is not None else None, None)

    return heard


def _write(
    journal: Journal, request: Request, response: Response | None, trouble: Trouble | None
) -> None:
    answered = trouble.answered if trouble is not None else response
    journal.record(request, response, job_id_of(request, answered), trouble)


def job_id_of(request: Request, answered: Response | None) -> str | None:
    """The job that a request made or named.

    Args:
        request: The request.
        answered: What the service answered, whether or not the client was told.
    """
    if is_submission(request.method, request.host, request.path):
        if answered is None or answered.status >= 300:
            return None
        return json_object(answered.body).get("id")
    found = find(request.method, request.host, request.path)
    return found.args.get("job_id") if found else None
