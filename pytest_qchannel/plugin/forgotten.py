"""What a test without a fixture of ours is told that fails for want of an account."""

from __future__ import annotations

import pytest

from pytest_qchannel.channels.credentials import CLIENT_VARIABLES, credential_variables
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.plugin.fixture_names import name_nearest

__all__ = ["mending", "tell"]


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Adds what the test may have forgotten, if its error is about an account or a variable of one.

    Args:
        item: The test.
        call: The part of it that failed.
        report: Its report.
    """
    name_nearest(report)
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, pytest.FixtureLookupError):
        return
    if isinstance(error, KeyError) and error.args[:1] not in _variables():
        return
    if error is None:
        return
    forgotten = QChannelError(
        "this test has none of the fixtures of pytest-qchannel, so nothing is emulated",
        next=mending(item),
    )
    error.add_note(str(forgotten))
    report.longrepr = pytest.TestReport.from_item_and_call(item, call).longrepr
    error.__notes__.pop()  # of a module's fixture the same error fails the next test, which has one


def mending(item: pytest.Item) -> str:
    """What puts a test on the emulator that uses no fixture of ours."""
    asking = ""
    if isinstance(item, pytest.Function) and item.cls is None:
        asking = f": def {item.originalname}(qchannel)"
    return (
        f"ask for one{asking}; or mark it: @pytest.mark.qchannel; or put the whole run on the "
        "emulator: pytest --qchannel-everywhere"
    )


def _variables() -> set[tuple[str]]:
    return {(name,) for name in (*credential_variables(), *CLIENT_VARIABLES)}
