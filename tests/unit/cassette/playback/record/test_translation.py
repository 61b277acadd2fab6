"""What a cassette is extended with: names of two accounts, both ways, and stand-ins of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.translation import OtherAccount, Translation
from pytest_qchannel.cassette.scrub.standins import SHAPES, Standins
from pytest_qchannel.cassette.standin_shapes import standin_in

SPACE = "crn:v1:bluemix:public:quantum-computing:us-east:a/{}:{}::"
OLD_GUID = "71636861-6e6e-456c-8002-000000000001"
NEW_GUID = "0f0f0f0f-1111-4222-8333-444444444444"
OLD = SPACE.format("716368616e6e656c0000000000000011", OLD_GUID)
NEW = SPACE.format("abcdefabcdefabcdefabcdefabcdefab", NEW_GUID)


def account(crn: str, name: str, plan: str = "Open") -> HeldAccount:
    return HeldAccount(f"key-of-{name}-0123456789", (HeldInstance(crn, name, plan),))


TRANSLATION = Translation(
    {"ibm_cloud": account(OLD, "instance-1")},
    {"ibm_cloud": account(NEW, "lab"), "ibm_quantum_platform": account(NEW, "other")},
)


def request(url: str, crn: str = NEW) -> Interaction:
    return Interaction("GET", url, (("Service-CRN", crn),))


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        (f"https://q/api?crn={NEW}", f"https://q/api?crn={OLD}"),
        (NEW.replace("/", "%2F").replace(":", "%3A"), OLD.replace("/", "%2F").replace(":", "%3A")),
        ("https://q/lab/x?name=lab&of=laboratory", "https://q/instance-1/x?name=instance-1&of=laboratory"),
        ("https://q/backends", "https://q/backends"),
    ],
)  # fmt: skip
def test_what_is_sent_gets_the_names_of_the_cassette(sent: str, recorded: str) -> None:
    found = TRANSLATION.to_recorded(request(sent))
    assert found.url == recorded
    assert found.request_headers == (("Service-CRN", OLD),)


def test_what_is_answered_gets_the_names_of_the_source_and_its_length() -> None:
    body = f'{{"crn":"{OLD}","name":"instance-1","next":"instance-12"}}'.encode()
    headers = (("Content-Length", str(len(body))), ("X", OLD_GUID))
    found = TRANSLATION.to_real(Interaction("GET", "https://q", (), b"", 200, headers, body))
    assert found.response_body == f'{{"crn":"{NEW}","name":"lab","next":"instance-12"}}'.encode()
    assert found.response_headers == (
        ("Content-Length", str(len(found.response_body))),
        ("X", NEW_GUID),
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_there_and_back_is_where_it_was(before: str, behind: str) -> None:
    url = f"https://q/{before}/{NEW}/{behind}"
    there = TRANSLATION.to_recorded(request(url))
    answer = Interaction("GET", url, response_body=there.url.encode("utf-8", "replace"))
    assert NEW.encode() in TRANSLATION.to_real(answer).response_body


def test_hub_group_and_project_are_renamed_but_those_of_everybody() -> None:
    old = HeldAccount("k" * 12, (HeldInstance("ibm-q/group-1/main", "ibm-q/group-1/main", ""),))
    new = HeldAccount("k" * 12, (HeldInstance("ibm-q/physics/main", "ibm-q/physics/main", ""),))
    translation = Translation({"ibm_quantum": old}, {"ibm_quantum": new})
    assert [pair[1:] for pair in translation.pairs] == [("physics", "group-1")]
    sent = request("https://q/Network/ibm-q/Groups/physics/Projects/main/astrophysics")
    assert translation.to_recorded(sent).url.endswith("/Groups/group-1/Projects/main/astrophysics")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (HeldAccount("k", ()), "ibm_cloud has 0 instances now, and had 1"),
        (account(NEW.replace("us-east", "eu-de"), "lab"), "another kind or region"),
        (account("ibm-q/open/main", "ibm-q/open/main"), "another kind or region"),
        (account("no crn", "lab"), "another kind or region"),
    ],
)
def test_an_account_of_another_kind_is_refused(new: HeldAccount, said: str) -> None:
    with pytest.raises(OtherAccount, match=said):
        Translation({"ibm_cloud": account(OLD, "instance-1")}, {"ibm_cloud": new})


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_a_stand_in_that_is_there_already_is_not_made_again(kind: str) -> None:
    value, other = "3f" * 16, "4e" * 16
    first = Standins().of(kind, value)
    assert Standins(f"... {first} ...".encode()).of(kind, other) != first
    known = Standins()
    known.adopt(kind, value, first)
    assert (known.of(kind, value), known.of(kind, first)) == (first, first)
    assert known.of(kind, other) != first


@pytest.mark.parametrize("kind", ["job_id", "session_id", "guid", "account", "user", "object_url"])
@pytest.mark.parametrize("value", ["d2k8n3f0b7s73c9h4abc", "3f" * 12, NEW_GUID, "IBMid-1234", "x"])
def test_a_stand_in_is_recognized_wherever_it_stands(kind: str, value: str) -> None:
    made = Standins().of(kind, value)
    found = standin_in(f"https://q/api/v1/jobs/{made}/metrics?x=1")
    assert found is not None
    assert found in made
    assert standin_in(f"https://q/api/v1/jobs/{value}") is None
