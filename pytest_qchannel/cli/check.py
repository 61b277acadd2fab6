"""``qchannel check``: IBM's "test your setup" as a program, on every channel, offline."""

from __future__ import annotations

import itertools
import json
import logging
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource
from rich import box
from rich.table import Table
from rich.text import Text

from pytest_qchannel._version import __version__
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.check_cassettes import CheckCassettes
from pytest_qchannel.cli.console import console
from pytest_qchannel.cli.group import example
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import CHANNELS, Mode, Settings, Source, resolve

if TYPE_CHECKING:
    from pytest_qchannel.cli.flows import Step

__all__ = ["check"]

_MODES: Final = (Mode.EMULATED.value, Mode.REPLAY.value, Mode.RECORD.value)


def _settings(channels: str, seed: int, mode: str) -> Settings:
    words = {"channel": channels, "seed": str(seed), "mode": mode, "record_from": "emulator"}
    try:
        return resolve(words, {}, {}, {})
    except UsageProblem as problem:
        raise click.BadParameter(str(problem), param_hint="--channel") from None


@click.command(epilog=example("qchannel check --channel ibm_cloud,ibm_quantum --json"))
@click.option(
    "--channel",
    "channels",
    default=",".join(CHANNELS),
    show_default=True,
    help="The channels to walk, a comma list.",
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="Fixes ids and counts."
)
@click.option(
    "--mode",
    type=click.Choice(_MODES),
    default=_MODES[0],
    show_default=True,
    help="Where answers come from; record writes cassettes of what the emulator answers.",
)
@click.option(
    "--cassettes",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of cassettes. A recording goes to ./cassettes without it, and a replay takes "
    "those that came with this package.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
@click.option("--verbose", is_flag=True, help="Show every request and the client's own messages.")
@click.option(
    "--live",
    is_flag=True,
    help="Walk the real services, with the credentials of the environment, and write where they "
    "differ from the emulator.",
)
@click.option(
    "--budget",
    default="0",
    show_default=True,
    metavar="BUDGET",
    help="With --live: 0 submits nothing, dry takes no QPU time, N are QPU seconds.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where --live writes its report of differences; ./drift.json without it.",
)
@click.pass_context
def check(
    ctx: click.Context,
    channels: str,
    seed: int,
    mode: str,
    folder: Path | None,
    *,
    as_json: bool,
    verbose: bool,
    live: bool,
    budget: str,
    output: Path | None,
) -> None:
    """Walk login, least_busy, Sampler and logout on each channel, against the emulator.

    With --mode replay the same steps are walked from cassettes, and the emulator is not there.

    Ends with exit status 0 if every step holds, 1 if one does not, 2 if an option is wrong.
    """
    settings = _settings(channels, seed, mode)
    _refuse_what_means_nothing(ctx, settings.mode, live=live)
    if not verbose:
        logging.getLogger("qiskit_ibm_runtime").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")

    def tell(line: str) -> None:
        if verbose:
            click.echo(f"    {line}", err=True)

    if live:
        _check_live(output, channels, budget, tell, as_json=as_json)
        return
    from pytest_qchannel.cli.flows import walk  # here: it loads Qiskit

    try:
        cassettes = CheckCassettes(settings, folder)
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None
    steps = []
    for name in settings.channel or CHANNELS:
        for step in walk(CHANNEL_BY_NAME[name], settings, tell, cassettes):
            steps.append(step)
            if verbose:
                click.echo(f"{step.channel}, {step.flow}: {step.name}", err=True)
    if not _told(settings, steps, as_json=as_json):
        raise SystemExit(1)


def _told(settings: Settings, steps: list[Step], *, as_json: bool) -> bool:
    """Prints what was walked; whether every step holds."""
    holds, lane = _holds(steps), _lane(settings.mode, steps)
    if as_json:
        document = {
            "ok": holds,
            "lane": settings.mode.value,
            "answers": lane,
            "seed": None if settings.mode is Mode.REPLAY else settings.seed,
            "client": client_version(),
            "pytest_qchannel": __version__,
            "steps": [asdict(step) for step in steps],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _print_tables(steps, lane, client_version())
        click.echo(_verdict(holds=holds))
    return holds


def _holds(steps: Iterable[Step]) -> bool:
    # The flow "client" is of a channel that the installed one does not know.
    return all(step.ok is True for step in steps if step.flow != "client")


def _verdict(*, holds: bool) -> str:
    return "Every step holds." if holds else "Not every step holds."


def _check_live(
    output: Path | None, channels: str, budget: str, tell: Callable[[str], None], *, as_json: bool
) -> None:
    """Walks the real services; ends with 1 where a step does not hold, or they differ."""
    from pytest_qchannel.cli.check_live import DOCUMENT, check_live  # here: it loads Qiskit

    path = output or DOCUMENT
    steps, report, unlimited = check_live(path, channels, budget, tell)
    holds = _holds(steps)
    if as_json:
        document = {"ok": holds, "steps": [asdict(one) for one in steps]}
        click.echo(json.dumps({**document, "drift": report.document()}, indent=2))
    else:
        _print_tables(steps, "live lane", client_version())
        click.echo(_verdict(holds=holds))
        click.echo(report.text(), nl=False)
    for channel in unlimited:
        click.echo(
            f"{channel}: the instance has no limit of its own: give it an instance_limit_seconds, "
            "the one guard that holds if everything here fails",
            err=True,
        )
    click.echo(f"written: {path}", err=True)
    if report.drifted or not holds:
        raise SystemExit(1)


_OF_LIVE: Final = {"output": "writes a report", "budget": "spends anything"}
_NOT_LIVE: Final = {"mode": "mode", "seed": "seed", "folder": "cassettes"}


def _refuse_what_means_nothing(ctx: click.Context, mode: Mode, *, live: bool) -> None:
    """Refuses options that the mode would ignore."""

    def is_given(name: str) -> bool:
        return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE

    for name, does in _OF_LIVE.items():
        if is_given(name) and not live:
            raise click.UsageError(f"--{name}: only --live {does}; add --live")
    for name, option in _NOT_LIVE.items():
        if is_given(name) and live:
            raise click.UsageError(
                f"--{option}: with --live the real services answer; leave one of the two out"
            )
    if mode is Mode.EMULATED and is_given("folder"):
        raise click.UsageError(
            "--cassettes: the emulated lane has none; add --mode replay or --mode record"
        )
    if mode is Mode.REPLAY and is_given("seed"):
        raise click.UsageError(
            "--seed: a replay gives the ids and counts that were recorded; leave it out, or record "
            "with it: --mode record"
        )


def _lane(mode: Mode, steps: Iterable[Step]) -> str:
    """The lane that ran, in words: of a replay, what it was recorded from and with."""
    if mode is Mode.EMULATED:
        return "emulated lane"
    if mode is Mode.RECORD:
        return "record lane, from the emulator"
    found = [(step.flow, step.cassette) for step in steps if step.cassette]
    if not found:
        return "replay lane"
    sources = sorted({Source(str(one["recorded_from"])).words for _, one in found})
    # REST is the same for every client: whose it was is told where nothing else was replayed.
    named = [one for flow, one in found if flow != "REST"] or [one for _, one in found]
    clients = sorted({str(one["client"]) for one in named})
    return f"replay lane, recorded from {', '.join(sources)} with client {', '.join(clients)}"


def _print_tables(steps: list[Step], lane: str, client: str) -> None:
    """A table for each flow of each channel, wide enough for a terminal of 80 columns."""
    marks = {True: ("ok", "green"), False: ("FAILED", "bold red"), None: ("-", "yellow")}
    out = console()
    out.print(f"qchannel check: {lane}, qiskit-ibm-runtime {client}")
    for (channel, flow), group in itertools.groupby(steps, lambda one: (one.channel, one.flow)):
        table = Table(
            title=f"{channel}, {flow}",
            title_style="bold",
            title_justify="left",
            box=box.SIMPLE,
            show_header=False,
            padding=(0, 1),
        )
        table.add_column(min_width=22, no_wrap=True)
        table.add_column(min_width=6)
        table.add_column(min_width=7, justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for step in group:
            word, style = marks[step.ok]
            took = f"{1000 * step.seconds:.0f} ms" if step.ok is not None else ""
            table.add_row(step.name, Text(word, style=style), took, Text(_outcome(step)))
        out.print(table)


def _outcome(step: Step) -> str:
    counts = " ".join(f"{key}:{value}" for key, value in sorted((step.counts or {}).items()))
    job = f"job {step.job_id}" if step.job_id else ""
    parts = (step.backend, job, counts and f"counts {counts}", step.detail)
    return ", ".join(part for part in parts if part)
