"""Puts lanes together: which source, which tape, which door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_qchannel.channels.client import client_release, default_channel
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.accounts import Accounts
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.controls import NoLevers, RecordingControls
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.source.protocol import LaneSource, Making, World
from pytest_qchannel.lanes.traffic import Traffic
from pytest_qchannel.network.real_secrets import refusing
from pytest_qchannel.network.shut import ShutNetwork
from pytest_qchannel.rerun_command import again
from pytest_qchannel.settings import Door, Mode, Settings, Source

if TYPE_CHECKING:  # a replay loads nothing of the world, and the emulated lane no cassettes
    from pytest_qchannel.cassette.playback.tape import RecordTape, ReplayTape
    from pytest_qchannel.lanes.live.run import LiveRun

__all__ = ["lane_for", "lane_of_process", "traffic_for"]


def _emulator(of: Making) -> LaneSource:
    from pytest_qchannel.lanes.source.emulated import EmulatedSource  # here: a replay has no world

    builder = of.world() if of.world else None
    return EmulatedSource(of.settings, builder, of.journal, of.problems, installed=client_release())


def _live(of: Making) -> LaneSource:
    from pytest_qchannel.lanes.source.live import LiveSource  # here: most runs are not live

    if of.live is None:  # a marker, or pytest-recording's record mode, asks for a recording
        raise UsageProblem(
            "a recording from the real services is one of a live run, and this run is none",
            where=f"record_from=live ({of.settings.origin['record_from']})",
            next=f"{again('--qchannel-mode=record', '--qchannel-record-from=live')}; or record the "
            "emulator: --qchannel-record-from=emulator",
        )
    return LiveSource(of.live, of.settings, of.journal, of.problems, of.where)


SOURCES: Final[Mapping[Source, Callable[[Making], LaneSource]]] = {
    Source.EMULATOR: _emulator,
    Source.LIVE: _live,
}
"""How each source is made."""

UNTAPED: Final[Mapping[Mode, Source]] = {
    Mode.EMULATED: Source.EMULATOR,
    Mode.LIVE: Source.LIVE,
}
"""What answers in the lanes without a cassette."""


def lane_for(
    settings: Settings,
    where: str,
    home: Path | None = None,
    *,
    world: World | None = None,
    live: LiveRun | None = None,
    tape: ReplayTape | RecordTape | None = None,
    has_url: bool = False,
) -> Lane:
    """A lane, still closed; the arguments are those of :func:`traffic_for` and :class:`.Lane`."""
    traffic = traffic_for(settings, where, world=world, live=live, tape=tape)
    return Lane(traffic, traffic.settings, home, has_url=has_url)


def lane_of_process(
    settings: Settings, where: str, tape: ReplayTape | RecordTape | None = None
) -> Lane:
    """An open lane for the whole process, with credentials in the environment.

    What code finds there is an account of one channel, so that a service made without arguments,
    or with arguments read from the usual variables, logs in on the emulator.

    Args:
        settings: The environment is about the first of their channels, or the default channel of
            the installed client where they name none.
        where: What errors name until :meth:`.Lane.happens_in` says otherwise.
        tape: The cassette that is replayed or recorded.
    """
    names = settings.channel
    channel = CHANNEL_BY_NAME[names[0]] if names else default_channel()
    lane = lane_for(settings, where, tape=tape, has_url=True).open()
    with ExitStack() as undo:
        undo.callback(lane.close)
        lane.happens_in(where, way_out="pytest --qchannel-everywhere --qchannel-{option}={value}")
        lane.use(channel)
        undo.pop_all()
    return lane


def traffic_for(
    settings: Settings,
    where: str,
    *,
    world: World | None = None,
    live: LiveRun | None = None,
    tape: ReplayTape | RecordTape | None = None,
) -> Traffic:
    """The traffic of a lane, still closed.

    Args:
        settings: The resolved settings.
        where: The test, for messages.
        world: Gives what an emulated world is built from; by default what the settings name. It
            is called in lanes that have one.
        live: The live run, where the lane is live or recorded from there.
        tape: The cassette that is replayed or recorded.
    """
    if tape is None:
        mode = Mode.EMULATED if settings.mode is Mode.AUTO else settings.mode
        return _answered(settings._replace(mode=mode), UNTAPED[mode], where, world, live, None)
    if tape.is_recording:
        kind = settings.record_from
        assert kind is not None, "whoever makes a tape asks for its source"
        settings = settings._replace(mode=Mode.RECORD)
        return _answered(settings, kind, where, world, live, tape)
    return _replay(settings._replace(mode=Mode.REPLAY), where, tape)


def _answered(
    settings: Settings,
    kind: Source,
    where: str,
    world: World | None,
    live: LiveRun | None,
    tape: RecordTape | None,
) -> Traffic:
    journal, problems = Journal(), list[QChannelError]()
    source = SOURCES[kind](Making(settings, world, live, journal, problems, lambda: network.where))
    secrets = [
        one
        for one in secrets_of_person()
        if one.is_searchable and one.reveal() not in source.own_credentials
    ]
    no_real_secrets = refusing(secrets, lambda: network.where, problems)
    handle = chained((no_real_secrets, *source.links), source.handle)
    # A recording needs the loopback door: vcrpy has to see requests on their way to a socket.
    # What goes to the real services goes by it, too: it sees each resend of the client's urllib3.
    is_direct = tape is None and not source.is_live
    door = settings.door if is_direct else Door.LOOPBACK
    network = ShutNetwork(settings._replace(door=door), where, problems, handle)
    controls = source.controls if tape is None else RecordingControls(source.controls, where)
    return Traffic(
        source.settings,
        network,
        journal,
        problems,
        source.accounts,
        controls,
        source=source,
        tape=tape,
    )


def _replay(settings: Settings, where: str, tape: ReplayTape) -> Traffic:
    journal, problems = Journal(), list[QChannelError]()
    mend = "run the test on the channel that it was recorded on, or record it anew"
    accounts = Accounts(
        tape.cassette.accounts,
        where=f"the cassette {tape.place.path}",
        owner="the cassette",
        advice=mend,
        if_empty=mend,
    )
    network = ShutNetwork(settings, where, problems)
    controls = NoLevers(settings.mode, where)
    return Traffic(settings, network, journal, problems, accounts, controls, tape=tape)
