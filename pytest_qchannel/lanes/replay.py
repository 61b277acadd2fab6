"""The replay lane: a cassette answers, and nothing else is there."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack

from pytest_qchannel import journals
from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in, is_submission
from pytest_qchannel.cassette.playback.tape import ReplayTape, Tape
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.pauses import without_pauses
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.network.real_secrets import request_of
from pytest_qchannel.settings import Mode, Settings
from pytest_qchannel.wire import Response

__all__ = ["Listener", "ReplayTransport"]


class Listener:
    """Writes the journal of what a cassette answers.

    Args:
        journal: What is written.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()

    def heard(self, sent: Interaction, answer: Interaction | None) -> None:
        """Writes one exchange; without an answer it was a miss."""
        request = request_of(sent)
        response = None
        if answer is not None:
            response = Response(answer.status, answer.response_body, dict(answer.response_headers))
        with self._lock:
            self._journal.record(request, response, _job_id(sent, response))


def _job_id(sent: Interaction, response: Response | None) -> str | None:
    """The job that a request made or named."""
    if is_submission(sent):
        try:
            body = json.loads(response.body) if response and response.status < 300 else {}
        except ValueError:
            return None
        return body.get("id") if isinstance(body, dict) else None
    found = found_in(sent)
    return found.args.get("job_id") if found is not None else None


class ReplayTransport:
    """Answers everything that a test sends to IBM from its cassette.

    Args:
        settings: The hosts beside IBM's that may be reached.
        test_id: The test that errors name.
        tape: The cassette; opened by the transport where it is not open yet.
    """

    mode = Mode.REPLAY

    def __init__(self, settings: Settings, test_id: str, tape: ReplayTape) -> None:
        self._tape = tape
        self._problems: list[QChannelError] = []
        self._guard = NetworkGuard(test_id, settings.allowed_hosts, self._problems.append)
        self._guard.lane = "the replay lane"
        self._guard.ibm_advice = (
            "speak to it through requests, httpx, aiohttp or urllib3: there the cassette answers; "
            "and take filters of vcr_config and of the marker vcr away that leave the host out"
        )
        self._journal = Journal()
        self._stack = ExitStack()

    @property
    def journal(self) -> Journal:
        """What was sent and what was answered so far."""
        return self._journal

    @property
    def source(self) -> str:
        """The cassette."""
        return f"the cassette {self._tape.place.path}"

    def accounts(self) -> dict[str, HeldAccount]:
        """The accounts that the test used when it was recorded."""
        return dict(self._tape.cassette.accounts)

    def open(self) -> None:
        """Shuts the network, and opens the tape if nobody has."""
        with ExitStack() as undo:
            self._guard.close_network()
            undo.callback(self._guard.reopen)
            undo.enter_context(without_pauses())
            open_tape(self._tape, undo)
            self._tape.heard = Listener(self._journal).heard
            journals.opened(self._journal)
            undo.callback(journals.closed, self._journal)
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts the process back as it was."""
        self._stack.close()

    def take_problems(self) -> list[QChannelError]:
        """Misses and blocked hosts since the last call."""
        found = [*self._problems, *self._tape.take_problems()]
        self._problems.clear()
        return found


def open_tape(tape: Tape, undo: ExitStack) -> None:
    """Opens a tape for as long as a lane is open, unless pytest-recording has opened it."""
    if not tape.is_open:
        undo.enter_context(tape.opened())
