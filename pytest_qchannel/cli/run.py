"""``qchannel run``: a program on the emulator, without a line of it changed."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from pytest_qchannel import rerun_command
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.cli.as_python import flush, program_of, show, status_of
from pytest_qchannel.cli.group import INTERRUPTED, example, in_our_words
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.assemble import lane_of_process
from pytest_qchannel.secret import hide_all
from pytest_qchannel.settings import CHANNELS, Door, Settings, check_variables, resolve

__all__ = ["run"]

_LAST: Final = ("-m", "-c")


class _RunCommand(click.Command):
    """A command whose options end at the program, as python's do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's; whatever follows ``-m MODULE`` or ``-c CODE`` is the program's."""
        with_value = {
            name
            for one in self.params
            if isinstance(one, click.Option) and not one.is_flag
            for name in one.opts
        } - {*_LAST}
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] not in ("-", "--"):
            if args[at].startswith(_LAST):
                end = at + (2 if args[at] in _LAST else 1)
                args = [*args[:end], "--", *args[end:]]
                break
            at += 2 if args[at] in with_value else 1
        return super().parse_args(ctx, args)


@click.command(
    cls=_RunCommand,
    context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS]",
    epilog=example("qchannel run --journal sent.jsonl app.py"),
)
@click.option("-m", "module", metavar="MODULE", help="Run a module, as python -m does.")
@click.option("-c", "code", metavar="CODE", help="Run this text, as python -c does.")
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    help="Whose account is in the environment (default: the installed client's channel).",
)
@click.option("--seed", type=click.IntRange(0), help="Fixes ids and counts (default: 0).")
@click.option("--world", metavar="FILE", help="The world to emulate, a TOML file.")
@click.option(
    "--door",
    type=click.Choice([one.value for one in Door]),
    help="How requests get to the emulator; loopback serves httpx, aiohttp and others, too.",
)
@click.option("--allowed-hosts", metavar="HOSTS", help="Hosts that may be reached, a comma list.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what was sent and answered to this file, a line of JSON each.",
)
@click.argument(
    "script", nargs=-1, type=click.UNPROCESSED, metavar="(SCRIPT | - | -m MODULE | -c CODE) [ARGS]"
)
def run(
    script: tuple[str, ...],
    module: str | None,
    code: str | None,
    channel: str | None,
    seed: int | None,
    world: str | None,
    door: str | None,
    allowed_hosts: str | None,
    journal: Path | None,
) -> None:
    """Run a Python program with the whole process on the emulator.

    SCRIPT is a file, a folder or zip file with a __main__.py, or - for standard input. What stands
    behind it belongs to the program.

    Ends with the program's exit status, but 1 where that would be 0 and the program met something
    that the emulator does not do; 2 if there is no such program.
    """
    given = {
        "channel": channel,
        "seed": None if seed is None else str(seed),
        "world": world,
        "door": door,
        "allowed_hosts": allowed_hosts,
    }
    settings = _settings({"mode": "emulated", "everywhere": "1", **given})
    name, program = program_of(script, module, code)
    first = ("-m", module) if module is not None else ("-c", code) if code is not None else ()
    watch = _Watch(name, settings, journal, _start_of(given, (*first, *script)))
    watch.run(program)
    raise SystemExit(watch.status)


at_exit: Callable[[Callable[[], None]], object] = atexit.register
"""What calls the end of a run; tests replace it."""


class _Watch:
    """The process on the emulator, from before the program until the interpreter ends.

    It stays there when the program has ended, because threads and exit handlers of the program
    may still send something.
    """

    def __init__(
        self, name: str, settings: Settings, journal: Path | None, start: rerun_command.Start
    ) -> None:
        self.status = 0
        # Now: the program may go elsewhere.
        self._journal = None if journal is None else journal.absolute()
        self._pid = os.getpid()
        rerun_command.started(start)
        try:
            self._lane = lane_of_process(settings, name)
        except UsageProblem as problem:
            rerun_command.ended()
            raise click.UsageError(in_our_words(problem)) from None
        self._lane.happens_in(name, who="a program", way_out="qchannel run --{option}={value}")
        at_exit(self._end)

    def run(self, program: Callable[[], object]) -> None:
        """Runs the program; :attr:`status` is its exit status then."""
        try:
            program()
        except SystemExit as end:
            self.status = status_of(end.code)
        except KeyboardInterrupt as interrupt:
            show(interrupt)
            self.status = INTERRUPTED
        except BaseException as error:  # whatever it is, it is the program's
            hints = self._hints(error)
            show(error)
            for hint in hints:
                _say(f"qchannel: {hint}")
            self.status = 1
        self._tell_problems()

    def _hints(self, error: BaseException) -> list[str]:
        """What the emulated world knows of it; an error of a program may raise when looked at."""
        if not isinstance(error, QChannelError):  # which says what to do
            with suppress(Exception):
                return self._lane.hints(error)
        return []

    def _tell_problems(self) -> bool:
        problems = self._lane.take_problems()
        flush()
        return self._tell(problems)

    def _tell_faults(self) -> bool:
        """Complains of what the world declares and what did not happen."""
        is_asked = self.status != INTERRUPTED
        return self._tell(self._lane.unmet_faults_of_world().values() if is_asked else ())

    def _tell(self, wrong: Collection[object]) -> bool:
        """Says what is wrong; whether the program would have ended well without it."""
        for one in wrong:
            _say(f"qchannel: {one}")
        if not wrong or self.status:
            return False
        self.status = 1
        return True

    def _end(self) -> None:
        if os.getpid() != self._pid:
            return  # a child that the program forked
        is_late = self._tell_problems() | self._tell_faults()
        lane = self._lane
        requests, jobs = len(lane.requests), len(lane.emulator.jobs)
        if self._journal is not None:
            try:
                _write_journal(self._journal, lane.requests)
            except OSError as error:  # the folder is gone, or the disk is full
                _say(f"qchannel: --journal {self._journal} cannot be written: {error.strerror}")
                is_late = is_late or self.status == 0
                self.status = self.status or 1
        lane.close()
        rerun_command.ended()
        _say(f"qchannel: {lane.mode} lane, {counted(requests, 'request')}, {counted(jobs, 'job')}")
        if is_late:
            # The interpreter has its exit status already.
            flush()
            os._exit(self.status)


def _start_of(given: Mapping[str, str | None], words: tuple[str, ...]) -> rerun_command.Start:
    """How the program was started, for the commands that errors give."""
    said = {key.replace("_", "-"): value for key, value in given.items()}
    typed = tuple(f"--qchannel-{name}={value}" for name, value in said.items() if value)
    here, program = Path.cwd(), rerun_command.Program(words, frozenset(said))
    return rerun_command.Start(here, here, typed=typed, program=program)


def _say(text: str) -> None:
    with suppress(ValueError, OSError):
        click.echo(hide_all(text, secrets_of_person()), err=True)


def _settings(given: dict[str, str | None]) -> Settings:
    try:
        check_variables(os.environ)
        return resolve(given, {}, os.environ, {})
    except UsageProblem as problem:
        raise click.UsageError(in_our_words(problem)) from None


def _write_journal(path: Path, journal: Journal) -> None:
    lines = (
        json.dumps(
            {
                "number": one.number,
                "method": one.method,
                "url": one.url,
                "status": one.status,
                "job_id": one.job_id,
                "auth": one.auth_scheme,
                "body": one.body,
            }
        )
        for one in journal
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
