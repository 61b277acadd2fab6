"""What goes wrong in the live lane: the errors that its tests get."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_qchannel.errors import QChannelError

__all__ = ["DuplicateJobs", "LiveProblem", "LiveRefused", "NotLive"]


class LiveProblem(QChannelError):
    """Something of a live run that its test has to answer for.

    Args:
        headline: As of :class:`QChannelError`.
        outcome: What the test ends as, in a word of ``outcome.py`` here.
        where: As of :class:`QChannelError`, like the rest.
        closest: The same.
        next: The same.
        facts: The same.
    """

    def __init__(
        self,
        headline: str,
        *,
        outcome: str = "code",
        where: str | None = None,
        closest: str | None = None,
        next: str | None = None,  # noqa: A002 - the message's own word
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(headline, where=where, closest=closest, next=next, facts=facts)
        self.outcome = outcome


class LiveRefused(LiveProblem):
    """The live lane did not send a request on to the service."""


class DuplicateJobs(LiveProblem):
    """One submission became several jobs; all but one were cancelled."""


class NotLive(QChannelError):
    """What a test asks for is not there in the live lane, where the test is skipped."""
