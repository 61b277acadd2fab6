"""``qchannel cleanup``: ends what live runs left at the real services, and settles what it cost."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.cli.check_live import live_run, live_settings
from pytest_qchannel.cli.group import example
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.by_tags import swept_by_tags
from pytest_qchannel.lanes.live.ledger import Ledger, ledger_path
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.lanes.live.run_id import run_id
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.sweep import Line, Sweep

__all__ = ["cleanup", "swept"]

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_LONG_AGO: Final = "6h"
"""How old what is ended must be where no run is named: another run may be under way."""


class _Age(click.ParamType):  # type: ignore[type-arg]  # it is generic since click 8.2
    name = "AGE"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds of a text as ``6h``."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no age; write it as 90s, 30m, 6h or 2d", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command(epilog=example("qchannel cleanup --older-than 6h --dry-run"))
@click.option(
    "--run", "name", metavar="ID", help="End what this run left (default: CI's own, else all)."
)
@click.option(
    "--older-than",
    "age",
    type=_Age(),
    help=f"End only what is older, as 90s, 30m, 6h or 2d (default where no run is known: "
    f"{_LONG_AGO}).",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what there is, and end nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--secrets", default="", metavar="FILE", help="A dotenv file with the credentials.")
def cleanup(
    name: str | None, age: float | None, secrets: str, *, is_dry: bool, as_json: bool
) -> None:
    """Cancel jobs and close sessions that live runs left, and settle what they cost.

    They are found in the ledgers below .qchannel/live, and by their tags at the service, so that it
    works on another machine, too.

    Ends with exit status 0 if nothing is left, 1 if something is, or where it could not be
    told, 2 where there is no credential to ask with.
    """
    run = live_run(live_settings(secrets=secrets))
    unasked: list[str] = []
    try:
        named = name or _of_ci()
        if named is None and age is None:
            age = _Age().convert(_LONG_AGO, None, None)
        before = None if age is None else run.clock.now() - age
        lines = swept(run, Path.cwd(), named, before, unasked, is_dry=is_dry)
    except QChannelError as problem:
        raise click.ClickException(str(problem)) from None
    finally:
        run.close()
    left = sum(one.is_left or one.did == "found" for one in lines)
    if as_json:
        found = [asdict(one) for one in lines]
        click.echo(json.dumps({"left": left, "found": found, "unasked": unasked}, indent=2))
    else:
        for one in lines:
            why = f": {one.why}" if one.why else ""
            click.echo(f"{one.did} {one.kind} {one.name} of run {one.run}{why}")
        about = f"run {named}" if named else "all runs"
        click.echo(f"{about}: {len(lines)} looked at, {left} left")
    for why in unasked:
        click.echo(f"not known what is left: {why}", err=True)
    if left or unasked:
        raise SystemExit(1)


def swept(
    run: LiveRun,
    root: Path,
    named: str | None,
    before: float | None,
    unasked: list[str],
    *,
    is_dry: bool = False,
) -> list[Line]:
    """Ends what live runs left, by the ledgers below a folder and by tags.

    Args:
        run: Has the credentials, and the way to the services.
        root: The folder of the project.
        named: The run; ``None``: all of them.
        before: Only what is older, in seconds since the epoch.
        unasked: Is told of each instance that could not be asked.
        is_dry: Whether it is only told what there is.
    """
    lines = [*_by_ledgers(run, root, named, before, is_dry=is_dry)]
    return [*lines, *swept_by_tags(run, named, unasked, before=before, is_dry=is_dry)]


def _of_ci() -> str | None:
    """The name of the run that CI's variables give, if they do."""
    found = run_id(os.environ)
    return found.text if found.is_told else None


def _by_ledgers(
    run: LiveRun, root: Path, named: str | None, before: float | None, *, is_dry: bool
) -> Iterator[Line]:
    """What the files of this machine have."""
    folder = ledger_path(root, "any").parent
    paths = [ledger_path(root, named)] if named else sorted(folder.glob("*.sqlite"))
    for path in paths:
        if not path.is_file():
            continue
        try:
            settling = Settling(Ledger(path, path.stem, run.clock.now), run.clock)
            entries = settling.ledger.entries(is_open=True)
        except (OSError, ValueError, LookupError, QChannelError) as error:
            why = error.headline if isinstance(error, QChannelError) else error
            click.echo(f"{path} cannot be read ({why}); jobs are found by their tags", err=True)
            continue
        open_ones = [one for one in entries if before is None or one.changed_at < before]
        if is_dry:
            for one in open_ones:
                yield Line(one.kind, one.remote or one.tag, path.stem, "found", str(one.state))
            continue
        sweep = Sweep(path.stem, settling, run.access_of, run.send)
        yield from sweep.sweep(open_ones, run.settings.sweep_timeout, is_last=True)
