"""``qchannel check --live``: where the real services and the emulator differ."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.drift.reference import reference
from pytest_qchannel.drift.report import drift_report
from pytest_qchannel.drift.walk import Subject
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.wire import Handle

__all__ = ["DOCUMENT", "check_live"]

DOCUMENT: Final = Path("drift.json")
"""Where the report goes if nobody says where."""


def check_live(path: Path, *, as_json: bool) -> None:
    """Walks the services, read-only, writes the report and prints it.

    Args:
        path: Where the document goes.
        as_json: Whether it is printed, too, in place of the page of text.

    Raises:
        click.UsageError: There is nobody to ask.
        SystemExit: The services are not as the emulator is.
    """
    handle, subject = _live()
    report = drift_report(handle, subject, reference(Clock(time.time)))
    document = json.dumps(report.document(), indent=1)
    path.write_text(document + "\n", encoding="utf-8")
    click.echo(document if as_json else report.text(), nl=as_json)
    if not report.has_limit:
        click.echo(
            "the instance has no limit of its own: give it an instance_limit_seconds, the one "
            "guard that holds if everything here fails",
            err=True,
        )
    click.echo(f"written: {path}", err=True)
    if report.drifted:
        raise SystemExit(1)


def _live() -> tuple[Handle, Subject]:
    """The services, and in whose name they are asked."""
    raise click.UsageError(
        "--live: the live lane does not exist yet; without --live the emulator is checked"
    )
