"""Stand-ins and single values: stable, plausible, and of use for replay."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid
from typing import Any

import jwt
import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.scrub import Scrubber
from pytest_qchannel.cassette.scrub.payload import is_array
from pytest_qchannel.cassette.scrub.prose import scrub_prose
from pytest_qchannel.cassette.scrub.standins import SHAPES, Standins
from pytest_qchannel.cassette.standin_shapes import (
    EXPIRES_AT,
    is_standin,
    is_standin_jwt,
    standin_jwt,
)
from pytest_qchannel.crn import CRN
from tests.unit.cassette.scrub.planted_kit import (
    JSON,
    RUNTIME,
    VALUES,
    array_with,
    get,
    post,
    with_header,
)


def _answer(interaction: Interaction, scrubber: Scrubber | None = None) -> Any:
    scrubbed = (scrubber or Scrubber()).scrub(interaction).interaction
    return json.loads(scrubbed.response_body)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_standin_is_stable_unlike_others_and_reveals_nothing(kind: str) -> None:
    ours, others = Standins(), Standins()
    first = ours.of(kind, "value-one-of-mine")
    assert ours.of(kind, "value-one-of-mine") == first
    assert ours.of(kind, "value-two-of-mine") != first
    assert ours.of(kind, first) == first
    assert others.of(kind, "somebody-elses-1!") == first


def test_standins_of_two_kinds_are_never_the_same() -> None:
    standins = Standins()
    made = {
        (kind, number): standins.of(kind, f"{number:032x}")
        for kind in SHAPES
        for number in range(1, 40)
    }
    assert len(set(made.values())) == len(made)


@pytest.mark.parametrize(
    ("kind", "value", "shape"),
    [
        ("api_key", VALUES["API key"], r"[\w-]{44}"),
        ("api_key", VALUES["classic API token"], r"[0-9a-f]{128}"),
        ("access_token", VALUES["classic access token"], r"[0-9a-f]{64}"),
        ("account", VALUES["account id"], r"[0-9a-f]{32}"),
        ("user", VALUES["IBMid"], r"IBMid-\w{10,}"),
        ("user", VALUES["user id"], r"[0-9a-f]{24}"),
        ("email", VALUES["e-mail"], r"[\w-]+@[\w.-]+"),
        ("ip", "10.1.2.3", r"192\.0\.2\.\d+"),
        ("ip", "fe80::1", r"2001:db8::\d+"),
        ("job_id", VALUES["job id"], r"[a-z0-9]{20}"),
        ("session_id", VALUES["session id"], r"[0-9a-f-]{36}"),
        ("object_url", "https://x/y", r"https://.*"),
    ],
)
def test_a_standin_looks_like_what_it_stands_for(kind: str, value: str, shape: str) -> None:
    assert re.fullmatch(shape, Standins().of(kind, value))


def test_a_guid_is_a_uuid() -> None:
    assert uuid.UUID(Standins().of("guid", VALUES["instance GUID"])).version == 4


def test_a_standin_token_decodes_and_is_good_for_long() -> None:
    claims = jwt.decode(standin_jwt(3), options={"verify_signature": False})
    assert isinstance(claims["iat"], int)
    assert claims["exp"] == EXPIRES_AT
    assert is_standin_jwt(standin_jwt(3))
    assert is_standin(standin_jwt(3))
    assert not is_standin_jwt(standin_jwt(3)[:-2])
    assert not is_standin_jwt(VALUES["IAM access token"])


def test_a_crn_keeps_what_the_client_reads_out_of_it() -> None:
    text = "crn:v1:staging:public:quantum-computing:eu-de:a/{}:{}::"
    sent = text.format(VALUES["account id"], VALUES["instance GUID"])
    [(_, kept)] = Scrubber().scrub(with_header("Service-CRN", sent)).interaction.request_headers
    crn, before = CRN.parse(kept), CRN.parse(sent)
    assert (crn.region, crn.cname, crn.service) == ("eu-de", "staging", "quantum-computing")
    assert crn.account_id != before.account_id
    assert crn.guid != before.guid


def test_one_instance_is_the_same_in_search_header_session_and_query() -> None:
    scrubber = Scrubber()
    crn = (
        f"crn:v1:bluemix:public:quantum-computing:us-east:a/{'d' * 32}:{VALUES['instance GUID']}::"
    )
    header = scrubber.scrub(with_header("Service-CRN", crn)).interaction.request_headers[0][1]
    sent = scrubber.scrub(post("/sessions", {"instance": crn})).interaction.request_body
    usage = _answer(get("/instances/usage", {"instance_id": crn}), scrubber)
    guid = _answer(get("/instances/usage", {"instance_id": VALUES["instance GUID"]}), scrubber)
    assert json.loads(sent)["instance"] == header == usage["instance_id"]
    assert guid["instance_id"] == header.split(":")[7]


def test_a_job_is_the_same_wherever_it_comes() -> None:
    scrubber, job = Scrubber(), VALUES["job id"]
    made = _answer(post("/jobs", {"program_id": "sampler"}, {"id": job, "backend": "b"}), scrubber)
    looked = scrubber.scrub(get(f"/jobs/{job}", {"id": job})).interaction
    error = _answer(
        get(f"/jobs/{job}", {"errors": [{"message": f"No job {job}."}]}, status=404), scrubber
    )
    row = _answer(get("/workloads", {"workloads": [{"id": job}]}), scrubber)["workloads"][0]
    assert looked.url == f"{RUNTIME}/jobs/{made['id']}"
    assert json.loads(looked.response_body)["id"] == made["id"] == row["id"]
    assert error["errors"][0]["message"] == f"No job {made['id']}."


def test_the_scheme_word_survives() -> None:
    for scheme in ("Bearer", "apikey"):
        sent = with_header("Authorization", f"{scheme} {VALUES['API key']}")
        [(_, kept)] = Scrubber().scrub(sent).interaction.request_headers
        assert kept.startswith(f"{scheme} ")


def test_the_open_plan_of_the_classic_platform_stays_what_it_is() -> None:
    interaction = get(
        "/backends?provider=ibm-q%2Fopen%2Fmain", {}, base="https://api.quantum.ibm.com/runtime"
    )
    assert Scrubber().scrub(interaction).interaction.url.endswith("?provider=ibm-q%2Fopen%2Fmain")


def test_an_unknown_field_keeps_its_type_and_is_reported_once() -> None:
    rows = [
        {"id": "a", "new": "x"},
        {"id": "b", "new": 5},
        {"new": True},
        {"new": [1]},
        {"new": {"a": 1}},
    ]
    scrubbed = Scrubber().scrub(get("/jobs", {"jobs": rows, "count": 5}))
    kept = [row["new"] for row in json.loads(scrubbed.interaction.response_body)["jobs"]]
    assert kept == ["qchannel-stand-in", 0, False, [], {}]
    assert [one.place for one in scrubbed.unknown] == ["response $.jobs[].new"]
    told = str(scrubbed.unknown[0])
    assert (
        "its value was replaced (a newer pytest-qchannel may know it; if none does, report" in told
    )
    assert "pytest_qchannel/" not in told, "whoever has the wheel edits nothing"


def test_an_unknown_header_goes_and_the_report_names_the_table_of_headers() -> None:
    row = ("X-No-Rule-Names-This", "high")
    sent = dataclasses.replace(
        get("/backends", {}), request_headers=(row,), response_headers=(row,)
    )
    scrubbed = Scrubber().scrub(sent)
    assert scrubbed.interaction.request_headers == scrubbed.interaction.response_headers == ()
    assert [one.place for one in scrubbed.unknown] == [
        "request header X-No-Rule-Names-This",
        "response header X-No-Rule-Names-This",
    ]
    assert "it was dropped (a newer pytest-qchannel may know it" in str(scrubbed.unknown[0])


def test_of_an_instances_extensions_the_limits_stay_and_the_rest_goes_without_a_word() -> None:
    row = {
        "guid": VALUES["instance GUID"],
        "extensions": {"instance_limit_seconds": "500", "owner": "ada", "vpe": {"ip": "1"}},
        "parameters": {"timestamp": "2026-11-27T10:00:00Z", "instance_limit_seconds": 500, "x": 1},
    }
    scrubbed = Scrubber().scrub(
        get("/v2/resource_instances/x", row, base="https://resource-controller.cloud.ibm.com")
    )
    kept = json.loads(scrubbed.interaction.response_body)
    assert kept["extensions"] == {"instance_limit_seconds": "500"}
    assert kept["parameters"] == {
        "timestamp": "2026-11-27T10:00:00Z",
        "instance_limit_seconds": 500,
    }
    assert scrubbed.unknown == ()


def test_the_length_of_an_answer_to_head_stays() -> None:
    asked = get("/jobs", None)
    head = Interaction("HEAD", asked.url, (), b"", 200, (("Content-Length", "999"),), b"")
    odd = Interaction("HEAD", asked.url, (), b"", 200, (("Content-Length", "ada@x.org"),), b"")
    kept = [Scrubber().scrub(one).interaction.response_headers for one in (head, odd)]
    assert kept == [(("Content-Length", "999"),), (("Content-Length", "0"),)]
    assert Scrubber().scrub(head).interaction.url == asked.url


def test_the_length_is_that_of_what_is_stored() -> None:
    sent = post("/jobs", {"tags": ["a-long-tag-of-mine"]})
    with_length = Interaction(
        sent.method, sent.url, (*JSON, ("Content-Length", "999")), sent.request_body
    )
    kept = Scrubber().scrub(with_length).interaction
    assert dict(kept.request_headers)["Content-Length"] == str(len(kept.request_body))


def test_the_hook_decides_what_is_stored_of_params() -> None:
    seen = []

    def rewrite(program: str | None, params: Any) -> Any:
        seen.append((program, params))
        return {"circuits": ["two words"]}

    scrubber = Scrubber(rewrite_params=rewrite)
    sent = scrubber.scrub(post("/jobs", {"program_id": "sampler", "params": {"pubs": []}}))
    job = {"id": "d0", "program": {"id": "estimator"}, "params": {"pubs": [1]}}
    told = _answer(get("/jobs/d0", job), scrubber)
    assert json.loads(sent.interaction.request_body)["params"] == {"circuits": ["two words"]}
    assert told["params"] == {"circuits": ["two words"]}
    assert seen == [("sampler", {"pubs": []}), ("estimator", {"pubs": [1]})]


def test_an_array_is_kept_only_where_it_is_nothing_else() -> None:
    import base64
    import zlib

    good = array_with(b"\x01\x02\x03")
    assert is_array(good)
    data = zlib.decompress(base64.b64decode(good))
    packed = [
        zlib.compress(data) + b"behind the stream",
        zlib.compress(data + b"behind the array"),
        zlib.compress(data.replace(b"'|u1'", b"'|S1'")),
        zlib.compress(b"no array at all"),
        zlib.compress(data)[:-5],
    ]
    assert not any(is_array(base64.b64encode(one).decode()) for one in packed)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("The access token is not valid or has expired.", None),
        ("Use batch or job mode, or an instance of a plan that has sessions.", None),
        ("No backend ibm_torino. Did you mean ibm_fez?", None),
        ("limit must be from 1 to 50.", None),
        ("The user is no member of acme/fusion/reactor.", "The user is no member of [word]."),
        ("Job of Ada Byron failed at /home/ada", "Job of [word] [word] failed at [word]"),
        ("key 0a1b2c3d4e5f", "key [word]"),
        ("qiskit 0.51.0 from 2024-01-01 12:30:00 on, qubits 0, 1, 2, 3, 4, 5, 6, 7", None),
    ],
)
def test_of_a_sentence_only_the_services_own_words_stay(said: str, kept: str | None) -> None:
    assert scrub_prose(said, lambda _: None) == (said if kept is None else kept)


@pytest.mark.parametrize(
    "digits",
    [
        "198.51.100.77", "198.51.100.77:8080", "198.51.100.77/24", "2001:db8::7", "2001::7",
        "4929-1234-5678-9012", "4929 1234 5678 9012", "4929, 1234, 5678, 9012",
        "4929.1234.5678.9012",
        "0170-1234-5678", "(0170) 123 45 67", "+49 170 1234567", "06 12 34 56 78", "555-1234",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "sentence", ["{}", "It is {}.", "from '{}' not allowed", "code ({}), 5 jobs"]
)
def test_no_address_card_or_telephone_number_stays_in_a_sentence(
    digits: str, sentence: str
) -> None:
    """What the user saw: each group of digits is short, so all of them stayed."""
    said = scrub_prose(sentence.format(digits), lambda _: None)
    kept = {one for one in said if one.isdigit()} - set(sentence)
    assert not kept
    assert "[word]" in said


@pytest.mark.parametrize(
    "interaction",
    [
        Interaction("GET", "http://[broken"),
        Interaction("GET", ""),
        Interaction("GET", "https://quantum.cloud.ibm.com"),
        Interaction("GET", "https://quantum.cloud.ibm.com/api/v1/nothing/like/it?a=b"),
        Interaction("BR\nEW", f"{RUNTIME}/jobs", (), b"\xff\xfe", 200, JSON, b"\xff{"),
        get("/jobs", b"[" * 100_000),
        get("/jobs", {"jobs": {"a": 1}, "count": [1]}),
        get("/jobs", [1, "a"]),
        get("/jobs", "text"),
        get("/jobs/d0/results", b"NaN"),
        Interaction(
            "GET", f"{RUNTIME}/jobs", (), b"", 200, (("Content-Encoding", "br"),), b"\x01\x02"
        ),
    ],
    ids=range(11),
)
def test_hostile_interactions_are_scrubbed_and_never_raise(interaction: Interaction) -> None:
    scrubbed = Scrubber().scrub(interaction)
    assert isinstance(scrubbed.interaction, Interaction)


def test_an_interaction_does_not_print_what_it_holds() -> None:
    shown = repr(with_header("Authorization", "apikey hunter2hunter2"))
    assert "hunter2" not in shown
