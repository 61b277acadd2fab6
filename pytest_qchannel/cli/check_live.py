"""``qchannel check --live``: the flows on the real services, and where these differ from ours."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.channels.credentials import own_variable
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.channels.secrets_file import environ_with
from pytest_qchannel.cli.cassettes.folder import written
from pytest_qchannel.cli.flows import ONE_JOB, READS, Step, walk
from pytest_qchannel.crn import CRN
from pytest_qchannel.drift.ask import Subject
from pytest_qchannel.drift.reference import reference
from pytest_qchannel.drift.report import Report, drift_report
from pytest_qchannel.drift.submit import COST_S, JOBS
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.live.access import Unanswered, answer_of
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.lanes.live.run_id import run_id
from pytest_qchannel.rerun_command import quoted
from pytest_qchannel.settings import Settings, resolve

__all__ = ["DOCUMENT", "check_live", "drift_of", "live_settings"]

DOCUMENT: Final = Path("drift.json")
"""Where the report goes if nobody says where."""

_NAME: Final = "qchannel check"
_MOST_S: Final = 5
"""What the one job of a flow may use: an empty circuit is charged 2 s (observed)."""


def live_settings(**words: str) -> Settings:
    """The settings of a live run, with what the variables say.

    Raises:
        click.UsageError: A value is wrong.
    """
    try:
        return resolve({"mode": "live", **words}, {}, os.environ, {})
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None


def live_run(settings: Settings) -> LiveRun:
    """A live run with the credentials of the environment, or of the secrets file.

    Raises:
        click.UsageError: There are none.
    """
    try:
        environ = environ_with(settings.secrets, os.environ)
        run = LiveRun(settings, environ, run_id(environ).text, Path.cwd())
    except QChannelError as problem:
        raise click.UsageError(str(problem)) from None
    return run


def check_live(
    path: Path, channels: str, budget: str, tell: Callable[[str], None]
) -> tuple[list[Step], Report, list[Channel]]:
    """Walks the flows, then every free route, read-only, and writes what differs.

    Args:
        path: Where the report of differences goes.
        channels: Those that are walked, a comma list; of them those with a credential.
        budget: As ``--qchannel-budget``: with 0 nothing is submitted.
        tell: Called with each request of the flows, as a line.

    Returns:
        The steps of the flows, the report, and the channels whose instance has no limit.

    Raises:
        click.UsageError: There is no credential, nobody answers, or there is no such folder.
    """
    if not path.parent.is_dir():
        raise click.UsageError(
            f"--output: there is no folder {path.parent}; next: mkdir -p {quoted(str(path.parent))}"
        )
    settings = live_settings(channel=channels, budget=budget)
    run = live_run(settings)
    try:
        chosen = [one for one in run.held if one.name in settings.channel]
        if not chosen:
            names = ", ".join(one.name for one in run.held)
            raise click.UsageError(f"--channel: there are credentials for {names} only")
        for one in chosen:
            _tell_of_several(one, run)
        steps = [step for one in chosen for step in _flows(one, settings, run, tell)]
        report = drift_of(chosen[0], run)
        unlimited = [one for one in chosen if not _has_limit(one, run)]
    except QChannelError as problem:
        raise click.UsageError(str(problem)) from None
    finally:
        run.close()
    written(path, json.dumps(report.document(), indent=1) + "\n")
    return steps, report, unlimited


def _flows(
    channel: Channel, settings: Settings, run: LiveRun, tell: Callable[[str], None]
) -> list[Step]:
    jobs = len(run.held)
    is_reading = _is_reading(run)
    run.begin(Allowance(_NAME, None if is_reading else jobs * _MOST_S, jobs))
    only = READS if is_reading else READS | ONE_JOB
    with _swept(run):
        return list(walk(channel, settings, tell, live=run, only=only))


def drift_of(channel: Channel, run: LiveRun) -> Report:
    """Where the service differs, asked as the account of a channel.

    What costs goes through the rules of the live run, and the reads, which are wrong on purpose,
    do not: a request without a credential is refused there.
    """
    instance = run.instances_of(channel)[0]
    subject = Subject(run.held[channel], CRN.parse(instance.id))
    ours, secrets = reference(Clock(time.time)), secrets_of_person()
    if _is_reading(run):
        return drift_report(run.send, subject, ours, secrets)
    run.begin(Allowance(f"{_NAME}, drift", JOBS * COST_S, JOBS))
    guarded = chained(run.rules(), run.send)
    with _swept(run):
        return drift_report(run.send, subject, ours, secrets, run.clock.sleep, guarded)


def _is_reading(run: LiveRun) -> bool:
    return run.terms.budget.tier == "read"


@contextmanager
def _swept(run: LiveRun) -> Iterator[None]:
    """Ends what is left, whatever happened."""
    try:
        yield
    finally:
        for line in run.sweep_all(run.settings.sweep_timeout):
            if line.is_left:
                click.echo(f"left behind: {line.kind} {line.name}: {line.why}", err=True)


def _tell_of_several(channel: Channel, run: LiveRun) -> None:
    """Says which instance is asked, where nobody has chosen one."""
    first, *others = run.instances_of(channel)
    if others:
        click.echo(
            f"{channel}: the account has {len(others) + 1} instances, and {first.name} is asked; "
            f"to ask another one, set {own_variable(channel, 'INSTANCE')}",
            err=True,
        )


def _has_limit(channel: Channel, run: LiveRun) -> bool:
    """Whether the instance says how much it may cost at most; yes where it says nothing."""
    access = run.access(channel, run.instances_of(channel)[0].id)
    try:
        told = answer_of(access.request("GET /instance"), run.send)
    except Unanswered:
        return True
    return told.get("instance_limit_seconds") is not None
