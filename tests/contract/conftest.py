"""The doors: the core called directly, and ``requests`` through either door of the process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.network.shut import ShutNetwork
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request, Response
from tests.contract.contract_client import Door, breach, fresh_door, new_services, through_requests


@pytest.fixture(params=["core", "in-process", "loopback"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "core":
        yield fresh_door()
        return
    app, journal, handle = new_services()
    settings = resolve({"door": request.param}, {}, {}, {})
    network = ShutNetwork(settings, "test id", [], handle)
    network.open()
    try:
        with requests.Session() as session:
            yield Door(app, through_requests(session), journal)
    finally:
        network.close()
        app.close()


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
    find_route, handle = App._route, App.handle

    def _route(app: App, *args: Any) -> tuple[Context, Route]:
        ctx, route = find_route(app, *args)
        found.append(route)
        return ctx, route

    def checked(app: App, request: Request) -> Response:
        found.clear()
        answer = handle(app, request)
        if found:
            [route] = found
            shown = f"{route.method} {route.rule} -> {answer.status}"
            if answer.status not in route.answers:
                wrong.add(f"{shown} is not in pytest_qchannel/ibm")
            if request.method != "HEAD" and (problem := breach(route, answer)):
                wrong.add(f"{shown}: {problem}")
        return answer

    monkeypatch.setattr(App, "_route", _route)
    monkeypatch.setattr(App, "handle", checked)
    yield
    assert wrong == set()
