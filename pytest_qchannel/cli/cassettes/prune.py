"""``qchannel cassettes prune``: removes what no test uses; pytest tells which tests exist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.cassette.disk.inventory import Waste, quarantined, remove, waste_of
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.disk.unused_list import (
    EVERYWHERE_COMMAND,
    PLUGIN,
    VARIABLE,
    UnusedList,
    read_list,
    was_refused,
)
from pytest_qchannel.cassette.problems import CassetteProblem
from pytest_qchannel.cli.cassettes.folder import (
    Failed,
    argument,
    folder_of,
    shown,
    size_words,
)
from pytest_qchannel.cli.group import example
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.rerun_command import quoted
from pytest_qchannel.settings import OPTION_BY_NAME

__all__ = ["prune"]

_FLAG: Final = OPTION_BY_NAME["cassettes"].flag
_TAIL: Final = 15
_COLLECT: Final = "pytest --collect-only -q"


@click.command(epilog=example("qchannel cassettes prune --dry-run"))
@argument
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@click.option("--quarantine", is_flag=True, help="Remove recordings that were not saved, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; asks nothing.")
def prune(
    folder: Path | None, *, yes: bool, dry_run: bool, quarantine: bool, as_json: bool
) -> None:
    """Remove cassettes that no test uses, and bodies that no cassette names.

    Runs "pytest --collect-only", with IBM's hosts shut, to learn which tests exist. A test uses its
    cassette if it has our fixtures and the marker vcr, or if the mode is replay or record; with
    QCHANNEL_MODE=replay in the environment, those of tests without the marker are kept. A module
    that pytest does not collect here keeps its cassettes as long as its file exists. DIR is the
    folder of all cassettes; without it the one that pytest uses here, cassettes/ if nothing else
    is set.

    What would be removed is listed first. Without a terminal to ask at, nothing is removed unless
    --yes is given.

    Ends with exit status 0 if nothing is left to remove, or with --dry-run; 1 if there is something
    and it was not removed; 2 if it could not be told, as where the tests cannot be collected.
    """
    root = folder_of(folder, "prune DIR").absolute()
    told = _collected(root if folder else None)
    if Path(told["folder"]).resolve() != root.resolve():
        raise _failed(
            "pytest uses another folder of cassettes here",
            where=f"{shown(root)}, pytest: {shown(Path(told['folder']))}",
            next=f"qchannel cassettes prune {quoted(shown(Path(told['folder'])))}",
        )
    _require_own(root, Path(told["base"]))
    store = Store(root)
    unused = [(Path(one["path"]), one["why"]) for one in told["unused"]]
    why = {
        root / path.relative_to(told["folder"]): said
        for path, said in unused
        if path.is_relative_to(told["folder"])  # there may be a folder for each channel
    }
    waste = waste_of(store, why.keys(), quarantine=quarantine)
    if as_json:
        _print_document(waste, why, [] if dry_run or not yes else _removed(store, waste))
        if waste.files and not yes and not dry_run:
            raise SystemExit(1)
        return
    _print(waste, why)
    if not quarantine and (kept := quarantined(store)):
        click.echo(f"not listed: {counted(kept, 'file')} in quarantine (see --quarantine)")
    if not waste.files:
        click.echo("nothing to remove")
        return
    if dry_run:
        return
    if not yes and not _asked():
        raise SystemExit(1)
    click.echo(f"{counted(_removed(store, waste), 'file')} removed")


def _removed(store: Store, waste: Waste) -> list[Path]:
    try:
        return remove(store, waste)
    except CassetteProblem as problem:
        raise Failed(str(problem)) from None


def _print_document(waste: Waste, why: dict[Path, str], gone: list[Path]) -> None:
    document = {
        "ok": not waste.files or bool(gone),
        "cassettes": [{"path": str(path), "why": why[path]} for path in waste.cassettes],
        "blobs": [str(path) for path in waste.blobs],
        "quarantined": [str(path) for path in waste.quarantined],
        "removed": [str(path) for path in gone],
        "unclear": str(waste.unclear) if waste.unclear else None,
    }
    click.echo(json.dumps(document, indent=2))


def _asked() -> bool:
    """Whether somebody is there and wants it."""
    if not _is_terminal():
        click.echo("nothing was removed: there is no terminal to ask at; give --yes", err=True)
        return False
    return click.confirm("Remove them?")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _print(waste: Waste, why: dict[Path, str]) -> None:
    if waste.files:
        size = size_words(sum(path.stat().st_size for path in waste.files))
        click.echo(
            f"to remove: {counted(waste.cassettes, 'cassette')}, {counted(waste.blobs, 'blob')}, "
            f"{counted(waste.quarantined, 'file')} in quarantine; {size}"
        )
    for path in waste.cassettes:
        click.echo(f"  {shown(path)}: {why[path]}")
    for path in waste.blobs:
        click.echo(f"  {shown(path)}: no cassette names it")
    for path in waste.quarantined:
        click.echo(f"  {shown(path)}: it was not saved when it was recorded")
    if waste.unclear:
        click.echo(
            "blobs are all kept, because nobody knows which of them a damaged cassette needs:\n"
            f"{waste.unclear}",
            err=True,
        )


def _require_own(root: Path, base: Path) -> None:
    """Passes a folder of this project: the tests of another one are not here."""
    if not root.resolve().is_relative_to(base.resolve()):
        raise _failed(
            "these cassettes are not below this project, so its tests say nothing of them",
            where=f"{root}, project: {base}",
            next="run this command in the project whose tests use them",
        )


def _collected(folder: Path | None) -> UnusedList:
    """What pytest says of the tests and the cassettes here.

    Raises:
        Failed: The tests cannot be collected.
    """
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", PLUGIN]
    if folder is not None:
        command.append(f"{_FLAG}={folder}")
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "unused.json"
        environ = {**os.environ, VARIABLE: str(target)}
        done = subprocess.run(  # noqa: S603 - our own words
            command, env=environ, capture_output=True, text=True, errors="replace", check=False
        )
        told = read_list(target)
        advice = EVERYWHERE_COMMAND if was_refused(target) else ""
    said = (done.stdout + done.stderr).strip().splitlines()[-_TAIL:]
    if told is None:
        raise _failed(
            "pytest did not tell which tests there are, so nothing is removed",
            where=f"{Path.cwd()}, exit status {done.returncode}",
            next=advice or f"{_COLLECT}, with the plugin qchannel loaded",
            facts=[("said", "\n".join(said))],
        )
    if told["failed"]:
        raise _failed(
            "not all tests can be collected, so nothing is removed",
            where=", ".join(told["failed"]),
            next=advice or _COLLECT,
            facts=[("said", "\n".join(said))],
        )
    return told


def _failed(
    headline: str,
    *,
    where: str,
    next: str,  # noqa: A002 - the message's own word
    facts: list[tuple[str, str]] | None = None,
) -> Failed:
    return Failed(str(UsageProblem(headline, where=where, next=next, facts=facts or ())))
