"""``qchannel run``: a program on the emulator, without a line of it changed."""

from __future__ import annotations

import atexit
import builtins
import importlib.util
import json
import os
import runpy
import sys
import traceback
import zipfile
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

import click

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.assemble import lane_of_process
from pytest_qchannel.settings import CHANNELS, Door, Settings, check_variables, resolve

__all__ = ["run"]

INTERRUPTED: Final = 130
"""128 and the number of SIGINT: what shells give for a program that Ctrl-C ended."""

_OWN_FRAMES: Final = (__file__, runpy.__file__, "<frozen runpy>")


class _RunCommand(click.Command):
    """A command whose options end at the script, or at the module's name, as python's do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's; whatever follows ``-m MODULE`` is the module's."""
        with_value = {
            name
            for one in self.params
            if isinstance(one, click.Option) and not one.is_flag
            for name in one.opts
        } - {"-m"}
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] not in ("-", "--"):
            if args[at].startswith("-m"):
                end = at + (2 if args[at] == "-m" else 1)
                args = [*args[:end], "--", *args[end:]]
                break
            at += 2 if args[at] in with_value else 1
        return super().parse_args(ctx, args)


@click.command(
    cls=_RunCommand,
    context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS]",
)
@click.option("-m", "module", metavar="MODULE", help="Run a module, as python -m does.")
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
@click.argument("script", nargs=-1, type=click.UNPROCESSED, metavar="(SCRIPT | -m MODULE) [ARGS]")
def run(
    script: tuple[str, ...],
    module: str | None,
    channel: str | None,
    seed: int | None,
    world: str | None,
    door: str | None,
    allowed_hosts: str | None,
    journal: Path | None,
) -> None:
    """Run a Python program with the whole process on the emulator.

    What stands behind SCRIPT or MODULE belongs to the program. Its exit status is the program's,
    but 1 where that would be 0 and the program met something that the emulator does not do.
    """
    given = {
        "mode": "emulated",
        "everywhere": "1",
        "channel": channel,
        "seed": None if seed is None else str(seed),
        "world": world,
        "door": door,
        "allowed_hosts": allowed_hosts,
    }
    settings = _settings(given)
    if module is None and not script:
        raise click.UsageError("there is nothing to run: name a script, or a module with -m")
    if module is None:
        _require_script(script[0])
    watch = _Watch(script[0] if module is None else f"-m {module}", settings, journal)
    if module is None:
        watch.run(lambda: _run_script(script))
    else:
        sys.argv[:] = ["-m", *script]
        _search_first(os.getcwd())  # noqa: PTH109 - a text, as python puts there
        _require_module(module)
        watch.run(lambda: runpy.run_module(module, run_name="__main__", alter_sys=True))
    raise SystemExit(watch.status)


at_exit: Callable[[Callable[[], None]], object] = atexit.register
"""What calls the end of a run; tests replace it."""


class _Watch:
    """The process on the emulator, from before the program until the interpreter ends.

    It stays there when the program has ended, because threads and exit handlers of the program
    may still send something.
    """

    def __init__(self, name: str, settings: Settings, journal: Path | None) -> None:
        self.status = 0
        self._journal = journal
        self._pid = os.getpid()
        try:
            self._lane = lane_of_process(settings, name)
        except UsageProblem as problem:
            raise click.UsageError(_in_our_words(problem)) from None
        self._lane.happens_in(name, who="a program", way_out="qchannel run --allowed-hosts")
        at_exit(self._end)

    def run(self, program: Callable[[], object]) -> None:
        """Runs the program; :attr:`status` is its exit status then."""
        try:
            program()
        except SystemExit as end:
            self.status = _status(end.code)
        except KeyboardInterrupt as interrupt:
            _show(interrupt)
            self.status = INTERRUPTED
        except BaseException as error:  # whatever it is, it is the program's
            _show(error)
            self.status = 1
        self._tell_problems()

    def _tell_problems(self) -> bool:
        problems = self._lane.take_problems()
        sys.stdout.flush()
        for problem in problems:
            click.echo(f"qchannel: {problem}", err=True)
        if problems and self.status == 0:
            self.status = 1
            return True
        return False

    def _tell_faults(self) -> bool:
        """Complains of what the world declares and what did not happen; whether it is news."""
        unmet = [] if self.status == INTERRUPTED else self._lane.unmet_faults_of_world().values()
        for said in unmet:
            click.echo(f"qchannel: {said}", err=True)
        if unmet and self.status == 0:
            self.status = 1
            return True
        return False

    def _end(self) -> None:
        if os.getpid() != self._pid:
            return  # a child that the program forked
        is_late = self._tell_problems() | self._tell_faults()
        lane = self._lane
        requests, jobs = len(lane.requests), len(lane.emulator.jobs)
        if self._journal is not None:
            _write_journal(self._journal, lane.requests)
        lane.close()
        click.echo(f"qchannel: {lane.mode} lane, {requests} requests, {jobs} jobs", err=True)
        if is_late:
            # The interpreter has its exit status already.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.status)


def _settings(given: dict[str, str | None]) -> Settings:
    try:
        check_variables(os.environ)
        return resolve(given, {}, os.environ, {})
    except UsageProblem as problem:
        raise click.UsageError(_in_our_words(problem)) from None


def _in_our_words(problem: UsageProblem) -> str:
    return str(problem).replace("--qchannel-", "--")


def _require_script(script: str) -> None:
    path = Path(script)
    if path.is_dir():
        if not (path / "__main__.py").is_file():
            raise click.UsageError(f"the directory {script!r} has no __main__.py")
        return
    if path.exists():
        return
    folder = path.parent if path.parent.is_dir() else Path()
    names = [one.name for one in folder.iterdir() if one.suffix in (".py", ".pyz")]
    close = nearest(path.name, names)
    raise click.UsageError(
        f"there is no file {script!r}."
        + (f" Did you mean {str(folder / close)!r}?" if close else "")
    )


def _require_module(module: str) -> None:
    try:
        if importlib.util.find_spec(module) is not None:
            return
    except (ImportError, ValueError):
        pass
    names = [
        one.stem
        for one in Path().iterdir()
        if one.suffix == ".py" or (one / "__init__.py").is_file()
    ]
    close = nearest(module, names)
    hint = f" Did you mean {close!r}?" if close else ""
    raise click.UsageError(f"there is no module named {module!r}.{hint}")


def _has_safe_path() -> bool:
    """Whether this python was told to leave a program's folder off ``sys.path`` (``-P``)."""
    return bool(sys.flags.safe_path)


def _search_first(folder: str) -> None:
    """Lets the program import from a folder, where python would."""
    if not _has_safe_path():
        sys.path[0] = folder


def _run_script(script: tuple[str, ...]) -> None:
    sys.argv[:] = list(script)
    path = Path(script[0]).absolute()
    if path.is_dir() or path.suffix == ".pyc" or zipfile.is_zipfile(path):
        runpy.run_path(script[0], run_name="__main__")
        return
    _search_first(str(path.resolve().parent))
    # Not runpy's: it would say another argv[0], and forget the module when its code has ended.
    module = ModuleType("__main__")
    loader = SourceFileLoader("__main__", str(path))
    vars(module).update(__file__=str(path), __loader__=loader, __builtins__=builtins)
    sys.modules["__main__"] = module
    exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102


def _status(code: object) -> int:
    """What python makes of ``sys.exit(code)``."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stdout.flush()
    sys.stderr.write(f"{code}\n")
    return 1


def _show(error: BaseException) -> None:
    """Prints an error without the frames that are not the program's."""
    sys.stdout.flush()
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in _OWN_FRAMES:
        trace = trace.tb_next
    _excepthook(type(error), error.with_traceback(trace), trace)


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The program's own hook where it has set one."""
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(kind, error, trace)
    else:
        traceback.print_exception(kind, error, trace)


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
