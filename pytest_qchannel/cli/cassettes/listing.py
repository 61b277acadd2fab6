"""``qchannel cassettes list``: which cassettes there are, and where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_qchannel.cli.cassettes.folder import argument, counted, folder_of, shown, size_words

if TYPE_CHECKING:
    from pytest_qchannel.cassette.survey import Entry

__all__ = ["list_cassettes"]


@click.command("list")
@argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def list_cassettes(folder: Path | None, *, as_json: bool) -> None:
    """List all cassettes: their tests, where they come from, what is in them.

    DIR is the folder of all cassettes; without it the one that pytest uses here, cassettes/ if
    nothing else is set.

    Ends with exit status 0 if every cassette can be replayed, 1 if one is damaged, 2 if there is no
    such folder.
    """
    from pytest_qchannel.cassette.store import Store
    from pytest_qchannel.cassette.survey import survey

    root = folder_of(folder, "list DIR")
    entries = list(survey(Store(root)))
    damaged = [one for one in entries if one.problem]
    if as_json:
        document = {"ok": not damaged, "cassettes": [_plain(one) for one in entries]}
        click.echo(json.dumps(document, indent=2))
    else:
        _print_table(entries)
        for one in damaged:
            click.echo(f"DAMAGED {shown(one.path)}: {one.problem.headline if one.problem else ''}")
        said = f"{counted(entries, 'cassette')} in {shown(root)}"
        click.echo(f"{said}, {len(damaged)} damaged" if damaged else said)
    if damaged:
        raise SystemExit(1)


def _plain(one: Entry) -> dict[str, Any]:
    return {
        "cassette": one.name,
        "path": str(one.path),
        "test": one.test,
        "passport": one.passport.to_plain() if one.passport else None,
        "interactions": one.interactions,
        "jobs": one.jobs,
        "index_bytes": one.size,
        "problem": str(one.problem) if one.problem else None,
    }


_COLUMNS = ("cassette", "test", "channel", "source", "recorded", "client")
_NUMBERS = ("interactions", "jobs", "index")


def _print_table(entries: list[Entry]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 2000  # a file or a pipe has no width that a line must keep to
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    for name in _COLUMNS:
        table.add_column(name, overflow="fold")
    for name in _NUMBERS:
        table.add_column(name, justify="right", overflow="fold")
    for one in entries:
        passport = one.passport
        if passport is None:
            words = [Text(one.name), Text(one.test), Text(), Text("DAMAGED", style="bold red")]
            table.add_row(*words, "", "", "", "", size_words(one.size))
            continue
        recorded = passport.recorded_at.replace("T", " ")[:16]
        origin = (passport.channel, passport.recorded_from, recorded, passport.client)
        numbers = (str(one.interactions), str(one.jobs), size_words(one.size))
        table.add_row(*map(Text, (one.name, one.test, *origin, *numbers)))
    if entries:
        console.print(table)
