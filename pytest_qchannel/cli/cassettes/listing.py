"""``qchannel cassettes list``: which cassettes there are, and where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click
from rich import box
from rich.table import Table
from rich.text import Text

from pytest_qchannel.cassette.disk.inventory import Entry, survey
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cli.cassettes.folder import argument, folder_of, shown, size_words
from pytest_qchannel.cli.console import console
from pytest_qchannel.cli.group import example
from pytest_qchannel.counted import counted

__all__ = ["list_cassettes"]


@click.command("list", epilog=example("qchannel cassettes list --json"))
@argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def list_cassettes(folder: Path | None, *, as_json: bool) -> None:
    """List all cassettes: their tests, where they come from, what is in them.

    DIR is the folder of all cassettes; without it the one that pytest uses here, cassettes/ if
    nothing else is set.

    Ends with exit status 0 if every cassette can be replayed, 1 if one is damaged, 2 if there is no
    such folder.
    """
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


def _plain(one: Entry) -> dict[str, object]:
    return {
        "cassette": one.name,
        "path": str(one.path),
        "test": one.test,
        "passport": one.provenance.to_plain() if one.provenance else None,
        "interactions": one.interactions,
        "jobs": one.jobs,
        "index_bytes": one.size,
        "problem": str(one.problem) if one.problem else None,
    }


_PAIRS: Final[tuple[tuple[str, ...], ...]] = (
    ("test", "cassette"),
    ("channel", "source"),
    ("recorded", "client"),
    ("interactions", "jobs"),
    ("index",),
)
"""What stands under each other at a terminal; elsewhere each has a column of its own."""

_ALL: Final = tuple(name for pair in _PAIRS for name in pair)
_NUMBERS: Final = ("interactions", "jobs", "index")


def _print_table(entries: list[Entry]) -> None:
    if not entries:
        return
    out = console(width=2000)
    pairs = _PAIRS
    if not out.is_terminal:
        pairs = tuple((name,) for name in _ALL)
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    for names in pairs:
        table.add_column(
            "\n".join(names),
            justify="right" if names[0] in _NUMBERS else "left",
            overflow="fold",
            no_wrap="test" not in names,
        )
    for one in entries:
        words = _words(one)
        style = "red" if one.problem else ""
        table.add_row(
            *(Text("\n".join(words[name] for name in names), style=style) for names in pairs)
        )
    out.print(table)


def _words(one: Entry) -> dict[str, str]:
    words = {"test": one.test, "cassette": one.name, "index": size_words(one.size)}
    if one.provenance is None:
        return dict.fromkeys(_ALL, "") | words | {"source": "DAMAGED"}
    return words | {
        "channel": one.provenance.channel,
        "source": one.provenance.recorded_from,
        "recorded": one.provenance.recorded_at.replace("T", " ")[:16],
        "client": one.provenance.client,
        "interactions": str(one.interactions),
        "jobs": str(one.jobs),
    }
