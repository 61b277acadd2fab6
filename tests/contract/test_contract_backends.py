"""Backends: the list in both shapes, one backend's files, and what a test can do to a device."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.errors import UsageProblem
from tests.contract.contract_client import BACKEND, Door, require_contract, require_runtime_error
from tests.devices_kit import DEVICE, OFFLINE, PAUSED


@pytest.mark.parametrize("version", [None, "2024-01-01", "2024-12-31"])
def test_old_versions_of_the_api_list_names(door: Door, version: str | None) -> None:
    headers = {"IBM-API-Version": version} if version else {}
    answer = door.get("/backends", **headers)
    require_contract("list_backends", answer)
    assert answer.json == {"devices": list(door.instance().devices)}


@pytest.mark.parametrize("version", ["2025-01-01", "2025-05-01", "2026-04-15", "2099-12-31"])
def test_newer_versions_list_objects(door: Door, version: str) -> None:
    answer = door.get("/backends", **{"IBM-API-Version": version})
    require_contract("list_backends", answer)
    rows = {row["name"]: row for row in answer.json["devices"]}
    assert list(rows) == list(door.instance().devices)
    first = rows[BACKEND]
    assert first["status"] == {"name": "online", "reason": "available"}
    assert first["qubits"] in {133, 156}, "of a Heron, old or new"
    assert first["queue_length"] == 7
    assert first["is_simulator"] is False
    assert first["processor_type"]["family"] == "Heron"
    assert first["clops"]["type"] == "hardware"
    assert rows[OFFLINE]["status"] == {"name": "offline", "reason": "Maintenance"}
    assert rows[PAUSED]["status"]["name"] == "paused"


@pytest.mark.parametrize(
    "version",
    ["x", "", "2025", "2025-13-01", "2025-02-30", "20250101", "2025-W01-1", "2025-01-01T"],
)
def test_a_version_that_is_no_date(door: Door, version: str) -> None:
    answer = door.get("/backends", **{"IBM-API-Version": version})
    assert (answer.status, answer.code) == (400, 1208)
    assert "YYYY-MM-DD" in answer.message
    require_runtime_error(answer)


def test_include_mocks_of_the_newest_client_changes_nothing(door: Door) -> None:
    plain, asked = door.get("/backends"), door.get("/backends", {"include_mocks": "True"})
    assert plain.json == asked.json


def test_an_instance_lists_its_own_devices_only(door: Door) -> None:
    lists = [
        door.request("GET", "https://quantum.cloud.ibm.com/api/v1/backends", headers).json[
            "devices"
        ]
        for headers in (door.runtime(0), door.runtime(1), door.runtime(2, door.cloud))
    ]
    assert [len(one) for one in lists] == [5, 7, 0]


PULSES = {
    "acquisition_latency", "channels", "conditional_latency", "hamiltonian", "meas_lo_range",
    "n_uchannels", "parametric_pulses", "qubit_channel_mapping", "qubit_lo_range", "rep_times",
    "u_channel_lo", "uchannels_enabled",
}  # fmt: skip


def test_the_properties_of_a_backend_are_those_of_the_snapshot(door: Door) -> None:
    for name in door.instance().devices:
        answer = door.get(f"/backends/{name}/properties")
        require_contract("get_backend_properties", answer)
        assert answer.headers["content-type"].startswith("application/json")
        sent, recorded = answer.json, json.loads(snapshots.load(name).recorded_properties)
        if len(sent["gates"]) > len(recorded["gates"]):
            sent["gates"] = [one for one in sent["gates"] if one["gate"] not in {"rx", "rzz"}]
            assert snapshots.load(name).is_heron  # an old one, whose fractional gates were left out
        assert _in_utc(sent) == _in_utc(recorded)
        assert sent["backend_name"] == name


def _in_utc(one: Any) -> Any:
    """Values of JSON with moments for their dates."""
    if isinstance(one, list):
        return [_in_utc(part) for part in one]
    if not isinstance(one, dict):
        return one
    return {
        key: datetime.fromisoformat(part) if key.endswith("date") else _in_utc(part)
        for key, part in one.items()
    }


def test_dates_of_snapshots_are_sent_in_utc(door: Door) -> None:
    """A client in any zone said that a device was calibrated hours before or after it was."""
    for name in door.instance().devices:
        properties = door.get(f"/backends/{name}/properties").json
        assert re.fullmatch(r"[-0-9]{10}T[:0-9]{8}Z", properties["last_update_date"])
        calibrated = [one["parameters"] for one in properties["gates"]]
        dates = [part["date"] for one in (*properties["qubits"], *calibrated) for part in one]
        assert dates
        assert all(re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\.(\d{3}){1,2}Z", one) for one in dates)
        configuration = door.get(f"/backends/{name}/configuration").json
        assert len(configuration["online_date"]) == len("2025-11-12T15:30:00.000Z")


@pytest.mark.parametrize("release", [None, "0.40.1", "0.51.0"])
def test_a_configuration_is_that_of_the_snapshot_without_pulses(
    door: Door, release: str | None
) -> None:
    """Each of 2025 was up to ten times as large as those of today, for what no client reads."""
    headers = _sent_by(release)
    for name in door.instance().devices:
        answer = door.get(f"/backends/{name}/configuration", **headers)
        require_contract("get_backend_configuration", answer)
        assert answer.headers["content-type"].startswith("application/json")
        facts = _as_today(name)
        if PULSES & facts.keys():
            facts = {key: one for key, one in facts.items() if key not in PULSES}
            facts |= {"open_pulse": False}
        assert answer.json == facts


def test_a_client_that_plays_pulses_has_the_whole_configuration(door: Door) -> None:
    name = next(iter(door.instance().devices))
    headers = _sent_by("0.34.0")
    answer = door.get(f"/backends/{name}/configuration", **headers)
    assert answer.json == _as_today(name)


def test_features_and_gates_are_those_of_today_whatever_the_snapshot(door: Door) -> None:
    """``backends(dynamic_circuits=True)`` was empty with clients from 0.45 on."""
    for name in door.instance().devices:
        facts = door.get(f"/backends/{name}/configuration").json
        assert {"qasm3", "dynamic_circuits"} <= set(facts["supported_features"])
        is_heron = facts["processor_type"]["family"] == "Heron"
        assert ({"rx", "rzz"} <= set(facts["basis_gates"])) == is_heron
        # As the service listed it of Herons in 2026; snapshots of 2024 lack the first and the last.
        in_the_middle = {"measure_2", "if_else", "store"}
        assert (in_the_middle <= set(facts["supported_instructions"])) == is_heron
        assert len(set(facts["supported_features"])) == len(facts["supported_features"])


def _as_today(name: str) -> dict[str, Any]:
    """The snapshot's configuration with the flags and gates that the service has added since."""
    recorded = snapshots.load(name)
    facts: dict[str, Any] = json.loads(recorded.configuration)
    features = facts["supported_features"]
    features += [one for one in ("dynamic_circuits",) if one not in features]
    if recorded.is_heron:
        by_name = {gate["name"]: gate for gate in facts["gates"]}
        listed = facts["supported_instructions"]
        listed += [one for one in ("measure_2", "if_else", "store") if one not in listed]
        if "measure_2" not in by_name:
            facts["gates"].append({"name": "measure_2", "parameters": [], "qasm_def": None})
            facts.setdefault("instruction_signatures", []).append(
                {"name": "measure_2", "num_qubits": 1, "num_clbits": 1, "parameters": [],
                 "return_type": "Bool"}
            )  # fmt: skip
        for gate, like in (("rx", "sx"), ("rzz", "cz")):
            facts["basis_gates"].append(gate)
            facts["supported_instructions"].append(gate)
            facts["gates"].append(
                {**by_name[like], "name": gate, "parameters": ["theta"], "qasm_def": ""}
            )
    return facts


def _sent_by(release: str | None) -> dict[str, str]:
    named = f"qiskit-version-2/qiskit_ibm_runtime-{release}/qiskit"
    return {"X-Qx-Client-Application": named} if release else {}


def test_there_are_no_pulse_defaults_of_any_backend(door: Door) -> None:
    """The live service answered ``null`` in 2026."""
    for name in door.instance().devices:
        answer = door.get(f"/backends/{name}/defaults")
        require_contract("get_backend_defaults", answer)
        assert (answer.status, answer.body) == (200, b"null")


@pytest.mark.parametrize(
    ("name", "status", "state", "queue"),
    [
        (DEVICE, "active", True, 7),
        (OFFLINE, "off", False, 0),
        (PAUSED, "paused", True, 1),
    ],
)
def test_the_status_of_a_backend(
    door: Door, name: str, status: str, state: bool, queue: int
) -> None:
    answer = door.get(f"/backends/{name}/status")
    require_contract("get_backend_status", answer)
    assert answer.json == {
        "state": state,
        "status": status,
        "message": "",
        "length_queue": queue,
        "backend_version": json.loads(snapshots.load(name).configuration)["backend_version"],
    }


@pytest.mark.parametrize("part", ["configuration", "properties", "status", "defaults"])
@pytest.mark.parametrize(
    "name", ["ibm_atlantis", DEVICE.upper(), "%00", DEVICE.replace("_", "%2F")]
)
def test_an_unknown_backend(door: Door, part: str, name: str) -> None:
    answer = door.get(f"/backends/{name}/{part}")
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.message == "device not found"
    require_runtime_error(answer)


def test_a_backend_of_another_instance_is_unknown(door: Door) -> None:
    """The open instance has five devices of the seven."""
    hidden = next(one for one in door.instance(1).devices if one not in door.instance(0).devices)
    assert door.get(f"/backends/{hidden}/status").status == 404


@pytest.mark.parametrize("part", ["configuration", "properties"])
def test_other_calibrations(door: Door, part: str) -> None:
    door.app.world.devices[BACKEND].calibrations = {"c1": "ibm_sherbrooke"}
    path = f"/backends/{BACKEND}/{part}"
    refused = door.get(path, {"calibration_id": "c1"})
    assert refused.status == 403, "observed of the open plan, on 2026-09-07"
    assert "not authorized to use custom calibrations" in refused.message
    door.instance().plan = PLANS["Premium"]
    today = door.get(path)
    other = door.get(path, {"calibration_id": "c1"})
    assert (today.status, other.status) == (200, 200)
    assert (today.json["backend_name"], other.json["backend_name"]) == (BACKEND, BACKEND)
    assert today.json != other.json
    missing = door.get(f"/backends/{BACKEND}/{part}", {"calibration_id": "c2"})
    assert (missing.status, missing.code) == (404, "not_found")


def test_properties_of_the_past_are_the_oldest_that_there_are(door: Door) -> None:
    """``properties(datetime=...)`` of a day in the device's life was a gap of the emulator."""
    path = f"/backends/{BACKEND}/properties"
    now = door.get(path)
    for moment in ("2100-01-01T00:00:00Z", "2024-12-01T00:00:00+00:00"):
        assert door.get(path, {"updated_before": moment}).body == now.body
    answer = door.get(path, {"updated_before": "2020-01-01T00:00:00Z"})
    assert (answer.status, answer.code) == (404, "not_found"), "it was not there yet"
    require_runtime_error(answer)
    assert door.app.gaps == []
    assert door.get(path, {"updated_before": "yesterday"}).code == 1208


def test_fractional_gates_are_added_where_the_device_has_them(door: Door) -> None:
    door.app.world.devices[BACKEND].has_fractional_gates = False
    configuration = door.get(f"/backends/{BACKEND}/configuration").json
    assert not {"rx", "rzz"} & set(configuration["basis_gates"])
    door.app.world.devices[BACKEND].has_fractional_gates = True
    configuration = door.get(f"/backends/{BACKEND}/configuration").json
    assert {"rx", "rzz"} <= set(configuration["basis_gates"])
    gates = {gate["name"]: gate for gate in configuration["gates"]}
    assert gates["rzz"]["coupling_map"] == gates["cz"]["coupling_map"]
    assert "rzz" in {
        one["gate"] for one in door.get(f"/backends/{BACKEND}/properties").json["gates"]
    }


def test_fractional_gates_that_were_not_recorded_are_calibrated_like_their_likes() -> None:
    recorded = snapshots.load(BACKEND)
    known = json.loads(recorded.recorded_properties)
    known["gates"] = [one for one in known["gates"] if one["gate"] not in {"rx", "rzz"}]
    old = replace(recorded, recorded_properties=json.dumps(known).encode())
    assert _in_utc(json.loads(old.properties)) == _in_utc(known)
    properties = json.loads(replace(old, has_fractional_gates=True).properties)
    errors = {(gate["gate"], *gate["qubits"]): gate["parameters"] for gate in properties["gates"]}
    assert errors[("rzz", 0, 1)] == errors[("cz", 0, 1)]
    assert errors[("rx", 5)] == errors[("sx", 5)]


def test_a_snapshot_under_another_name(door: Door) -> None:
    device = door.app.world.devices[BACKEND]
    device.source = "ibm_sherbrooke"
    configuration = door.get(f"/backends/{BACKEND}/configuration").json
    assert (configuration["backend_name"], configuration["n_qubits"]) == (BACKEND, 127)


def test_mock_backends_are_listed_when_they_are_asked_for(door: Door) -> None:
    version = {"IBM-API-Version": "2026-04-15"}
    door.app.world.devices[BACKEND].kind = "mock"

    def listed(**params: str) -> dict[str, str | None]:
        devices = door.get("/backends", params, **version).json["devices"]
        return {device["name"]: device.get("class") for device in devices}

    assert BACKEND not in listed()
    assert listed(include_mocks="True")[BACKEND] == "mock"


def test_the_levers_of_the_queue_and_the_status_show_in_every_route(door: Door) -> None:
    door.control.set_queue_length(BACKEND, 42)
    door.control.pause(BACKEND)
    version = {"IBM-API-Version": "2025-05-01"}
    [row] = [
        one for one in door.get("/backends", **version).json["devices"] if one["name"] == BACKEND
    ]
    status = door.get(f"/backends/{BACKEND}/status").json
    assert (row["queue_length"], row["status"]["name"]) == (42, "paused")
    assert (status["length_queue"], status["status"], status["state"]) == (42, "paused", True)
    door.control.take_offline(BACKEND)
    assert door.get(f"/backends/{BACKEND}/status").json["state"] is False
    door.control.bring_online(BACKEND)
    assert door.get(f"/backends/{BACKEND}/status").json["status"] == "active"


def test_levers_refuse_what_makes_no_sense(door: Door) -> None:
    with pytest.raises(UsageProblem, match="cannot have -1 jobs"):
        door.control.set_queue_length(BACKEND, -1)
    with pytest.raises(UsageProblem, match=f"no backend '{BACKEND}o'") as caught:
        door.control.pause(f"{BACKEND}o")
    assert caught.value.closest == BACKEND
    with pytest.raises(UsageProblem, match="not given out by the emulator"):
        door.control.revoke_access_token("x")


def test_revoking_all_tokens_counts_those_that_were_valid(door: Door) -> None:
    first, _ = door.token(), door.login()
    door.control.revoke_access_token(first)
    assert door.control.revoke_access_tokens() == 1
    assert door.control.revoke_access_tokens() == 0
