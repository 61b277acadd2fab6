"""``qchannel doctor``: what is wrong with a set-up, and the command that mends it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

import click
from rich import box
from rich.table import Table
from rich.text import Text

from pytest_qchannel.channels.credentials import secrets_in
from pytest_qchannel.cli.console import console
from pytest_qchannel.cli.doctor import environment, installed, project, recordings
from pytest_qchannel.cli.doctor.findings import Check, Finding, State
from pytest_qchannel.cli.group import example
from pytest_qchannel.cli.machine import Machine
from pytest_qchannel.errors import nearest
from pytest_qchannel.secret import Secret, hide_all

__all__ = ["CHECKS", "Row", "doctor", "examine"]

CHECKS: Final = (*installed.CHECKS, *environment.CHECKS, *project.CHECKS, *recordings.CHECKS)

_STYLES: Final = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


class Row(NamedTuple):
    """A finding of a check."""

    check: Check
    finding: Finding


def examine(machine: Machine, checks: Iterable[Check] = CHECKS) -> list[Row]:
    """What the checks see: at least one row of each."""
    rows: list[Row] = []
    secrets = list(secrets_in(machine.environ))
    for check in checks:
        found = list(check.look(machine)) or [Finding(State.OK, check.fine(machine))]
        rows += [Row(check, _shown(one, secrets)) for one in found]
    return rows


def _shown(one: Finding, secrets: list[Secret]) -> Finding:
    """A finding in one line, without the value of a credential that was put elsewhere, too."""
    seen = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in one.seen)
    return one._replace(seen=hide_all(seen, secrets), next=hide_all(one.next, secrets))


def _chosen(ids: tuple[str, ...]) -> list[Check]:
    known = {check.id: check for check in CHECKS}
    for one in ids:
        if one not in known:
            close = nearest(one, known)
            hint = f" Did you mean {close!r}?" if close else ""
            raise click.UsageError(f"There is no check {one!r}.{hint} Checks: {', '.join(known)}.")
    return [check for check in CHECKS if check.id in ids or not ids]


@click.command(epilog=example("qchannel doctor --only variables --only settings"))
@click.option(
    "--only",
    "ids",
    metavar="ID",
    multiple=True,
    help="Look at this only; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def doctor(ids: tuple[str, ...], *, as_json: bool) -> None:
    """Look at this folder, the environment and what is installed; say what mends it.

    Changes nothing, asks nobody and sends nothing. Each line has the id of its check, how it stands
    (ok, warn, fail), what was seen, and a command that mends it. Values of variables that hold
    secrets are never shown.

    Ends with exit status 0, also with warnings; 1 if something fails; 2 if there is no such check.
    """
    rows = examine(Machine.this(), _chosen(ids))
    fails = any(row.finding.state is State.FAIL for row in rows)
    if as_json:
        document = {
            "ok": not fails,
            "checks": [
                {
                    "id": row.check.id,
                    "state": row.finding.state.value,
                    "seen": row.finding.seen,
                    "next": row.finding.next or None,
                }
                for row in rows
            ],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _print(rows)
    if fails:
        raise SystemExit(1)


def _print(rows: list[Row]) -> None:
    """A table of what was seen, then the commands by themselves: a table would break them."""
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    for name in ("check", "", "seen"):
        table.add_column(name, overflow="fold", no_wrap=name != "seen")
    for check, finding in rows:
        state = Text(finding.state.value, style=_STYLES[finding.state])
        table.add_row(check.id, state, Text(finding.seen))
    console().print(table)
    bad = [row for row in rows if row.finding.next]
    for row in bad:
        click.echo(f"{row.check.id}: {row.finding.next}")
    counts = [sum(row.finding.state is state for row in rows) for state in State]
    if bad:
        click.echo()
    click.echo(f"{counts[0]} ok, {counts[1]} to look at, {counts[2]} to mend")
