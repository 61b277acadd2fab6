"""The whole process on the emulator: one lane, one world, and credentials in the environment.

What code finds in the environment is an emulated account of one channel, so that a service made
without arguments, or with arguments read from the usual variables, logs in on the emulator.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from pytest_qchannel.channels.client import default_channel, login_url
from pytest_qchannel.channels.credentials import CLIENT_VARIABLES
from pytest_qchannel.channels.environment import isolated_environment
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Account, Channel
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.journal import Exchange, Journal
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.worlds import WorldBuilder
from pytest_qchannel.settings import Mode, Settings

__all__ = ["EmulatedProcess", "VisitingLane"]

_URL: Final = "QISKIT_IBM_URL"
_VARIABLES: Final = (*CLIENT_VARIABLES, _URL)


class EmulatedProcess:
    """Puts this process on the emulator, from :meth:`open` to :meth:`close`.

    Args:
        settings: The resolved settings; the environment is about the first of their channels, or
            the default channel of the installed client where they name none.
        where: What errors name until :meth:`happens_in` says otherwise.
    """

    def __init__(self, settings: Settings, where: str) -> None:
        self.settings = settings
        self.where = where
        names = settings.channel
        self.channel: Channel = CHANNEL_BY_NAME[names[0]] if names else default_channel()
        self._stack = ExitStack()

    def open(self) -> EmulatedProcess:
        """Opens the lane and fills the environment."""
        with ExitStack() as undo:
            # Not TemporaryDirectory: a forked child that ends would remove it.
            folder = Path(mkdtemp(prefix="qchannel-"))
            undo.callback(rmtree, folder, ignore_errors=True)
            home = folder / "home"
            home.mkdir()
            self.lane = Lane(self.settings, self.where, home).open()
            undo.callback(self.lane.close)
            self.settings = self.lane.settings
            self.lane.use(self.channel)
            self._declared = self.lane.emulator.faults
            os.environ[_URL] = login_url(self.channel)
            self._stack = undo.pop_all()
        return self

    def close(self) -> None:
        """Puts the process back as it was."""
        self._stack.close()

    def happens_in(self, where: str, *, who: str | None = None, way_out: str | None = None) -> None:
        """Says what errors name from now on: a test, or a part of the run."""
        self.where = where
        self.lane.transport.happens_in(where, who=who, way_out=way_out)

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call, even where the code under test swallowed it."""
        return self.lane.take_problems()

    def unmet_faults(self) -> dict[int, str]:
        """What to say of each fault of the world that has not happened, by its number there.

        Optional ones, and those that a test declared, are not asked for.
        """
        emulator, source = self.lane.emulator, self.lane.world.source
        found = {}
        for number, fault in enumerate(self._declared):
            others = [one for one in emulator.faults if one is not fault]
            for complaint in emulator.unmet_faults(source, besides=others):
                found[number] = str(complaint)
        return found

    @property
    def requests(self) -> int:
        """How many requests the emulator has answered so far."""
        return len(self.lane.requests)

    @property
    def jobs(self) -> int:
        """How many jobs the world has now; deleted ones are not counted."""
        return len(self.lane.emulator.jobs)

    def visit(self, settings: Settings) -> VisitingLane:
        """A lane for one test in the world of the process."""
        return VisitingLane(self, settings)

    def require_world(self, world: WorldBuilder, where: str) -> None:
        """Passes the world that the process is in.

        Raises:
            UsageProblem: A test asks for another one.
        """
        if world != self.lane.world:
            raise UsageProblem(
                f"the test asks for the world of {world.source}, but the whole run is in one "
                f"world, of {self.lane.world.source}",
                where=where,
                next="name the world for the whole run (--qchannel-world=FILE), or run this test "
                "without --qchannel-everywhere",
            )


class VisitingLane(Lane):
    """One test in the world of the process: the same door, the same jobs.

    ``requests`` begins where the test begins. What the test sets in the environment through its
    lane, and the faults that it declares, end with it.

    Args:
        process: The open process.
        settings: The settings of the test.
    """

    def __init__(self, process: EmulatedProcess, settings: Settings) -> None:
        # Not Lane's own: that would make a second emulator.
        self.settings = settings._replace(mode=Mode.EMULATED)
        self.home = self._shared_home = process.lane.home
        self._transport = self._emulated = process.lane.transport
        self._test_id = process.where
        self._tape = None
        self._stack = ExitStack()
        self._variables_are_settled = False
        self._requests = _JournalSince(self._transport.journal)

    @property
    def requests(self) -> Journal:
        """What was sent and what was answered since the test began."""
        return self._requests

    def open(self) -> VisitingLane:
        """Begins the test."""
        emulator = self.emulator
        self._stack.callback(emulator.end_faults, besides=emulator.faults)
        return self

    def use(self, channel: Channel) -> Account:
        """As :meth:`Lane.use`, until the test ends; the URL follows."""
        before = {name: os.environ.get(name) for name in _VARIABLES}
        self._stack.callback(_put_back, before)
        account = super().use(channel)
        os.environ[_URL] = login_url(channel)
        return account

    def forget_client_variables(self) -> None:
        """As :meth:`Lane.forget_client_variables`, with a HOME where nothing is saved yet."""
        if self.home == self._shared_home:
            self.home = Path(mkdtemp(prefix="test-", dir=self.home.parent))
            self._stack.enter_context(isolated_environment(self.home, {}))
        super().forget_client_variables()


class _JournalSince(Journal):
    """The end of a longer journal, as it grows."""

    def __init__(self, whole: Journal) -> None:
        self._whole = whole
        self._first = len(whole)

    @property
    def _exchanges(self) -> list[Exchange]:
        return list(self._whole)[self._first :]

    @_exchanges.setter
    def _exchanges(self, _: list[Exchange]) -> None:
        raise AttributeError("the longer journal is written, not its end")


def _put_back(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
