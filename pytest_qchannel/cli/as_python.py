"""A program as ``python`` runs it: which one, from where, how it ends, and what is shown of it."""

from __future__ import annotations

import builtins
import importlib.util
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

from pytest_qchannel.errors import nearest

__all__ = ["flush", "program_of", "show", "status_of"]

_PACKAGE: Final = str(Path(__file__).parents[1])
_RUNPY: Final = (runpy.__file__, "<frozen runpy>")


def program_of(
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


def flush() -> None:
    """Writes out what waits; a program may have closed its streams, or have been given none."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.flush()


def status_of(code: object) -> int:
    """What python makes of ``sys.exit(code)``."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(2**63) <= code < 2**63 else 0xFF
    flush()
    with suppress(AttributeError, ValueError, OSError):
        sys.stderr.write(f"{code}\n")
    return 1


def show(error: BaseException) -> None:
    """Prints an error, by the program's own hook if it has one, and without a frame of ours."""
    flush()
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
