"""What reports of tests and of collections show of our errors."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import Any

import pytest
from _pytest._code.code import ReprEntry

from pytest_qchannel.errors import QChannelError, RealSecretRefused

__all__ = ["fail_collection", "is_about_cassettes", "without_traceback"]


def is_about_cassettes(problem: BaseException) -> bool:
    """Whether an error says all there is to say: where it was raised is of no use to anybody."""
    families = ("CassetteProblem", "SecretFound")
    return any(kind.__name__ in families for kind in type(problem).__mro__)


def without_traceback(problem: Exception) -> Any:
    """The report of an error that shows neither where it came from nor any local variable."""
    try:
        raise problem.with_traceback(None) from None
    except type(problem):
        made = pytest.ExceptionInfo.from_current().getrepr(style="native")
    # Without the line that raises it here.
    lines = "".join(traceback.format_exception_only(problem)).splitlines()
    entry = ReprEntry([f"E   {line}" for line in lines], None, None, None, "long")
    made.reprtraceback.reprentries = [entry]
    return made


def fail_collection(
    made: pytest.CollectReport, problems: Iterable[QChannelError], hints: Iterable[str] = ()
) -> None:
    """Fails a collection for what came up in it, and says what it does not say itself.

    Args:
        made: Its report.
        problems: What came up.
        hints: What is known of the error that it ended with.
    """
    shown = str(made.longrepr) if made.longrepr else ""
    for problem in problems:
        if isinstance(problem, RealSecretRefused):
            shown = str(without_traceback(problem))
            break
    missing = [str(problem) for problem in problems if problem.headline not in shown]
    missing += hints
    if missing or made.outcome != "failed" or shown != str(made.longrepr):
        made.outcome = "failed"
        made.longrepr = "\n".join([shown, *missing]).strip()
