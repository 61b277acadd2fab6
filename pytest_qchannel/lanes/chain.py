"""The chain of small handlers between a door and the source that answers.

Each is a :data:`~pytest_qchannel.wire.Link`: it is given a request and what stands behind it, and
gives the answer. They are where their subject is: :mod:`.journaling`,
:mod:`pytest_qchannel.network.real_secrets`, :mod:`pytest_qchannel.emulator.faults.handler`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from pytest_qchannel.wire import Handle, Link, Request, Response

__all__ = ["chained", "in_turn"]


def chained(links: Iterable[Link], source: Handle) -> Handle:
    """A source behind handlers, the outermost first."""
    handle = source
    for link in reversed(list(links)):
        handle = _behind(link, handle)
    return handle


def _behind(link: Link, answer: Handle) -> Handle:
    return lambda request: link(request, answer)


def in_turn(lock: AbstractContextManager[object]) -> Link:
    """Lets one request pass after the other; who waits for the lock's condition lets others in.

    So the journal has requests in the order in which they were handled.
    """

    def handle(request: Request, answer: Handle) -> Response:
        with lock:
            return answer(request)

    return handle
