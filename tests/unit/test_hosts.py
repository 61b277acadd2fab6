"""The table of host names, and the calibration snapshots that its backends are served from."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.hosts import (
    ALL_HOSTS,
    HOSTS,
    SERVICES,
    base_url_of,
    find_any_host,
    find_host,
    is_ibm_host,
    is_public_host,
    known_hosts,
)


@pytest.mark.parametrize(
    ("name", "path", "service", "base", "region"),
    [
        ("iam.cloud.ibm.com", "/identity/token", "iam", "", None),
        ("private.iam.cloud.ibm.com", "/identity/token", "iam", "", None),
        ("globalcatalog.cloud.ibm.com", "/api/v1/x", "catalog", "/api/v1", None),
        ("quantum.cloud.ibm.com", "/api/v1/jobs", "runtime", "/api/v1", "us-east"),
        ("quantum.cloud.ibm.com", "/api/v1", "runtime", "/api/v1", "us-east"),
        ("eu-de.quantum.cloud.ibm.com", "/api/v1/jobs", "runtime", "/api/v1", "eu-de"),
        ("private.us-east.quantum.cloud.ibm.com", "/api/v1/j", "runtime", "/api/v1", "us-east"),
        ("private.eu-de.quantum.cloud.ibm.com", "/api/v1/j", "runtime", "/api/v1", "eu-de"),
        ("us-east.quantum-computing.cloud.ibm.com", "/jobs", "runtime", "", "us-east"),
        ("private.eu-de.quantum-computing.cloud.ibm.com", "/jobs", "runtime", "", "eu-de"),
        ("api.quantum.ibm.com", "/runtime/jobs", "classic_runtime", "/runtime", None),
        ("api.quantum.ibm.com", "/api/Network", "classic_network", "/api", None),
        ("auth.quantum-computing.ibm.com", "/api/version", "classic_auth", "/api", None),
        ("runtime-us-east.quantum-computing.ibm.com", "/jobs", "classic_runtime", "", None),
    ],
)
def test_a_host_and_path_lead_to_a_service(
    name: str, path: str, service: str, base: str, region: str | None
) -> None:
    host = find_host(name, path)
    assert host is not None
    assert (host.name, host.service, host.base, host.region) == (name, service, base, region)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("quantum.cloud.ibm.com", "/"),
        ("quantum.cloud.ibm.com", "/api/v10/jobs"),
        ("quantum.cloud.ibm.com", "/api/v2/jobs"),
        ("us-east.quantum.cloud.ibm.com", "/api/v1/jobs"),
        ("api.quantum.ibm.com", "/apiary"),
        ("evil.quantum.cloud.ibm.com", "/api/v1/jobs"),
        ("quantum.cloud.ibm.com.evil.example", "/api/v1/jobs"),
    ],
)
def test_what_is_not_in_the_table_has_no_service(name: str, path: str) -> None:
    assert find_host(name, path) is None


@pytest.mark.parametrize(
    "name", ["ibm.com", "quantum.cloud.ibm.com", "IBM.com", "x.ibm.com.", "a.b.c.ibm.com"]
)
def test_names_of_ibm(name: str) -> None:
    assert is_ibm_host(name)


@pytest.mark.parametrize(
    "name", ["", "notibm.com", "ibm.com.example.org", "ibm.community", "com", "ibmxcom"]
)
def test_names_that_are_not_ibms(name: str) -> None:
    assert not is_ibm_host(name)


def test_the_table_is_consistent() -> None:
    assert len({(host.name, host.base) for host in ALL_HOSTS}) == len(ALL_HOSTS)
    assert {host.service for host in HOSTS} == set(SERVICES)
    assert all(is_ibm_host(host.name) for host in ALL_HOSTS)
    assert all(not host.base.endswith("/") for host in ALL_HOSTS)
    assert known_hosts() == {host.name for host in HOSTS}
    assert {host.region for host in HOSTS if host.service == "runtime"} == {"us-east", "eu-de"}


@pytest.mark.parametrize(
    ("name", "path", "service"),
    [
        ("iam.test.cloud.ibm.com", "/identity/token", "iam"),
        ("private.iam.test.cloud.ibm.com", "/identity/token", "iam"),
        ("globalcatalog.test.cloud.ibm.com", "/api/v1/x", "catalog"),
        ("quantum.test.cloud.ibm.com", "/api/v1/jobs", "runtime"),
        ("private.eu-de.quantum.test.cloud.ibm.com", "/api/v1/jobs", "runtime"),
        ("us-east.quantum.cloud.ibm.com", "/api/v1/jobs", "runtime"),
        ("api-qcon.quantum.ibm.com", "/api/Network", "classic_network"),
    ],
)
def test_a_recording_may_name_hosts_that_are_not_emulated(
    name: str, path: str, service: str
) -> None:
    assert find_host(name, path) is None
    host = find_any_host(name, path)
    assert host is not None
    assert host.service == service
    assert is_public_host(name)


@pytest.mark.parametrize(
    "name", ["eu-de.quantum-computing.test.cloud.ibm.com", "auth.quantum.test.ibm.com", "ibm.com"]
)
def test_other_names_below_ibms_are_nobodys_public_host(name: str) -> None:
    assert not is_public_host(name)


def test_the_base_url_of_a_service_is_that_of_its_first_host_in_the_region() -> None:
    assert base_url_of("runtime", "us-east") == "https://quantum.cloud.ibm.com/api/v1"
    assert base_url_of("runtime", "eu-de") == "https://eu-de.quantum.cloud.ibm.com/api/v1"
    assert base_url_of("runtime", "au-syd") == "https://au-syd.quantum.cloud.ibm.com/api/v1"
    assert base_url_of("classic_runtime") == "https://api.quantum-computing.ibm.com/runtime"


def test_no_snapshot_answers_to_another_name_than_its_own() -> None:
    found = snapshots.available()
    assert {"ibm_torino", "ibm_sherbrooke", "ibm_brisbane"} <= set(found)
    for name, folder in found.items():
        assert name.removeprefix("ibmq_").removeprefix("ibm_") == folder.name


_DATES = ("date", "last_update_date", "online_date")


def timed(told: object) -> object:
    """Properties with moments in place of dates: the files have them in the zone of who made it."""
    if isinstance(told, dict):
        return {
            key: datetime.fromisoformat(one) if key in _DATES and one else timed(one)
            for key, one in told.items()
        }
    return [timed(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("name", ["ibm_torino", "ibm_sherbrooke"])
def test_a_snapshot_has_the_files_bytes_and_the_facts_in_them(name: str) -> None:
    snapshot = snapshots.load(name)
    folder = snapshots.available()[name]
    [configuration] = folder.glob("conf_*.json")
    [properties] = folder.glob("props_*.json")
    # Not compared by pytest: what differs in so many bytes takes it minutes to tell.
    for told, file in ((snapshot.configuration, configuration), (snapshot.properties, properties)):
        is_the_same = timed(json.loads(told)) == timed(json.loads(file.read_bytes()))
        assert is_the_same
    facts = json.loads(configuration.read_bytes())
    assert facts["backend_name"] == name
    assert snapshot.num_qubits == facts["n_qubits"]
    assert snapshot.max_shots == facts["max_shots"]
    assert snapshot.default_rep_delay_s == pytest.approx(facts["default_rep_delay"] / 1e6)
    assert snapshot.rep_delay_range_s == pytest.approx(
        [one / 1e6 for one in facts["rep_delay_range"]]
    )
    json.loads(snapshot.defaults)


def test_a_snapshot_is_read_once_and_cannot_be_changed() -> None:
    snapshot = snapshots.load("ibm_torino")
    assert snapshots.load("ibm_torino") is snapshot
    with pytest.raises(TypeError):
        snapshot.facts["n_qubits"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError):
        snapshot.name = "x"  # type: ignore[misc]


def test_an_unknown_device_has_no_snapshot() -> None:
    with pytest.raises(KeyError, match="ibm_atlantis"):
        snapshots.load("ibm_atlantis")
