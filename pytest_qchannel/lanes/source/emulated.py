"""The emulator as a source: an emulated world, and the handlers that stand before it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.emulator.api.app import App, headers_alone
from pytest_qchannel.emulator.control import EmulatorControl
from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.faults.handler import with_faults
from pytest_qchannel.emulator.faults.raw_key import warning_of_raw_keys
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.ended import remember_ended
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.chain import in_turn
from pytest_qchannel.lanes.journaling import journaled
from pytest_qchannel.lanes.source.case import Case
from pytest_qchannel.lanes.source.dead_ends import hints_for
from pytest_qchannel.lanes.worlds import seeded, world_of
from pytest_qchannel.settings import Settings
from pytest_qchannel.wire import Link, Request, Response

__all__ = ["EmulatedSource"]


class EmulatedSource:
    """Answers from an emulated world of its own.

    Args:
        settings: Their seed counts, unless the world has one and nobody set another.
        builder: What the world is built from; by default what the settings name.
        journal: Where requests and answers are written.
        problems: Where gaps of the emulator are put.
        clock: The world's time; by default that of the machine.
        installed: The client's release in this process, where it is the one that asks.
    """

    is_live = False

    def __init__(
        self,
        settings: Settings,
        builder: WorldBuilder | None,
        journal: Journal,
        problems: list[QChannelError],
        clock: Clock | None = None,
        installed: Version | None = None,
    ) -> None:
        builder = builder or world_of(settings)
        self.settings = seeded(settings, builder)
        self._source = builder.source
        world = builder.build(clock or Clock(time.time), self.settings.seed)
        self.app = App(
            world,
            faults=builder.new_faults(),
            gaps=problems,
            installed=installed,
            refuses_unknown=settings.unknown_routes == "404",
        )
        self.accounts = _accounts(self.app, builder)
        self.public_names = {
            name
            for account in world.accounts
            for one in account.instances.values()
            for name in (one.name, *one.tags, *([] if one.id.startswith("crn:") else [one.id]))
        }
        self.own_credentials = {account.credential for account in world.accounts}
        self.controls = _Controls(EmulatorControl(self.app, journal), builder)
        self.links: Sequence[Link] = (
            in_turn(self.app.engine.changed),
            warning_of_raw_keys(problems, installed),
            journaled(journal),
            headers_alone,
            with_faults(self.app),
        )

    def hints(self, error: BaseException, channel: Channel | None, requests: Journal) -> list[str]:
        """What the world knows of an error that says less."""
        case = Case(
            self.app.world,
            self.app.faults,
            error,
            channel,
            requests,
            source=self._source,
            saved=self.settings.saved_accounts,
            instance=os.environ.get("QISKIT_IBM_INSTANCE", ""),
        )
        return hints_for(case)

    def handle(self, request: Request) -> Response:
        """The answer of the emulated service."""
        return self.app.handle(request)

    def stop_waiting(self) -> None:
        """Nothing: what waits here waits for a moment."""

    def close(self, where: str = "") -> None:
        """Ends what still runs; an access token of the test that is over is refused by its name."""
        self.app.close()
        if where:
            remember_ended(self.app.world.tokens, where)


class _Controls:
    """The levers of an emulated world, and what every lane offers by them."""

    def __init__(self, emulator: EmulatorControl, world: WorldBuilder) -> None:
        self.emulator = emulator
        self.world = world
        self._declared = emulator.faults

    def revoke_access(self) -> None:
        """Makes access tokens invalid, or the keys of who has none; the services refuse them."""
        # Client 0.34 sends its API key with every request and never has an access token.
        if not self.emulator.revoke_access_tokens():
            self.emulator.revoke_credentials()

    def revoke_access_token(self, token: str) -> None:
        """Makes one access token invalid."""
        self.emulator.revoke_access_token(token)

    def unmet_faults(
        self, where: str, *, besides: Collection[Fault] = (), since: int = 0
    ) -> list[QChannelError]:
        """A complaint for each fault that has not happened."""
        return list(self.emulator.unmet_faults(where, besides=besides, since=since))

    def unmet_faults_of_world(self) -> dict[int, str]:
        """Of the world's own faults; optional ones, and those of tests, are not asked for."""
        found = {}
        for number, fault in enumerate(self._declared):
            others = [one for one in self.emulator.faults if one is not fault]
            for complaint in self.emulator.unmet_faults(self.world.source, besides=others):
                found[number] = str(complaint)
        return found

    def qpu_seconds(self, jobs: Collection[str]) -> Mapping[str, float]:
        """What real ones would be charged, about."""
        return {job.id: job.estimate_s for job in self.emulator.jobs if job.id in jobs}

    def ending_faults(self) -> ExitStack:
        """Ends the faults that are declared in the block."""
        # Not a generator: one that nobody ends, as in a forked child, is ended with its memory.
        undo = ExitStack()
        undo.callback(self.emulator.end_faults, besides=self.emulator.faults)
        return undo


def _accounts(app: App, builder: WorldBuilder) -> Accounts:
    """The first account of the world for each channel."""
    found: dict[str, HeldAccount] = {}
    for account in app.world.accounts:
        held = HeldAccount(
            account.credential,
            tuple(
                HeldInstance(one.id, one.name, one.plan.display_name)
                for one in account.instances.values()
            ),
        )
        for channel in account.channels:
            found.setdefault(channel, held)
    return Accounts(
        found,
        where=f"the emulated world, {builder.source}",
        owner="the emulated world",
        advice='add "{channel}" to the channels of an account there, or run on another channel',
        if_empty='describe an account there, with channels = ["{channel}"], and an instance of it',
    )
