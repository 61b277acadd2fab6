"""``qchannel run``: a program on the emulator, without a line of it changed."""

from __future__ import annotations

import atexit
import builtins
import importlib.util
import json
import os
import runpy
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import BuiltinImporter, SourceFileLoader, SourcelessFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, Final

import click

from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.assemble import lane_of_process
from pytest_qchannel.settings import CHANNELS, Door, Settings, check_variables, resolve

__all__ = ["run"]

INTERRUPTED: Final = 130
"""128 and the number of SIGINT: what shells give for a program that Ctrl-C ended."""

_PACKAGE: Final = str(Path(__file__).parents[1])
_RUNPY: Final = (runpy.__file__, "<frozen runpy>")
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
    behind it belongs to the program. Its exit status is the program's,
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
    name, program = _program(script, module, code)
    watch = _Watch(name, settings, journal)
    watch.run(program)
    raise SystemExit(watch.status)


def _program(
    script: tuple[str, ...], module: str | None, code: str | None
) -> tuple[str, Callable[[], object]]:
    """What messages call the program, and how it is run; refuses what is not there."""
    if module is not None:
        sys.argv[:] = ["-m", *script]
        with suppress(FileNotFoundError):  # somebody has removed it
            _search_first(os.getcwd())  # noqa: PTH109 - a text, as python puts there
        _require_module(module)
        return f"-m {module}", lambda: _run_as_main(module, alter_argv=True)
    if code is not None:
        sys.argv[:] = ["-c", *script]
        return "-c", lambda: _run_text(code, "<string>")
    if not script:
        raise click.UsageError("there is nothing to run: name a script, or a module with -m")
    sys.argv[:] = list(script)
    if script[0] == "-":
        return "-", lambda: _run_text(sys.stdin.read(), "<stdin>")
    _require_script(script[0])
    return script[0], lambda: _run_script(script[0])


at_exit: Callable[[Callable[[], None]], object] = atexit.register
"""What calls the end of a run; tests replace it."""


class _Watch:
    """The process on the emulator, from before the program until the interpreter ends.

    It stays there when the program has ended, because threads and exit handlers of the program
    may still send something.
    """

    def __init__(self, name: str, settings: Settings, journal: Path | None) -> None:
        self.status = 0
        # Now: the program may go elsewhere.
        self._journal = None if journal is None else journal.absolute()
        self._pid = os.getpid()
        try:
            self._lane = lane_of_process(settings, name)
        except UsageProblem as problem:
            raise click.UsageError(_in_our_words(problem)) from None
        self._lane.happens_in(name, who="a program", way_out="qchannel run --{option}={value}")
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
        _flush()
        for problem in problems:
            _say(f"qchannel: {problem}")
        if problems and self.status == 0:
            self.status = 1
            return True
        return False

    def _tell_faults(self) -> bool:
        """Complains of what the world declares and what did not happen; whether it is news."""
        unmet = [] if self.status == INTERRUPTED else self._lane.unmet_faults_of_world().values()
        for said in unmet:
            _say(f"qchannel: {said}")
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
            try:
                _write_journal(self._journal, lane.requests)
            except OSError as error:  # the folder is gone, or the disk is full
                _say(f"qchannel: --journal {self._journal} cannot be written: {error.strerror}")
                is_late = is_late or self.status == 0
                self.status = self.status or 1
        lane.close()
        _say(f"qchannel: {lane.mode} lane, {requests} requests, {jobs} jobs")
        if is_late:
            # The interpreter has its exit status already.
            _flush()
            os._exit(self.status)


def _flush() -> None:
    """Writes out what waits; a program may have closed its streams, or have been given none."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.flush()


def _say(text: str) -> None:
    with suppress(ValueError, OSError):
        click.echo(text, err=True)


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
    # Of its package only: to find what is in it would import it, and that is the program's.
    with suppress(ImportError, ValueError):
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            return
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


def _run_script(script: str) -> None:
    path = Path(script).absolute()
    if path.is_dir() or zipfile.is_zipfile(path):
        sys.path[0] = str(path)
        _run_as_main("__main__", alter_argv=False)
        return
    _search_first(str(path.resolve().parent))
    loader: SourceFileLoader | SourcelessFileLoader
    if path.suffix == ".pyc":
        loader = SourcelessFileLoader("__main__", str(path))
        code = loader.get_code("__main__")
        assert code is not None, "only a package has none"
    else:
        loader = SourceFileLoader("__main__", str(path))
        code = _compiled(path.read_bytes(), str(path))
    _run_code(code, __file__=str(path), __loader__=loader)


def _run_text(text: str, name: str) -> None:
    _search_first("")
    file = {"__file__": name} if name == "<stdin>" else {}  # as python says it
    _run_code(_compiled(text, name), __loader__=BuiltinImporter, **file)


def _compiled(source: str | bytes, name: str) -> CodeType:
    code: CodeType = compile(source, name, "exec", dont_inherit=True)
    return code


def _run_code(code: CodeType, **names: object) -> None:
    exec(code, vars(_new_main(**names)))  # noqa: S102 - the program


def _new_main(**names: object) -> ModuleType:
    """A ``__main__`` that stays: threads and exit handlers of the program may still need it."""
    module = ModuleType("__main__")
    vars(module).update(__builtins__=builtins, **names)
    sys.modules["__main__"] = module
    return module


def _run_as_main(name: str, *, alter_argv: bool) -> None:
    """Runs a module, or what ``sys.path[0]`` has for ``__main__``.

    By what python itself calls for ``-m`` and for folders: what runpy offers to others says another
    ``sys.argv[0]`` and forgets the module when its code has ended.
    """
    _new_main()
    as_python: Any = vars(runpy)["_run_module_as_main"]
    as_python(name, alter_argv)


def _status(code: object) -> int:
    """What python makes of ``sys.exit(code)``."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(2**63) <= code < 2**63 else 0xFF
    _flush()
    with suppress(AttributeError, ValueError, OSError):
        sys.stderr.write(f"{code}\n")
    return 1


def _show(error: BaseException) -> None:
    """Prints an error, by the program's own hook if it has one, and without a frame of ours."""
    _flush()
    _drop_our_frames(error, set())
    sys.excepthook(type(error), error, error.__traceback__)


def _drop_our_frames(error: BaseException | None, seen: set[int]) -> None:
    """Takes them out of an error and of those that led to it.

    At the start they ran the program; at the end they refused something, which the error tells.
    """
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    kept: list[TracebackType] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith(_PACKAGE + os.sep) and (kept or name not in _RUNPY):
            kept.append(trace)
        trace = trace.tb_next
    following: TracebackType | None = None
    for one in reversed(kept):
        one.tb_next = following
        following = one
    error.__traceback__ = following
    _drop_our_frames(error.__cause__, seen)
    _drop_our_frames(error.__context__, seen)
    for part in getattr(error, "exceptions", ()):  # of a group
        if isinstance(part, BaseException):
            _drop_our_frames(part, seen)


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
