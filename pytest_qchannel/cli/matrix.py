"""``qchannel matrix``: the legs of a project's CI, from its settings and from its secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import click

from pytest_qchannel.cassette.disk.layout import index_files
from pytest_qchannel.cassette.naming import cassette_name, root_of
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.credentials import own_variable, secret_of
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.cli.group import example
from pytest_qchannel.cli.machine import Machine
from pytest_qchannel.cli.project_settings import settings_here
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.ibm.releases import version_of
from pytest_qchannel.markers import LIVE_QPU
from pytest_qchannel.reading import read_small
from pytest_qchannel.settings import Mode, Settings
from pytest_qchannel.units import unit_id

__all__ = ["Leg", "matrix"]

_LANES: Final = ("replay", "emulated", "live")
_TAPED: Final = "vcr"
"""The marker of tests that have a cassette."""


class Leg(NamedTuple):
    """One leg; its parts are what pytest finds in the variables of the same names.

    Attributes:
        lane: ``QCHANNEL_MODE``.
        channel: ``QCHANNEL_CHANNEL``.
        client: The version of qiskit-ibm-runtime to install.
        addopts: ``PYTEST_ADDOPTS``.
    """

    lane: str
    channel: str
    client: str
    addopts: str

    def variables(self) -> dict[str, str]:
        """What the leg's job has in its environment."""
        return {
            "QCHANNEL_MODE": self.lane,
            "QCHANNEL_CHANNEL": self.channel,
            "CLIENT": self.client,
            "PYTEST_ADDOPTS": self.addopts,
        }


@click.command(epilog=example("qchannel matrix --format github --client 0.45.1,0.51.0"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["github", "gitlab", "json"]),
    default="json",
    show_default=True,
    help="github: one line for a job's strategy.matrix; gitlab: lines for a job's parallel.",
)
@click.option(
    "--client",
    "clients",
    metavar="VERSIONS",
    help="The versions of qiskit-ibm-runtime, a comma list; the installed one without it.",
)
@click.option(
    "--lane",
    "lanes",
    type=click.Choice(_LANES),
    multiple=True,
    help="Only this lane; may be given more than once.",
)
def matrix(form: str, clients: str | None, lanes: tuple[str, ...]) -> None:
    """Print the legs of CI: channels x clients x lanes, from the settings of the project.

    A replay is a leg where there are cassettes, and a live run where the channel's credential is in
    the environment and a Python file here names the marker live_qpu. A channel that a client does
    not know is no leg.

    Ends with exit status 0, also without a leg, and 2 where a setting is wrong.
    """
    try:
        settings, base = settings_here()
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None
    versions = [one.strip() for one in (clients or client_version()).split(",") if one.strip()]
    for one in versions:
        if not version_of(one):
            raise click.BadParameter(f"{one!r} is no version", param_hint="--client")
    marked = _named((_TAPED, LIVE_QPU), Machine.this().modules)
    legs = [
        leg
        for version in versions
        for channel in _channels(settings, version)
        for leg in _legs(settings, base, channel, version, marked)
        if leg.lane in (lanes or _LANES)
    ]
    if "live" in (lanes or _LANES):
        for channel in dict.fromkeys(one for each in versions for one in _channels(settings, each)):
            if why := _why_not_live(channel, marked):
                click.echo(f"no live leg for {channel}: {why}", err=True)
    if form == "github":
        click.echo(json.dumps({"include": [leg._asdict() for leg in legs]}))
    elif form == "gitlab":
        click.echo("\n".join(_as_yaml(legs)))
    else:
        click.echo(json.dumps([leg._asdict() for leg in legs], indent=2))


def _channels(settings: Settings, client: str) -> list[Channel]:
    """The channels of the settings that a client knows; without any, the client's own default."""
    known = [one for one in CHANNEL_BY_NAME.values() if one.is_known_to(version_of(client))]
    if not settings.channel:
        return [one for one in known if not one.is_classic][:1]
    return [one for one in known if one.name in settings.channel]


def _named(markers: Sequence[str], files: Iterable[Path]) -> set[str]:
    """Those of some markers that a file names: with ``-m`` and another one no test would run."""
    found: set[str] = set()
    word = re.compile(rf"\b({'|'.join(markers)})\b".encode())
    for path in files:
        with suppress(OSError):
            found.update(one.decode() for one in word.findall(read_small(path)))
        if len(found) == len(markers):
            break
    return found


def _legs(
    settings: Settings, base: Path, channel: Channel, client: str, marked: Collection[str]
) -> Iterator[Leg]:
    folder = base / root_of(settings.cassettes, client, channel.name)
    if index_files(folder):
        is_whole = settings.everywhere and (folder / cassette_name(unit_id("", "session"))).exists()
        # Where the mode is replay, or the run has one cassette, each test is replayed.
        every = settings.mode is Mode.REPLAY or is_whole or _TAPED not in marked
        yield Leg("replay", channel.name, client, "" if every else f"-m {_TAPED}")
    yield Leg("emulated", channel.name, client, "")
    if not _why_not_live(channel, marked):
        yield Leg("live", channel.name, client, f"-m {LIVE_QPU}")


def _why_not_live(channel: Channel, marked: Collection[str]) -> str:
    """Why a channel has no live leg; empty where it has one. A fork's secrets are empty."""
    if channel.is_classic:
        return "it ended on 2025-07-01"
    if secret_of(channel, os.environ) is None:
        return f"{own_variable(channel, 'TOKEN')} is not set"
    return "" if LIVE_QPU in marked else f"no test has the marker {LIVE_QPU}"


def _as_yaml(legs: list[Leg]) -> Iterator[str]:
    """The value of a job's ``parallel``; a number where there is no leg, as GitLab wants."""
    if not legs:
        yield "parallel: 1  # no leg"
        return
    yield "parallel:"
    yield "  matrix:"
    for leg in legs:
        for at, (name, value) in enumerate(leg.variables().items()):
            yield f"    {'- ' if not at else '  '}{name}: {json.dumps(value)}"
