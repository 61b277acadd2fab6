"""The doors: the core called directly, and ``requests`` through either door of the process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.hosts import Host
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.lanes.emulated import EmulatedTransport
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request
from tests.contract.contract_client import Door, breach, fresh_door, through_requests


@pytest.fixture(params=["core", "in-process", "loopback"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "core":
        yield fresh_door()
        return
    transport = EmulatedTransport(resolve({"door": request.param}, {}, {}, {}), "test id")
    transport.open()
    try:
        with requests.Session() as session:
            yield Door(transport.app, through_requests(session))
    finally:
        transport.close()


@pytest.fixture
def timeless(door: Door) -> Door:
    """A door to a world whose clock moves only when it is told to."""
    door.app.world.clock._base = lambda: 1_760_000_000.0
    return door


@pytest.fixture(autouse=True)
def _declared_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every answer of every test here is in the table of answers, and fits IBM's contract."""
    found: list[Route] = []
    wrong: set[str] = set()
    find_route, handle = App._route, App._handle

    def _route(app: App, *args: Any) -> tuple[Context, Route]:
        ctx, route = find_route(app, *args)
        found.append(route)
        return ctx, route

    def _handle(app: App, request: Request, host: Host | None, fault: Fault | None) -> Any:
        found.clear()
        answer = handle(app, request, host, fault)
        if found and answer is not None and fault is None:
            [route] = found
            shown = f"{route.method} {route.rule} -> {answer.status}"
            if answer.status not in route.answers:
                wrong.add(f"{shown} is not in pytest_qchannel/ibm")
            if request.method == "HEAD":
                problem = "a HEAD with a body" if answer.body else None
            else:
                problem = breach(route, answer)
            if problem:
                wrong.add(f"{shown}: {problem}")
        return answer

    monkeypatch.setattr(App, "_route", _route)
    monkeypatch.setattr(App, "_handle", _handle)
    yield
    assert wrong == set()
