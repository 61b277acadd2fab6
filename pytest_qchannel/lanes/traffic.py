"""A lane's traffic: a source, an optional tape, and a network that is shut but for one door."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal, in_use
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.controls import Controls
from pytest_qchannel.lanes.journaling import listening
from pytest_qchannel.lanes.pauses import without_pauses
from pytest_qchannel.lanes.source.protocol import LaneSource
from pytest_qchannel.network.shut import ShutNetwork
from pytest_qchannel.settings import Settings

if TYPE_CHECKING:  # a lane without a cassette loads nothing that reads one
    from pytest_qchannel.cassette.playback.tape import RecordTape, ReplayTape

__all__ = ["Traffic"]


class Traffic:
    """Carries what the code under test sends, from :meth:`open` to :meth:`close`.

    With a source and no tape it is emulated (or live), with both it is recorded, with a tape only
    it is a replay.

    Args:
        settings: As they hold in the lane: the mode is what it is, the seed that of the source.
        network: Is shut meanwhile; its door leads to the source.
        journal: What was sent and what was answered.
        problems: What went wrong, even where the code under test swallowed it.
        accounts: Who can log in.
        controls: What can be done to the source.
        source: Answers what comes in by the door.
        tape: Records what the source answers, or replays it; opened here where it is not open yet.
    """

    def __init__(
        self,
        settings: Settings,
        network: ShutNetwork,
        journal: Journal,
        problems: list[QChannelError],
        accounts: Accounts,
        controls: Controls,
        *,
        source: LaneSource | None = None,
        tape: ReplayTape | RecordTape | None = None,
    ) -> None:
        self.settings = settings
        self.network = network
        self.journal = journal
        self.accounts = accounts
        self.controls = controls
        self._problems = problems
        self._source = source
        self._tape = tape
        self._stack = ExitStack()

    @property
    def is_live(self) -> bool:
        """Whether what is sent goes on to IBM."""
        return self._source is not None and self._source.is_live

    def open(self) -> None:
        """Shuts the network, opens the door, and starts the tape."""
        with ExitStack() as undo:
            if self._source is not None:
                undo.callback(self._close, self._source)
            self.network.open()
            undo.callback(self.network.close)
            if self._source is None:
                undo.enter_context(without_pauses())
            else:  # the door waits for what it answers
                undo.callback(self._source.stop_waiting)
            if self._tape is not None:
                self._start(self._tape, undo)
            undo.enter_context(in_use(self.journal))
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts the process back as it was; what becomes of a recording is decided later."""
        self._stack.close()
        self.settle()

    def settle(self) -> None:
        """Tells a recording whose accounts were there, and how much was answered."""
        if self._tape is not None and self._tape.is_recording:
            if not self._tape.accounts:  # the code under test read the environment
                self._tape.accounts.update(self.accounts.held)
            self._tape.answered = sum(exchange.status > 0 for exchange in self.journal)

    def logged_in(self, channel: str) -> None:
        """Tells a recording whose account is used."""
        if self._tape is not None and self._tape.is_recording:
            self._tape.accounts[channel] = self.accounts.held[channel]

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call."""
        found = self.network.take_problems_of_children()
        while self._problems:
            found.append(self._problems.pop(0))
        return found + (self._tape.take_problems() if self._tape is not None else [])

    def hints(self, error: BaseException, channel: Channel | None, requests: Journal) -> list[str]:
        """What is known here of an error that the code under test ended with."""
        of_tape = self._tape.hints(str(error)) if self._tape is not None else []
        of_source = self._source.hints(error, channel, requests) if self._source is not None else []
        return [*of_tape, *of_source]

    def _close(self, source: LaneSource) -> None:
        source.close(self.network.where)

    def _start(self, tape: ReplayTape | RecordTape, undo: ExitStack) -> None:
        if not tape.is_open:  # pytest-recording may have opened it
            undo.enter_context(tape.opened())
        if tape.is_recording:
            names = self._source.public_names if self._source is not None else ()
            tape.meet(self.accounts.held, names)
        tape.heard = listening(self.journal)
