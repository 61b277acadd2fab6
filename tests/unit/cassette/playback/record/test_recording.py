"""From raw interactions to a cassette: what leaves, what stays, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from pytest_qchannel.cassette.accounts import (
    HeldAccount,
    HeldInstance,
    accounts_from_plain,
    accounts_to_plain,
)
from pytest_qchannel.cassette.disk.store import Draft, Store
from pytest_qchannel.cassette.gate import SecretFound
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.job_states import unfinished
from pytest_qchannel.cassette.playback.record.recording import Recording
from pytest_qchannel.cassette.problems import RecordingRefused
from pytest_qchannel.cassette.standin_shapes import is_word_standin
from pytest_qchannel.cassette.versions import new_provenance, version_difference
from pytest_qchannel.secret import Secret

BASE = "https://quantum.cloud.ibm.com/api/v1"
TEST = "tests/test_pick.py::test_smallest[ibm_cloud]"
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/{}:{}::".format(
    "0123456789abcdef0123456789abcdef", "01234567-89ab-4def-8123-456789abcdef"
)
KEY = "Zk3-vX9_pL2qR7sT5uW1yA8bC4dE6fG0hJkM3nPqRsTu"
ACCOUNTS = {"ibm_cloud": HeldAccount(KEY, (HeldInstance(CRN, "my-lab", "Premium"),))}
JSON = (("Content-Type", "application/json"),)


def said(
    method: str, path: str, answer: object = None, status: int = 200, sent: object = None
) -> Interaction:
    headers = (("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh"), ("Service-CRN", CRN))
    return Interaction(
        method,
        BASE + path,
        (*headers, *JSON),
        b"" if sent is None else json.dumps(sent).encode(),
        status,
        JSON,
        b"" if answer is None else json.dumps(answer).encode(),
    )


def drafted(
    tmp_path: Path, *interactions: Interaction, known: tuple[Secret, ...] = ()
) -> tuple[Recording, Store, Draft]:
    recording, store = Recording(TEST, known), Store(tmp_path)
    for one in interactions:
        recording.add(one)
    provenance = new_provenance("ibm_cloud", "emulator")
    return recording, store, recording.draft(store, store.path_of(TEST), provenance, ACCOUNTS)


def test_accounts_are_stand_ins_that_fit_the_traffic(tmp_path: Path) -> None:
    _, _, draft = drafted(tmp_path, said("GET", "/jobs", {"jobs": [], "count": 0}))
    held = draft.cassette.accounts["ibm_cloud"]
    sent = dict(draft.cassette.interactions[0].request_headers)["Service-CRN"]
    assert held.instances[0].id == sent != CRN
    assert held.instances[0].name == "instance-1"
    assert KEY.encode() not in draft.index
    assert accounts_from_plain(accounts_to_plain(draft.cassette.accounts)) == {"ibm_cloud": held}


@pytest.mark.parametrize(
    "plain",
    [
        [],
        {"c": {"credential": "x"}},
        {"c": {"credential": 1, "instances": []}},
        {"c": {"credential": "x", "instances": {}}},
        {"c": {"credential": "x", "instances": [{"id": "x", "name": "y"}]}},
    ],
)
def test_damaged_accounts_are_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r"account|instances|text"):
        accounts_from_plain(plain)


def test_a_login_leaves_and_its_token_is_a_known_secret(tmp_path: Path) -> None:
    token = "classic-access-token-of-this-run"
    login = Interaction(
        "POST",
        "https://auth.quantum.ibm.com/api/users/loginWithToken",
        JSON,
        json.dumps({"apiToken": KEY}).encode(),
        200,
        JSON,
        json.dumps({"id": token, "ttl": 1}).encode(),
    )
    recording, _, draft = drafted(tmp_path, login, said("GET", "/jobs", {"jobs": []}))
    assert len(draft.cassette.interactions) == 1
    assert token in {one.reveal() for one in recording.known(ACCOUNTS)}
    recording.check(draft, ACCOUNTS)


def test_a_known_secret_that_no_rule_takes_out_is_refused(tmp_path: Path) -> None:
    """A backend's name is kept by its rule: here it is a secret as well."""
    known = Secret("IBM_CLOUD_API_KEY", "ibm_secret_device")
    row = {"devices": [{"name": "ibm_open_device"}]}
    recording, store, draft = drafted(tmp_path, said("GET", "/backends", row), known=(known,))
    recording.check(draft, ACCOUNTS)
    sampler = {"program_id": "sampler", "backend": "b", "params": {"pubs": [], "x": known.reveal()}}
    recording, store, draft = drafted(
        tmp_path, said("POST", "/jobs", {"id": "abc"}, sent=sampler), known=(known,)
    )
    with pytest.raises(SecretFound, match="GATE-001 the value of IBM_CLOUD_API_KEY") as caught:
        recording.check(draft, ACCOUNTS)
    place = r"line \d+, interaction #1 \(POST /api/v1/jobs\), interactions\[0\].request_body \$"
    assert re.search(place, str(caught.value))
    assert f"where: {draft.path}" in " ".join(str(caught.value).split())
    aside = Store(tmp_path / "aside")
    kept = recording.quarantine(draft, aside, aside.path_of(TEST), ACCOUNTS)
    assert kept is not None
    assert known.reveal().encode() not in b"".join(
        path.read_bytes() for path in (tmp_path / "aside").rglob("*") if path.is_file()
    )
    assert not store.path_of(TEST).exists()


SUBMIT = said("POST", "/jobs", {"id": "job1"}, sent={"program_id": "sampler", "params": {}})
STATE = {"id": "job1", "state": {"status": "Running"}, "status": "Running"}


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ((), [("job1", "submitted")]),
        ((said("GET", "/jobs/job1", STATE),), [("job1", "Running")]),
        ((said("GET", "/jobs/job1", {**STATE, "state": {"status": "Completed"}}),), []),
        ((said("GET", "/jobs/job1", {"status": "Cancelled - Ran too long"}),), []),
        ((said("GET", "/jobs/job1/results", {}),), []),
        ((said("GET", "/jobs/job1/results", {}, 404),), [("job1", "submitted")]),
        ((said("POST", "/jobs/job1/cancel", None, 204),), []),
        ((said("DELETE", "/jobs/job1", None, 204),), []),
        ((said("GET", "/jobs", {"jobs": [{"id": "job1", "status": "Failed"}]}),), []),
        ((said("GET", "/jobs/job2", {"status": "Completed"}),), [("job1", "submitted")]),
    ],
)
def test_when_a_job_has_ended(later: tuple[Interaction, ...], left: list[tuple[str, str]]) -> None:
    assert [(job, state) for job, state, _ in unfinished([SUBMIT, *later])] == left


def test_a_job_that_goes_on_refuses_the_save(tmp_path: Path) -> None:
    recording, _, draft = drafted(tmp_path, SUBMIT)
    with pytest.raises(RecordingRefused, match="had not ended, its last state is submitted"):
        recording.require_ended(draft)


def test_in_a_shared_recording_each_job_that_goes_on_is_told_with_its_test(tmp_path: Path) -> None:
    """Of 38 tests one had left a job, and the error said its id alone."""
    other = said("POST", "/jobs", {"id": "job2"}, sent={"program_id": "sampler", "params": {}})
    both = [
        dataclasses.replace(one, test=f"test_a.py::test_{at}")
        for at, one in enumerate((SUBMIT, other), 1)
    ]
    recording, _, draft = drafted(tmp_path, *both)
    with pytest.raises(RecordingRefused) as refused:
        recording.require_ended(draft)
    assert "\n  of:    test_a.py::test_1\n" in str(refused.value)
    assert ": submitted, of test_a.py::test_2\n" in str(refused.value)


def test_the_same_traffic_at_another_time_is_the_same_cassette(tmp_path: Path) -> None:
    def job(created: str) -> Interaction:
        return said("GET", "/jobs", {"jobs": [{"id": "job1", "created": created}]})

    _, store, first = drafted(tmp_path, job("2026-01-01T10:00:00.123Z"))
    store.write(first)
    _, _, again = drafted(tmp_path, job("2026-02-03T04:05:06.7Z"))
    assert again.index == first.index
    _, _, other = drafted(tmp_path, job("no time"))
    assert other.index != first.index


@pytest.mark.parametrize("mine", ["mine", "randomized_benchmarking_interleaved_cz_gate_q12_q13"])
def test_own_tags_stay_and_those_of_others_do_not(tmp_path: Path, mine: str) -> None:
    rows = {"jobs": [{"id": "job1", "tags": [mine, "theirs"]}]}
    _, _, draft = drafted(tmp_path, said("GET", f"/jobs?tags={mine}", rows))
    one = draft.cassette.interactions[0]
    assert one.url.endswith(f"tags={mine}")
    assert json.loads(one.response_body)["jobs"][0]["tags"] == [mine, "tag-1"]


def test_a_tag_of_others_that_is_a_word_of_the_service_hides_it_nowhere(tmp_path: Path) -> None:
    found = {"id": "job1", "program": {"id": "estimator"}, "tags": ["estimator"]}
    asked = said("GET", "/jobs", {"jobs": [found]}), said("GET", "/jobs/job1", found)
    _, _, draft = drafted(tmp_path, *asked)
    assert json.loads(draft.cassette.interactions[1].response_body)["program"]["id"] == "estimator"


def test_a_tag_in_which_a_short_id_happens_to_be_stays(tmp_path: Path) -> None:
    asked = said("GET", "/jobs/test", {"id": "test"}), said("GET", "/jobs?tags=latest", {})
    _, _, draft = drafted(tmp_path, *asked)
    assert draft.cassette.interactions[1].url.endswith("tags=latest")


def test_versions_are_told_where_they_differ() -> None:
    provenance = new_provenance("ibm_cloud", "emulator")
    assert version_difference(provenance) is None
    import dataclasses

    said_of = version_difference(dataclasses.replace(provenance, client="0.0.1"))
    assert said_of is not None
    assert said_of.startswith("qiskit-ibm-runtime: recorded with 0.0.1, installed is ")


def test_tags_of_a_job_are_in_the_order_in_which_they_are_compared(tmp_path: Path) -> None:
    """Sorted as they were sent: a stand-in comes elsewhere."""
    sent = {"program_id": "sampler", "params": {}, "tags": ["ada@example.com", "nightly"]}
    _, _, draft = drafted(tmp_path, said("POST", "/jobs", {"id": "job1"}, sent=sent))
    [one] = draft.cassette.interactions
    first, second = json.loads(one.request_body)["tags"]
    assert (first, is_word_standin(second)) == ("nightly", True)


def test_tags_of_instances_that_are_no_secret_stay(tmp_path: Path) -> None:
    """``service.instances()[0]["tags"]`` of an emulated world had "tag-1" in a replay."""
    recording, store = Recording(TEST), Store(tmp_path)
    recording.keep_names(["my-lab", "mine"])
    found = {"items": [{"name": "my-lab", "tags": ["mine", "of ada"]}]}
    search = "https://api.global-search-tagging.cloud.ibm.com/v3/resources/search"
    recording.add(dataclasses.replace(said("POST", "", found, sent={"query": "x"}), url=search))
    provenance = new_provenance("ibm_cloud", "emulator")
    draft = recording.draft(store, store.path_of(TEST), provenance, ACCOUNTS)
    [item] = json.loads(draft.cassette.interactions[0].response_body)["items"]
    assert (item["name"], item["tags"]) == ("my-lab", ["mine", "tag-1"])
