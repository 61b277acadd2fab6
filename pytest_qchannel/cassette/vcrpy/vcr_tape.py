"""A cassette of vcrpy that answers by our rules, and hands what is recorded to us.

vcrpy does what it is good at: it stands between HTTP libraries and the network. Which recorded
answer a request gets, and what is kept of a new one, is decided here. The methods that are
overridden are those that vcrpy's stubs call, in versions 7 to 9.
"""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final, Protocol
from unittest import mock

import vcr.patch
from vcr import VCR
from vcr.cassette import Cassette as VcrCassette
from vcr.cassette import CassetteContextDecorator
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.vcrpy.aiohttp_bodies import bodies_as_sent
from pytest_qchannel.cassette.vcrpy.vcr_form import (
    request_from_vcr,
    request_to_vcr,
    response_to_vcr,
)

__all__ = ["AnswersRequests", "TapedCassette", "taped"]

Response = dict[str, object]
"""As vcrpy has one."""

_ANSWER = "_qchannel_answer"
_PASSED_BY = "_qchannel_passed_by"

# Of vcrpy's patchers those of libraries that it loads itself where it can. It would look for those
# that are not installed, on the whole path, each time that a cassette is opened.
_LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "boto3": ("botocore.awsrequest",),
    "httplib2": ("httplib2",),
    "tornado": ("tornado.simple_httpclient", "tornado.curl_httpclient"),
    "aiohttp": ("aiohttp.client",),
    "httpx": ("httpx",),
    "httpx2": ("httpx2",),
}


class AnswersRequests(Protocol):
    """What a taped test does with its requests."""

    @property
    def is_recording(self) -> bool:
        """Whether requests without an answer go to where they are sent."""

    def is_ours(self, url: str) -> bool:
        """Whether a request is one that cassettes are about."""

    def answer(self, sent: Interaction) -> Interaction | None:
        """The answer to a request; ``None``: it is sent. May raise what the test shall see."""

    def was_sent(self) -> None:
        """Called when a request was sent and answered, whether it is kept or not."""

    def keep(self, interaction: Interaction) -> None:
        """Takes what was sent and answered."""

    def interactions(self) -> list[Interaction]:
        """What the cassette has, in order."""


class TapedCassette(VcrCassette):  # type: ignore[misc]  # vcrpy has no types
    """What ``use_cassette`` gives for a test with our fixtures.

    Args:
        tape: Decides.
        **options: As vcrpy merges them from ``vcr_config`` and the marker. Its matchers and its
            persister have no say here; its hooks on requests and responses have.
    """

    def __init__(self, tape: AnswersRequests, **options: object) -> None:
        self._tape = tape
        super().__init__(**options)
        missing = (
            name
            for name, modules in _LIBRARIES.items()
            if not any(module in sys.modules for module in modules)
        )
        self.skip_patchers = (*getattr(self, "skip_patchers", ()), *missing)
        self._filter: Callable[[VcrRequest], VcrRequest | None] = self._before_record_request

    def _load(self) -> None:
        """Nothing: the tape has it."""

    def _save(self, force: bool = False) -> None:
        """Nothing: what is kept of a test is decided when it is over."""

    @property
    def write_protected(self) -> bool:
        """Whether a request without an answer is refused."""
        return not self._tape.is_recording

    def filter_request(self, request: VcrRequest) -> VcrRequest | None:
        """The request, or ``None`` for one that is not about this cassette."""
        if getattr(request, _PASSED_BY, None) is None:
            self._filtered(request)
        return None if getattr(request, _PASSED_BY) else request

    def _filtered(self, request: VcrRequest) -> VcrRequest | None:
        """What vcrpy's hooks leave of a request; they copy it whole each time."""
        found = self._filter(request) if self._tape.is_ours(request.uri) else None
        setattr(request, _PASSED_BY, found is None)
        return found

    def can_play_response_for(self, request: VcrRequest) -> bool:
        """Whether there is an answer; decided once for each request, however often vcrpy asks."""
        if getattr(request, _ANSWER, None) is not None:
            return True
        if not isinstance(request, VcrRequest) or getattr(request, _PASSED_BY, False):
            return False
        # As in the recording: what a filter took from there must not be looked for here.
        filtered = self._filtered(request)
        found = self._tape.answer(request_from_vcr(filtered)) if filtered is not None else None
        if found is None:
            return False
        setattr(request, _ANSWER, found)
        return True

    def play_response(self, request: VcrRequest) -> Response:
        """The answer, as vcrpy plays it."""
        if not self.can_play_response_for(request):
            raise KeyError(f"{request.method} is not in the cassette")
        answer: Interaction = getattr(request, _ANSWER)
        setattr(request, _ANSWER, None)
        self.play_counts[sum(self.play_counts.values())] += 1
        return response_to_vcr(answer)

    def append(self, request: VcrRequest, response: Response) -> None:
        """Keeps an answer that came from where the request was sent."""
        if self._tape.is_ours(request.uri):
            self._tape.was_sent()
        if self.filter_request(request) is None:
            return
        filtered = self._filter(request)
        answered = self._before_record_response(_copied(response))
        if filtered is None or answered is None:
            return
        self._tape.keep(request_from_vcr(filtered, answered))
        self.dirty = True

    @property
    def requests(self) -> list[VcrRequest]:
        """What was asked, as vcrpy has it."""
        return [request_to_vcr(one) for one in self._tape.interactions()]

    @property
    def responses(self) -> list[Response]:
        """What was answered, as vcrpy has it."""
        return [response_to_vcr(one) for one in self._tape.interactions()]

    def __len__(self) -> int:
        return len(self._tape.interactions())

    def __contains__(self, request: VcrRequest) -> bool:
        return self.can_play_response_for(request)


@contextmanager
def taped(
    tape: AnswersRequests, path: str, configured: VCR | None, options: Mapping[str, object]
) -> Iterator[TapedCassette]:
    """Puts a tape between HTTP libraries and the network, until the block is left.

    Args:
        tape: Decides.
        path: The cassette's index, for vcrpy's messages.
        configured: A configured ``VCR``; by default one as it comes.
        options: What is given to its ``use_cassette``.
    """
    merged = (configured or VCR()).get_merged_config(**{**options, "path": path})
    merged["path_transformer"] = None
    merged["record_mode"] = RecordMode.ALL if tape.is_recording else RecordMode.NONE
    patched = CassetteContextDecorator(_Loader(tape), lambda: dict(merged))
    # Its stubs look the function up at each call.
    reset = mock.patch.object(vcr.patch, "force_reset", _HttpClientReset())
    with reset, patched as cassette, bodies_as_sent():
        yield cassette


class _HttpClientReset:
    """Puts the classes of ``http.client`` back, and no others, while any thread is in the block.

    vcrpy's own puts every library's back whenever a real connection is made or opened, for the
    whole process: what another thread sends meanwhile passes the cassette by, and is neither
    recorded nor replayed. Only ``http.client`` names its own class while it makes a connection;
    urllib3's classes, on which requests stands, do not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """The block."""
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                for name in ("HTTPConnection", "HTTPSConnection"):
                    real = getattr(vcr.patch, f"_{name}")
                    self._undo.enter_context(mock.patch.object(http.client, name, real))
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


class _Loader:
    """What vcrpy calls to load a cassette."""

    def __init__(self, tape: AnswersRequests) -> None:
        self._tape = tape

    def load(self, **options: object) -> TapedCassette:
        """The tape as a cassette."""
        return TapedCassette(self._tape, **options)


def _copied(response: Response) -> Response:
    """A copy that hooks may change: mappings anew, bytes as they are."""
    return {
        name: _copied(one) if isinstance(one, dict) else list(one) if isinstance(one, list) else one
        for name, one in response.items()
    }
