"""The record lane: what the emulator answers, through its loopback door, kept in a cassette."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pytest_qchannel.cassette.playback.tape import RecordTape
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.emulated import EmulatedTransport
from pytest_qchannel.lanes.replay import Listener, open_tape
from pytest_qchannel.settings import Door, Mode, Settings

if TYPE_CHECKING:
    from pytest_qchannel.secret import Secret

__all__ = ["RecordTransport"]


class RecordTransport(EmulatedTransport):
    """The emulated lane behind its loopback door, with a tape that runs.

    Through the loopback door, because vcrpy has to see requests on their way to a socket.

    Args:
        settings: As for the emulated lane.
        test_id: The test that errors name.
        secrets: The person's real credentials; a request that holds one is refused.
        world: What the emulated world is built from.
        tape: The cassette that is written; opened by the transport where it is not open yet.
    """

    mode = Mode.RECORD

    def __init__(
        self,
        settings: Settings,
        test_id: str,
        secrets: Iterable[Secret],
        world: WorldBuilder | None,
        tape: RecordTape,
    ) -> None:
        super().__init__(settings._replace(door=Door.LOOPBACK), test_id, secrets, world)
        self._guard.lane = "the record lane"
        self._tape = tape
        self._tape_stack = ExitStack()

    def open(self) -> None:
        """Opens the door, and the tape if nobody has."""
        with ExitStack() as undo:
            super().open()
            undo.callback(super().close)
            open_tape(self._tape, undo)
            self._tape.meet(self.accounts())
            self._tape.heard = Listener(self.app.journal).heard
            self._tape_stack = undo.pop_all()

    def close(self) -> None:
        """Puts the process back as it was; what becomes of the recording is decided later."""
        self._tape_stack.close()
        if not self._tape.accounts:  # the test read the environment
            self._tape.accounts.update(self.accounts())
        self._tape.answered = sum(exchange.status > 0 for exchange in self.app.journal)

    def take_problems(self) -> list[QChannelError]:
        """What the emulated lane complains about."""
        return [*super().take_problems(), *self._tape.take_problems()]
