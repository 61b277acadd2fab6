"""Lanes of any source: emulated or not, recorded or not, for a test or for longer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pytest_qchannel.cassette.disk.place import Place
from pytest_qchannel.channels.environment import account_file
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import NetworkBlocked, QChannelError, RealSecretRefused, UsageProblem
from pytest_qchannel.journal import journals_in_use
from pytest_qchannel.lanes import assemble
from pytest_qchannel.lanes.assemble import lane_for, lane_of_process, traffic_for
from pytest_qchannel.lanes.decide import Plan
from pytest_qchannel.lanes.tapes import tape_for
from pytest_qchannel.settings import Mode, Settings, Source, resolve
from tests.unit.lanes.lanes_kit import CRN, KEY, ToySource

URL = "https://quantum.cloud.ibm.com/api/v1/backends"
CLOUD = CHANNEL_BY_NAME["ibm_cloud"]
PLATFORM = CHANNEL_BY_NAME["ibm_quantum_platform"]


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ToySource]]:
    """Toys in the place of the live source, and of what answers in the lanes without a tape."""
    made: list[ToySource] = []

    def make(*given: Any) -> ToySource:
        made.append(ToySource(*given))
        return made[-1]

    monkeypatch.setattr(assemble, "SOURCES", {Source.LIVE: make})
    monkeypatch.setattr(assemble, "UNTAPED", {Mode.EMULATED: Source.LIVE})
    yield made
    assert all(toy.is_closed for toy in made)


def settings(**line: str) -> Settings:
    return resolve(line, {}, {}, {})


@pytest.mark.parametrize("door", ["in-process", "loopback"])
def test_a_source_answers_behind_each_door(
    toys: list[ToySource], tmp_path: Path, door: str
) -> None:
    lane = lane_for(settings(door=door), "test_a", tmp_path).open()
    try:
        assert lane.mode is Mode.EMULATED
        assert requests.get(URL, timeout=9).json() == {"devices": []}
        assert [one.url for one in lane.requests] == [URL]
        assert list(journals_in_use()[0]) == list(lane.requests)
        assert os.environ["QCHANNEL_IBM_CLOUD_TOKEN"] == KEY
        assert os.environ["QCHANNEL_IBM_CLOUD_INSTANCE"] == CRN
        assert "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN" not in os.environ
        assert os.environ["HOME"] == str(tmp_path)
    finally:
        lane.close()
    assert os.environ.get("QCHANNEL_IBM_CLOUD_TOKEN") != KEY
    [toy] = toys
    assert (toy.has_stopped, toy.is_closed) == (True, True)


@pytest.mark.parametrize("is_live", [False, True])
def test_an_account_is_saved_under_the_names_of_the_setting_unless_it_is_real(
    toys: list[ToySource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_live: bool
) -> None:
    monkeypatch.setattr(ToySource, "is_live", is_live)
    file = account_file(tmp_path)
    lane = lane_for(settings(saved_accounts="one, two"), "test_a", tmp_path).open()
    try:
        lane.use(CLOUD)
        if is_live:
            assert not file.exists()
            return
        saved = json.loads(file.read_text(encoding="utf-8"))
        assert {name: one["token"] for name, one in saved.items()} == {"one": KEY, "two": KEY}
        lane.forget_client_variables()  # a test that begins without any
        assert not file.exists()
    finally:
        lane.close()


def test_what_goes_wrong_is_in_one_list_in_its_order(
    toys: list[ToySource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-real-key-of-the-person")
    lane = lane_for(settings(), "test_a", tmp_path).open()
    try:
        requests.get(URL + "/gap", timeout=9)
        with pytest.raises(RealSecretRefused):
            requests.get(URL, headers={"x": "a-real-key-of-the-person"}, timeout=9)
        with pytest.raises(NetworkBlocked):
            requests.get("http://elsewhere.example", timeout=9)
        requests.get(URL, headers={"x": KEY}, timeout=9)  # the source's own is no secret
        found = lane.take_problems()
    finally:
        lane.close()
    assert [type(one) for one in found] == [QChannelError, RealSecretRefused, NetworkBlocked]
    assert lane.take_problems() == []
    assert [one.path for one in lane.requests] == ["/api/v1/backends/gap", "/api/v1/backends"]


@pytest.mark.usefixtures("toys")
def test_what_a_source_raises_behind_the_loopback_door_is_kept(tmp_path: Path) -> None:
    lane = lane_for(settings(door="loopback"), "test_a", tmp_path).open()
    try:
        assert requests.get(URL + "/broken", timeout=9).status_code == 501
        (problem,) = lane.take_problems()
    finally:
        lane.close()
    assert "ZeroDivisionError" in problem.headline


@pytest.mark.usefixtures("toys")
def test_a_lane_without_levers_or_without_the_account_says_so(tmp_path: Path) -> None:
    lane = lane_for(settings(), "test_a", tmp_path).open()
    try:
        for ask in (lambda: lane.emulator, lambda: lane.world):
            with pytest.raises(UsageProblem, match="levers are there in the emulated lane only"):
                ask()
        lane.revoke_access()
        lane.revoke_access_token("x")
        assert lane.unmet_faults("test_a") == []
        with pytest.raises(UsageProblem) as caught:
            lane.use(PLATFORM)
    finally:
        lane.close()
    assert caught.value.headline == "the shop has no account for the channel ibm_quantum_platform"
    assert (caught.value.where, caught.value.next) == (
        "the toy shop",
        "ask for ibm_quantum_platform",
    )


def test_any_source_can_be_recorded_and_the_recording_replays(
    toys: list[ToySource], tmp_path: Path
) -> None:
    place = Place.of(tmp_path / "cassettes", "test_it.py::test_a")
    asked = settings(mode="record")._replace(record_from=Source.LIVE)
    tape = tape_for(Plan(Mode.RECORD), place, asked)
    lane = lane_for(asked, "test_a", tmp_path, tape=tape).open()
    try:
        assert lane.mode is Mode.RECORD
        lane.use(CLOUD)
        headers = {"Authorization": f"apikey {KEY}", "Service-CRN": CRN}
        assert requests.get(URL, headers=headers, timeout=9).status_code == 200
        with pytest.raises(UsageProblem, match="this is record"):
            lane.emulator  # noqa: B018
    finally:
        lane.close()
    done = tape.finish(has_passed=True)
    assert (done["did"], done["recorded_from"]) == ("written", "live")

    again = tape_for(Plan(Mode.REPLAY), place, settings(mode="replay"))
    lane = lane_for(settings(mode="replay"), "test_a", tmp_path, tape=again).open()
    try:
        assert lane.mode is Mode.REPLAY
        account = lane.use(CLOUD)
        assert account.secret.reveal() != KEY
        assert account.instance is not None
        sent = {"Service-CRN": account.instance.id}
        assert requests.get(URL, headers=sent, timeout=9).json() == {"devices": []}
        assert [one.status for one in lane.requests] == [200]
    finally:
        lane.close()
    assert again.finish(has_passed=True)["did"] == "replayed"
    assert len(toys) == 1, "a replay has no source"


def test_a_recording_from_the_real_services_needs_a_live_run(tmp_path: Path) -> None:
    """``--record-mode=all --qchannel-record-from=live`` ended with an AssertionError of ours."""
    said = settings(record_from="live")
    place = Place.of(tmp_path, "test_a.py::test_a")
    tape = tape_for(Plan(Mode.RECORD, "all"), place, said)
    with pytest.raises(UsageProblem, match="one of a live run, and this run is none"):
        traffic_for(said, "test_a.py::test_a", tape=tape)


def test_a_test_within_a_longer_lane_has_its_part_of_it() -> None:
    """What it sets, declares and sends ends with it, or begins with it."""
    before = dict(os.environ)
    whole = lane_of_process(settings(channel="ibm_cloud"), "before")
    try:
        assert whole.channel is CLOUD
        assert os.environ["QISKIT_IBM_URL"]
        requests.get(URL, timeout=9)
        whole.happens_in("test_a")
        part = whole.part(settings(seed="3")).open()
        assert (part.mode, part.settings.seed, part.where) == (Mode.EMULATED, 3, "test_a")
        assert list(part.requests) == []
        requests.get(URL, timeout=9)
        assert [one.number for one in part.requests] == [2]
        part.emulator.fault("GET /jobs", status=503)
        part.use(PLATFORM)
        assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_quantum_platform"
        part.forget_client_variables()
        assert "QISKIT_IBM_TOKEN" not in os.environ
        assert part.home != whole.home
        (unmet,) = part.unmet_faults("test_a")
        assert "looked:  1 request," in str(unmet)
        home = whole.home
        part.close()
        assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
        assert os.environ["HOME"] == str(home)
        assert whole.emulator.faults == ()
        assert len(whole.requests) == 2
        assert requests.get(URL, timeout=9).status_code == 401, "the part left the door open"
    finally:
        whole.close()
    assert dict(os.environ) == before
    assert not home.exists()


def test_traffic_that_cannot_open_leaves_nothing_behind(
    toys: list[ToySource], monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic = traffic_for(settings(), "test_a")
    monkeypatch.setattr(traffic.network._door, "open", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        traffic.open()
    assert toys[0].is_closed
    assert traffic.journal not in journals_in_use()
