"""What a failure's report leaves out: frames of this package, and more than one cause a line."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

import _pytest
import pluggy
import pytest

from pytest_qchannel.errors import QChannelError

__all__ = ["keep_headline", "leave_out", "nobody_elses"]


def _folder(package: ModuleType) -> str:
    return str(Path(package.__file__ or "").parent) + os.sep


_OURS: Final = str(Path(__file__).parents[1]) + os.sep
_RUNNERS: Final = (_OURS, _folder(_pytest), _folder(pluggy))


def leave_out(item: pytest.Item, call: pytest.CallInfo[object]) -> bool:
    """Takes frames of ours out of what an error is shown with; whether there were any.

    An error that was raised here and is no message of ours is a bug: that shows all there is.
    """
    error = call.excinfo.value if call.excinfo is not None else None
    if error is None or item.config.getoption("fulltrace", False):
        return False
    steps = _steps(error.__traceback__)
    kept = [one for one in steps if not _is_ours(one)]
    if not kept or len(kept) == len(steps):
        return False
    is_bug = _is_ours(steps[-1]) and not isinstance(error, QChannelError)
    if is_bug:
        return False
    linked = None
    for one in reversed(kept):
        # A signal's handler, as pytest-timeout's, may raise where Python knows no line.
        line = one.tb_lineno or one.tb_frame.f_code.co_firstlineno
        linked = TracebackType(linked, one.tb_frame, one.tb_lasti, line)
    call.excinfo = pytest.ExceptionInfo.from_exception(error.with_traceback(linked))
    return True


def nobody_elses(call: pytest.CallInfo[object]) -> QChannelError | None:
    """A message of ours that a hook of ours has raised: no frame of it is of use to anybody."""
    error = call.excinfo.value if call.excinfo is not None else None
    if not isinstance(error, QChannelError):
        return None
    return error if all(_is_in(one, _RUNNERS) for one in _steps(error.__traceback__)) else None


def keep_headline(report: pytest.TestReport, error: BaseException) -> None:
    """Cuts what pytest's summary and JUnit's attribute tell to one cause, without its notes.

    The text of the failure has all of it.
    """
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return
    if isinstance(error, QChannelError):
        crash.message = crash.message.partition("\n")[0]
    elif notes := getattr(error, "__notes__", None):
        crash.message = crash.message.partition(f"\n{notes[0]}")[0]


def _steps(traceback: TracebackType | None) -> list[TracebackType]:
    steps = []
    while traceback is not None:
        steps.append(traceback)
        traceback = traceback.tb_next
    return steps


def _is_ours(step: TracebackType) -> bool:
    return _is_in(step, _OURS)


def _is_in(step: TracebackType, folders: str | tuple[str, ...]) -> bool:
    return step.tb_frame.f_code.co_filename.startswith(folders)
