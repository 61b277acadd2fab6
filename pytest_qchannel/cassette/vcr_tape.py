"""A cassette of vcrpy that answers by our rules, and hands what is recorded to us.

vcrpy does what it is good at: it stands between HTTP libraries and the network. Which recorded
answer a request gets, and what is kept of a new one, is decided here. The methods that are
overridden are those that vcrpy's stubs call, in versions 7 to 9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol
from unittest import mock

from vcr import VCR
from vcr import patch as vcr_patch
from vcr.cassette import Cassette as VcrCassette
from vcr.cassette import CassetteContextDecorator
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest
from vcr.stubs import VCRConnection

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.vcr_form import (
    request_from_vcr,
    request_to_vcr,
    response_to_vcr,
)

__all__ = ["Deck", "TapedCassette", "taped"]

_ANSWER = "_qchannel_answer"
_PASSED_BY = "_qchannel_passed_by"


class Deck(Protocol):
    """What a taped test does with its requests."""

    @property
    def is_recording(self) -> bool:
        """Whether requests without an answer go to where they are sent."""

    def is_ours(self, url: str) -> bool:
        """Whether a request is one that cassettes are about."""

    def answer(self, sent: Interaction) -> Interaction | None:
        """The answer to a request; ``None``: it is sent. May raise what the test shall see."""

    def saw(self) -> None:
        """Is told that a request was sent and answered, whether it is kept or not."""

    def keep(self, interaction: Interaction) -> None:
        """Takes what was sent and answered."""

    def interactions(self) -> list[Interaction]:
        """What the cassette has, in order."""


class TapedCassette(VcrCassette):  # type: ignore[misc]  # vcrpy has no types
    """What ``use_cassette`` gives for a test with our fixtures.

    Args:
        deck: Decides.
        **options: As vcrpy merges them from ``vcr_config`` and the marker. Its matchers and its
            persister have no say here; its hooks on requests and responses have.
    """

    def __init__(self, deck: Deck, **options: Any) -> None:
        self._deck = deck
        super().__init__(**options)
        self._filter: Callable[[Any], Any] = self._before_record_request

    def _load(self) -> None:
        """Nothing: the deck has it."""

    def _save(self, force: bool = False) -> None:
        """Nothing: what is kept of a test is decided when it is over."""

    @property
    def write_protected(self) -> bool:
        """Whether a request without an answer is refused."""
        return not self._deck.is_recording

    def filter_request(self, request: Any) -> Any:
        """The request, or ``None`` for one that is not about this cassette."""
        if getattr(request, _PASSED_BY, None) is None:
            is_ours = self._deck.is_ours(request.uri) and self._filter(request) is not None
            setattr(request, _PASSED_BY, not is_ours)
        return None if getattr(request, _PASSED_BY) else request

    def can_play_response_for(self, request: Any) -> bool:
        """Whether there is an answer; decided once for each request, however often vcrpy asks."""
        if getattr(request, _ANSWER, None) is not None:
            return True
        if not isinstance(request, VcrRequest) or self.filter_request(request) is None:
            return False
        found = self._deck.answer(request_from_vcr(request))
        if found is None:
            return False
        setattr(request, _ANSWER, found)
        return True

    def play_response(self, request: Any) -> Any:
        """The answer, as vcrpy plays it."""
        if not self.can_play_response_for(request):
            raise KeyError(f"{request.method} is not in the cassette")
        answer: Interaction = getattr(request, _ANSWER)
        setattr(request, _ANSWER, None)
        self.play_counts[sum(self.play_counts.values())] += 1
        return response_to_vcr(answer)

    def append(self, request: Any, response: Any) -> None:
        """Keeps an answer that came from where the request was sent."""
        if self._deck.is_ours(request.uri):
            self._deck.saw()
        if self.filter_request(request) is None:
            return
        filtered = self._filter(request)
        answered = self._before_record_response(_copied(response))
        if filtered is None or answered is None:
            return
        self._deck.keep(request_from_vcr(filtered, answered))
        self.dirty = True

    @property
    def requests(self) -> list[Any]:
        """What was asked, as vcrpy has it."""
        return [request_to_vcr(one) for one in self._deck.interactions()]

    @property
    def responses(self) -> list[Any]:
        """What was answered, as vcrpy has it."""
        return [response_to_vcr(one) for one in self._deck.interactions()]

    def __len__(self) -> int:
        return len(self._deck.interactions())

    def __contains__(self, request: Any) -> bool:
        return self.can_play_response_for(request)


@contextmanager
def taped(deck: Deck, path: str, vcr: Any, options: Mapping[str, Any]) -> Iterator[TapedCassette]:
    """Puts a deck between HTTP libraries and the network, until the block is left.

    Args:
        deck: Decides.
        path: The cassette's index, for vcrpy's messages.
        vcr: A configured ``VCR``; by default one as it comes.
        options: What is given to its ``use_cassette``.
    """
    merged = (vcr or VCR()).get_merged_config(**{**options, "path": path})
    merged["path_transformer"] = None
    merged["record_mode"] = RecordMode.ALL if deck.is_recording else RecordMode.NONE
    with (
        mock.patch.object(vcr_patch, "force_reset", _resetting(vcr_patch.force_reset)),
        CassetteContextDecorator(_Loader(deck), lambda: dict(merged)) as cassette,
    ):
        yield cassette


def _resetting(real: Callable[[], Any]) -> Callable[[], Any]:
    """Vcrpy's ``force_reset``, only where there is no way without it.

    It takes vcrpy out of the whole process while one thread connects: what another thread opens
    meanwhile goes unrecorded. But a connection of urllib3 never looks for the classes that it puts
    back; only those of ``http.client`` do, when they are made.
    """

    def force_reset() -> Any:
        caller = sys._getframe(1)
        connection = caller.f_locals.get("self")
        is_needed = not isinstance(connection, VCRConnection) or (
            caller.f_code.co_name == "__init__"
            and connection._baseclass.__module__ == "http.client"
        )
        return real() if is_needed else nullcontext()

    return force_reset


class _Loader:
    """What vcrpy calls to load a cassette."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck

    def load(self, **options: Any) -> TapedCassette:
        """The deck as a cassette."""
        return TapedCassette(self._deck, **options)


def _copied(response: dict[str, Any]) -> dict[str, Any]:
    """A copy that hooks may change: mappings anew, bytes as they are."""
    return {
        name: _copied(one) if isinstance(one, dict) else list(one) if isinstance(one, list) else one
        for name, one in response.items()
    }
