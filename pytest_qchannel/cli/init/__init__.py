"""``qchannel init``: a first test, and what goes with it, for a project that has none."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import click

from pytest_qchannel.cli.group import example
from pytest_qchannel.cli.init.plan import NewFile, Plan, plan_for
from pytest_qchannel.cli.machine import Machine

__all__ = ["init"]


class _Unwritten(click.ClickException):
    exit_code = 2


@click.command(epilog=example("qchannel init --write"))
@click.option("--write", is_flag=True, help="Write the files; without it they are only shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a diff.")
def init(*, write: bool, as_json: bool) -> None:
    """Show, or with --write write, a first test for the project in this folder.

    Asks nothing. Looks at how the project configures pytest, where its tests are, what they import
    and which CI it has, and shows as a diff what is missing: a test that is green as it stands, a
    .gitignore, a file for CI. A file that is there is never changed: the lines to add to it are
    printed. A second time is the same as once.

    Ends with exit status 0; 2 if a file cannot be written.
    """
    machine = Machine.this()
    plan = plan_for(machine)
    if write:
        for one in plan.new:
            _write(machine.here, one)
    if as_json:
        click.echo(json.dumps(_document(plan, write=write), indent=2))
    else:
        _print(plan, write=write)


def _write(here: Path, one: NewFile) -> None:
    path = here / one.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # x: never one that is there
            file.write(one.text)
    except OSError as error:
        raise _Unwritten(
            f"{one.path} cannot be written: {error.strerror}. Make {one.path.parent} a folder that "
            "may be written to, and again: qchannel init --write"
        ) from None


def _document(plan: Plan, *, write: bool) -> dict[str, object]:
    return {
        "written": write,
        "new": [{"path": one.path.as_posix(), "text": one.text} for one in plan.new],
        "add": [{"path": one.path.as_posix(), "text": one.text} for one in plan.add],
        "there": list(plan.there),
    }


def _print(plan: Plan, *, write: bool) -> None:
    for one in plan.new:
        path = one.path.as_posix()
        diff = difflib.unified_diff(
            [], one.text.splitlines(keepends=True), "/dev/null", f"b/{path}"
        )
        click.echo("".join(diff))
    for lines in plan.add:
        click.echo(f"Add to {lines.path.as_posix()}, which is left as it is:\n")
        click.echo("".join(f"    {line}\n" for line in lines.text.splitlines()))
    for said in plan.there:
        click.echo(f"There already: {said}.")
    if not plan.new:
        click.echo("Nothing to write.")
    elif write:
        click.echo(f"Written: {', '.join(one.path.as_posix() for one in plan.new)}")
    else:
        click.echo("Nothing is written yet: qchannel init --write")
