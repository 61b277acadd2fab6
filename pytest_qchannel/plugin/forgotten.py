"""What a test without a fixture of ours is told that fails for want of an account."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import pytest

from pytest_qchannel.channels.credentials import CLIENT_VARIABLES, credential_variables
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import CATALOG, CONTROLLER, IAM, SEARCH, find_host
from pytest_qchannel.lanes.complaints import has_left_lane
from pytest_qchannel.options import CHANNELS
from pytest_qchannel.plugin import command_line
from pytest_qchannel.plugin.fixture_names import name_nearest

__all__ = ["host_refused_in", "is_for_want_of_account", "mending", "missed_way", "tell"]

_REFUSED: Final = (None, 401, 403)
"""Statuses of who is not let in; ``None`` is no answer."""

_OF_ALL_CLOUD: Final = (IAM, SEARCH, CATALOG, CONTROLLER)
"""Services of IBM Cloud that are not Quantum's: who does not use the client may mean another."""

_LIBRARIES: Final = ("requests", "httpx", "ibm_cloud_sdk_core", "vcr")

_ARGUMENT: Final = re.compile(r"'(\w+)'")
"""The names in Python's error about arguments that are missing."""

_WRONG_KEY: Final = 400
"""What IAM answers to a key that it does not know."""


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Adds what the test may have forgotten, if its error is one that a fixture of ours prevents.

    That is one about an account, or a variable of one, or the way to a service of IBM's.

    Args:
        item: The test.
        call: The part of it that failed.
        report: Its report.
    """
    name_nearest(report)
    error = call.excinfo.value if call.excinfo is not None else None
    forgotten = _what(item, error) if error is not None else None
    if error is None or forgotten is None:
        return
    error.add_note(str(forgotten))
    try:
        report.longrepr = pytest.TestReport.from_item_and_call(item, call).longrepr
    finally:  # of a module's fixture the same error fails the next test, which has one
        error.__notes__.pop()


def _what(item: pytest.Item, error: BaseException) -> QChannelError | None:
    """What a test was forgotten to be given, or that it cannot be given it."""
    facts = missed_way(error)
    if facts is not None:
        return QChannelError(
            "this test has none of the fixtures of pytest-qchannel, so nothing is emulated",
            facts=facts,
            next=mending(item),
        )
    asked = str(error).partition(f".{item.name}() missing ")[2]
    ours = [one for one in _ARGUMENT.findall(asked) if one.startswith(("qchannel", *CHANNELS))]
    if not ours or not hasattr(getattr(item, "cls", None), "assertEqual"):
        return None
    return QChannelError(
        "a method of unittest.TestCase is given no fixture as an argument",
        facts=[("asked", ", ".join(ours))],
        next=f"def {item.name}(self): and above its class @pytest.mark.qchannel, which puts it on "
        "the emulator; QiskitRuntimeService() logs in there; for the levers: self.qchannel = "
        "self.enterContext(pytest_qchannel.emulated()) in setUp (qchannel docs outside)",
    )


def missed_way(error: BaseException) -> Sequence[tuple[str, str]] | None:
    """The facts of an error that would not be there on the emulator; ``None`` for any other."""
    if has_left_lane(error):
        return None
    if host := _host_that_failed(error):
        return [("asked", host)]  # by a mock it was not even reached
    return () if is_for_want_of_account(error) else None


def mending(item: pytest.Item) -> str:
    """What puts a test on the emulator that uses no fixture of ours."""
    asking = ""
    if isinstance(item, pytest.Function) and item.cls is None:
        asking = f": def {item.originalname}(qchannel)"
    everywhere = command_line.everywhere(item.config)
    return f"ask for one{asking}; or mark it: @pytest.mark.qchannel; or {everywhere}"


def _host_that_failed(error: BaseException) -> str | None:
    """The service of IBM's that did not answer, or refused the login, if that ended the test."""
    lanes = sys.modules.get("pytest_qchannel.lanes.lane")
    if lanes and lanes.open_lanes():
        return None  # as where `qchannel run` runs pytest
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and all(link is not one for one in links):
        links.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(one, QChannelError) or has_left_lane(one) for one in links):
        return None  # the one says what to do, and the other was answered
    return next(filter(None, map(host_refused_in, links)), None)


def is_for_want_of_account(error: BaseException) -> bool:
    """Whether the client found no account, or a test no variable of one."""
    if isinstance(error, KeyError):
        key = error.args[0] if error.args else None
        return isinstance(key, str) and key in {*credential_variables(), *CLIENT_VARIABLES}
    return type(error).__name__ == "AccountNotFoundError"


def host_refused_in(error: BaseException) -> str | None:
    """The emulated host that refused the login or did not answer, as libraries keep it."""
    if type(error).__module__.partition(".")[0] not in _LIBRARIES:
        return None
    kept = vars(error)
    response = kept.get("response", kept.get("http_response"))
    found = (kept.get(name) for name in ("request", "_request", "failed_request"))
    known = (one for one in found if one is not None)
    request = next(known, getattr(response, "request", None))
    url = urlsplit(str(getattr(request, "url", getattr(request, "uri", ""))))  # vcrpy has the uri
    host = find_host(url.hostname or "", url.path)
    if host is None or (host.service in _OF_ALL_CLOUD and "qiskit_ibm_runtime" not in sys.modules):
        return None
    status = getattr(response, "status_code", None)
    is_refused = status in _REFUSED or (host.service == IAM and status == _WRONG_KEY)
    return host.name if is_refused else None
