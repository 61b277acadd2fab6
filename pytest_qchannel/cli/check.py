"""``qchannel check``: IBM's "test your setup" as a program, on every channel, offline."""

from __future__ import annotations

import json
import logging
import warnings
from typing import Any

import click

from pytest_qchannel._version import __version__
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import CHANNELS, Settings, resolve

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
        _print_table(steps, client_version())
        click.echo("Every step holds." if holds else "Not every step holds.")
    if not holds:
        raise SystemExit(1)


def _print_table(steps: list[Any], client: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {True: ("ok", "green"), False: ("FAILED", "bold red"), None: ("-", "yellow")}
    table = Table(
        title=f"qchannel check: emulated lane, qiskit-ibm-runtime {client}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for column in ("channel", "flow", "step", "", "backend", "job id", "counts"):
        table.add_column(column, no_wrap=column in ("channel", "job id", "backend"))
    table.add_column("ms", justify="right")
    table.add_column("what was done")
    shown = ""
    for step in steps:
        word, style = marks[step.ok]
        counts = " ".join(f"{key}:{value}" for key, value in sorted((step.counts or {}).items()))
        label = f"{step.channel} {step.flow}"
        table.add_row(
            step.channel if not shown.startswith(f"{step.channel} ") else "",
            step.flow if label != shown else "",
            step.name,
            Text(word, style=style),
            step.backend or "",
            step.job_id or "",
            counts,
            f"{1000 * step.seconds:.0f}" if step.ok is not None else "",
            Text(step.detail),
        )
        shown = label
    console = Console(highlight=False)
    # Piped or narrow, a table must not fold its ids: it is as wide as it needs to be.
    needed = table.__rich_measure__(console, console.options.update(max_width=400)).maximum
    console.width = max(console.width, needed) if not console.is_terminal else console.width
    console.print(table)
