"""``qchannel check``: IBM's "test your setup" as a program, on every channel, offline."""

from __future__ import annotations

import itertools
import json
import logging
import warnings
from typing import TYPE_CHECKING

import click

from pytest_qchannel._version import __version__
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import CHANNELS, Settings, resolve

if TYPE_CHECKING:
    from pytest_qchannel.cli.flows import Step

__all__ = ["check"]


def _settings(channels: str, seed: int) -> Settings:
    try:
        return resolve({"channel": channels, "seed": str(seed)}, {}, {}, {})
    except UsageProblem as problem:
        raise click.BadParameter(str(problem), param_hint="--channel") from None


@click.command()
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
@click.option("--verbose", is_flag=True, help="Show every request and the client's own messages.")
@click.option("--live", is_flag=True, help="Walk the real services (not there yet).")
def check(channels: str, seed: int, *, as_json: bool, verbose: bool, live: bool) -> None:
    """Walk login, least_busy, Sampler and logout on each channel, against the emulator.

    Ends with exit status 0 only if every step holds.
    """
    if live:
        raise click.UsageError(
            "--live: the live lane does not exist yet; without --live the emulator is checked"
        )
    settings = _settings(channels, seed)
    if not verbose:
        logging.getLogger("qiskit_ibm_runtime").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")

    def tell(line: str) -> None:
        if verbose:
            click.echo(f"    {line}", err=True)

    from pytest_qchannel.channels.client import client_version
    from pytest_qchannel.channels.model import CHANNEL_BY_NAME
    from pytest_qchannel.cli.flows import walk

    steps = []
    for name in settings.channel or CHANNELS:
        for step in walk(CHANNEL_BY_NAME[name], settings, tell):
            steps.append(step)
            if verbose:
                click.echo(f"{step.channel}, {step.flow}: {step.name}", err=True)
    holds = all(step.ok is True for step in steps if step.flow != "client")
    if as_json:
        document = {
            "ok": holds,
            "lane": settings.mode.value,
            "seed": settings.seed,
            "client": client_version(),
            "pytest_qchannel": __version__,
            "steps": [step.as_dict() for step in steps],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _print_tables(steps, client_version())
        click.echo("Every step holds." if holds else "Not every step holds.")
    if not holds:
        raise SystemExit(1)


def _print_tables(steps: list[Step], client: str) -> None:
    """A table for each flow of each channel, wide enough for a terminal of 80 columns."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {True: ("ok", "green"), False: ("FAILED", "bold red"), None: ("-", "yellow")}
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no width that a line must keep to
    console.print(f"qchannel check: emulated lane, qiskit-ibm-runtime {client}")
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
        console.print(table)


def _outcome(step: Step) -> str:
    counts = " ".join(f"{key}:{value}" for key, value in sorted((step.counts or {}).items()))
    job = f"job {step.job_id}" if step.job_id else ""
    parts = (step.backend, job, counts and f"counts {counts}", step.detail)
    return ", ".join(part for part in parts if part)
