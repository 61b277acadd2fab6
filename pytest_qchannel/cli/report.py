"""``qchannel report``: JSON reports of runs as one page, or as one JSON report."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pytest_qchannel.cli.cassettes.folder import Failed, shown, size_words, written
from pytest_qchannel.cli.group import example
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.page.merge import merged, read_report
from pytest_qchannel.page.write import page_of

__all__ = ["report"]


@click.command(epilog=example("qchannel report a.json b.json -o all.html"))
@click.argument(
    "reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="A.json ..."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="What to write: a page if it ends in .html, a JSON report if it ends in .json.",
)
def report(reports: tuple[Path, ...], output: Path) -> None:
    """Put JSON reports of runs together, as the legs of a matrix: A.json B.json -o all.html.

    A.json is what pytest --qchannel-report=A.json wrote. One report alone becomes its page. A run
    that stands in two reports is taken once.

    Ends with exit status 0, or 2 if a report cannot be read or the output cannot be written.
    """
    if output.suffix not in (".html", ".json"):
        raise click.UsageError(f"The output ends in .html or .json, not as {shown(output)} does.")
    try:
        read = [read_report(path) for path in reports]
    except UsageProblem as problem:
        raise Failed(str(problem)) from None
    whole = merged(read) if len(read) > 1 else read[0]
    text = page_of(whole) if output.suffix == ".html" else json.dumps(whole, indent=1) + "\n"
    written(output, text)
    size = size_words(output.stat().st_size)
    runs = counted(whole.get("runs") or [whole["run"]], "run")
    click.echo(f"{shown(output)}: {runs}, {counted(whole['tests'], 'test')} ({size})")
