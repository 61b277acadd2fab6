"""CRNs: taken apart and put together again, and each field that can be wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_qchannel.crn import CRN
from pytest_qchannel.errors import UsageProblem

GOOD = (
    "crn:v1:bluemix:public:quantum-computing:us-east:"
    "a/0123456789abcdef0123456789abcdef:12345678-9abc-4def-8123-456789abcdef::"
)

_HEX = "0123456789abcdef"
WORDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)
CRNS = st.builds(
    CRN,
    region=WORDS,
    account_id=st.text(_HEX, min_size=32, max_size=32),
    guid=st.uuids().map(str),
    cname=st.sampled_from(["bluemix", "staging"]),
)


@settings(derandomize=True, deadline=None)
@given(CRNS)
def test_a_crn_survives_being_written_and_read(crn: CRN) -> None:
    text = str(crn)
    assert CRN.parse(text) == crn
    assert CRN.parse(f"  {text}\n") == crn
    assert text.split(":")[5] == crn.region


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60) | st.lists(st.text(max_size=5), min_size=9, max_size=9).map(":".join))
def test_what_is_accepted_is_written_the_same_again(text: str) -> None:
    """Nothing of an accepted CRN gets lost on the way."""
    try:
        crn = CRN.parse(text)
    except UsageProblem:
        return
    assert str(crn) == text.strip()


def test_the_parts_of_a_crn() -> None:
    crn = CRN.parse(GOOD)
    assert crn.region == "us-east"
    assert crn.account_id == "0123456789abcdef" * 2
    assert crn.guid == "12345678-9abc-4def-8123-456789abcdef"
    assert (crn.cname, crn.service) == ("bluemix", "quantum-computing")


@pytest.mark.parametrize(
    ("index", "value", "name"),
    [
        (1, "v2", r"2 \(version\)"),
        (2, "", r"3 \(cname\)"),
        (3, "dedicated", r"4 \(ctype\)"),
        (4, "databases", r"5 \(service\)"),
        (5, "", r"6 \(region\)"),
        (5, "evil.example/", r"6 \(region\)"),
        (5, "us east", r"6 \(region\)"),
        (6, "a/0123", r"7 \(account\)"),
        (6, "0123456789abcdef" * 2, r"7 \(account\)"),
        (6, "a/" + "0123456789ABCDEF" * 2, r"7 \(account\)"),
        (7, "12345678", r"8 \(instance\)"),
        (7, "", r"8 \(instance\)"),
        (8, "backend", r"9 \(resource type\)"),
        (9, "ibm_torino", r"10 \(resource\)"),
    ],
)
def test_each_wrong_field_is_named(index: int, value: str, name: str) -> None:
    fields = GOOD.split(":")
    fields[index] = value
    with pytest.raises(UsageProblem, match=f"field {name} is wrong") as caught:
        CRN.parse(":".join(fields))
    assert caught.value.closest is not None
    assert "Instances page" in str(caught.value)


@pytest.mark.parametrize("text", ["", "my-instance", "ibm-q/open/main", GOOD[4:], GOOD + ":"])
def test_what_is_no_crn_at_all(text: str) -> None:
    with pytest.raises(UsageProblem, match="must have ten fields"):
        CRN.parse(text)


def test_the_message_does_not_repeat_a_long_text_that_may_be_a_secret() -> None:
    with pytest.raises(UsageProblem) as caught:
        CRN.parse("s3cr3t-api-key-of-forty-four-characters-0123")
    assert "forty-four" not in str(caught.value)
