"""The client opts out of usage data in lanes that are not live, and in no other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from qiskit_ibm_runtime.api import session

from pytest_qchannel.channels.client import client_release, client_version
from pytest_qchannel.channels.environment import OPT_OUT, given_back
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.lanes import assemble
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.settings import Mode, Source, resolve
from pytest_qchannel.wire import Request, Response
from tests.unit.lanes.lanes_kit import ToySource

SETTINGS = resolve({}, {}, {}, {})
VERSION = f"qiskit_ibm_runtime-{client_version()}"
HEADER = "x-qx-client-application"


@pytest.fixture(autouse=True)
def client_of_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is where the client is loaded before any lane, and nobody has said anything."""
    monkeypatch.delenv(OPT_OUT, raising=False)
    monkeypatch.setattr(session, "CLIENT_APPLICATION", session._get_client_header())
    assert VERSION in session.CLIENT_APPLICATION


def load_client() -> None:
    """What the client does when it is imported."""
    session.CLIENT_APPLICATION = session._get_client_header()


@pytest.mark.parametrize("own", [None, "False", "True", "no"])
def test_it_is_set_where_the_person_has_not_set_it(
    own: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own is not None:
        monkeypatch.setenv(OPT_OUT, own)
    lane = lane_for(SETTINGS, "test_a", tmp_path).open()
    try:
        assert os.environ[OPT_OUT] == (own or "True")
    finally:
        lane.close()
    assert os.environ.get(OPT_OUT) == own


def test_a_live_lane_inherits_nothing_of_one_that_loaded_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client works its header out at import: it would have been without versions for ever."""
    lane = lane_for(SETTINGS, "test_a", tmp_path).open()
    try:
        load_client()
        assert session.CLIENT_APPLICATION == ""
    finally:
        lane.close()

    class LiveToy(ToySource):
        is_live = True

    monkeypatch.setattr(assemble, "SOURCES", {Source.LIVE: LiveToy})
    monkeypatch.setattr(assemble, "UNTAPED", {Mode.EMULATED: Source.LIVE})
    lane = lane_for(SETTINGS, "test_b", tmp_path).open()
    try:
        assert OPT_OUT not in os.environ
        assert VERSION in session.CLIENT_APPLICATION
    finally:
        lane.close()


def test_what_is_outside_of_a_lane_within_one_has_the_whole_header(tmp_path: Path) -> None:
    lane = lane_for(SETTINGS, "test_a", tmp_path).open()
    try:
        load_client()
        with given_back():
            assert OPT_OUT not in os.environ
            assert VERSION in session.CLIENT_APPLICATION
    finally:
        lane.close()


def test_a_person_who_opted_out_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPT_OUT, "True")
    load_client()
    lane_for(SETTINGS, "test_a", tmp_path).open().close()
    assert session.CLIENT_APPLICATION == ""


@pytest.mark.parametrize("is_loaded_within", [False, True], ids=["loaded before", "loaded within"])
def test_the_emulator_takes_the_client_for_the_one_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_loaded_within: bool
) -> None:
    """Jobs are checked and results encoded as for that release, whatever the header says."""
    asked: list[tuple[str, Any]] = []
    handle = App.handle

    def spy(app: App, request: Request) -> Response:
        ctx = Context(request, app.world, app.engine, app.faults, None, installed=app._installed)  # type: ignore[arg-type]
        if HEADER in request.headers:
            asked.append((request.headers[HEADER], ctx.release))
        return handle(app, request)

    monkeypatch.setattr(App, "handle", spy)
    lane = lane_for(SETTINGS, "test_a", tmp_path).open()
    try:
        if is_loaded_within:
            load_client()
        lane.connect(CHANNEL_BY_NAME["ibm_cloud"]).backends()
    finally:
        lane.close()
    named = "" if is_loaded_within else session.CLIENT_APPLICATION
    assert {header for header, _ in asked} == {f"{named}/qiskit"}
    assert {release for _, release in asked} == {client_release()}
