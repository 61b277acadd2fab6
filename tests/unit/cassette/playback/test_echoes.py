"""What a test sent and an answer says again is the same in a replay, whatever is stored of it."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.problems import RecordingRefused
from pytest_qchannel.qpy_header import first_metadata
from tests.unit.cassette.playback.record.test_recording import CRN, TEST, drafted, said
from tests.unit.cassette.traffic_kit import circuit_json

NOT_MINE = CRN.replace("01234567-89ab", "76543210-89ab")
NAME = "d0abcdefghijklmnop01"
TYPED = "Xk9-vQ2_pL8qR3sT4uW5yA"
JOB = {"program_id": "sampler", "backend": "my_device", "params": {"version": 2}}
PROGRAM = "OPENQASM 3.0;\nbit[1] c;\ngiraffe(0.5) $0; // of Ada\n"


def failed(text: str, status: int = 404) -> dict[str, Any]:
    return {"errors": [{"code": 1, "message": text, "more_info": ""}], "trace": "1" * 32}


def refused(method: str, path: str, text: str, sent: object = None) -> Interaction:
    return said(method, path, failed(text), 404, sent)


def replayed(tmp_path: Path, *raw: Interaction) -> tuple[list[Any], str]:
    """The answers of a replay, and what was stored."""
    recording, _, draft = drafted(tmp_path, *raw)
    recording.require_replayable(draft)
    player = Player(draft.cassette, Path("a.yaml"), TEST, lambda: 0.0)
    answers = []
    given = {CRN: draft.cassette.accounts["ibm_cloud"].instances[0].id}
    for one in raw:
        asked = dataclasses.replace(
            one,
            url=one.url.replace(NAME, given.get(NAME, NAME)),
            request_headers=tuple((n, given.get(v, v)) for n, v in one.request_headers),
        )
        found = player.find(asked)
        assert found is not None
        answers.append(json.loads(player.given_back(found, asked).response_body))
        given[NAME] = answers[-1].get("id", NAME)
    kept = (part for one in draft.cassette.interactions for part in (one.url, one.response_body))
    return answers, "\n".join(map(str, kept))


def message(answer: Any) -> str:
    return str(answer["errors"][0]["message"])


ECHOED = {
    "an id that was made up": refused("GET", "/jobs/elephant", "Job not found. Job ID: elephant"),
    "one as it stands in the path": refused("GET", "/jobs/a%2Fb", "Job ID: a%2Fb"),
    "a text in quotes": refused(
        "PATCH", "/sessions/s-1", "No \u201ccaf\u00e9s\u201d.", {"x": ["caf\u00e9s"]}
    ),
    "a program": refused(
        "POST", "/jobs", "No program elephant.", {**JOB, "program_id": "elephant"}
    ),
    "a device": refused("GET", "/backends/ibm_elephant/status", "There is no 'ibm_elephant'."),
    "a field of a query": refused("GET", "/jobs?limit=9876543210", "limit=9876543210: too many"),
    "a word of a tag": refused(
        "GET", "/jobs?tags=an+elephant", "No job has the tag 'an elephant'."
    ),
    "a field that no table names": refused(
        "PATCH",
        "/sessions/s-1",
        "A session has no field 'elephant' (giraffe).",
        {"elephant": "giraffe"},
    ),
    "a key in a body": refused("PATCH", "/sessions/s-1", f"{TYPED!r} is no mode.", {"mode": TYPED}),
    "an instance": refused(
        "PATCH", "/sessions/s-1", f"Instance {NOT_MINE} not found.", {"instance": NOT_MINE}
    ),
    "beside a word that makes it look like a secret": refused(
        "GET", "/backends/elephants/status", "No such token: elephants."
    ),
}


@pytest.mark.parametrize("one", ECHOED.values(), ids=ECHOED)
def test_an_error_says_the_word_that_was_sent(tmp_path: Path, one: Interaction) -> None:
    """What the user saw: ``"elephant" in answer.text`` recorded green, and was red in a replay."""
    answers, stored = replayed(tmp_path, one)
    assert message(answers[0]) == message(json.loads(one.response_body))
    assert not any(word in stored for word in (TYPED, NOT_MINE, "Job ID: elephant"))


def test_each_made_up_id_is_said_where_it_was_asked_for(tmp_path: Path) -> None:
    names = ("elephant", "job", "giraffe", "a/b", "elephant")
    said_so = [f"Verify the job ID of the job: {one}" for one in names]
    paths = [f"/jobs/{quote(one, safe='')}" for one in names]
    raw = [refused("GET", *one) for one in zip(paths, said_so, strict=True)]
    answers, _ = replayed(tmp_path, *raw)
    assert [message(one) for one in answers] == said_so


def test_one_word_is_an_id_here_and_a_tag_a_device_and_a_gate_there(tmp_path: Path) -> None:
    """It was refused: the tag, or the path, has a value in it that has a stand-in."""
    program = PROGRAM.replace("giraffe", "elephant")
    job = {**JOB, "tags": ["elephant"], "params": {"pubs": [[program]], "version": 2}}
    reason = "Error loading QASM circuit: 'elephant' is not defined."
    there = {"id": NAME, "tags": ["elephant"], "state": {"status": "Failed", "reason": reason}}
    answers, _ = replayed(
        tmp_path,
        ECHOED["an id that was made up"],
        said("POST", "/jobs", {"id": NAME}, sent=job),
        said("GET", f"/jobs/{NAME}", there),
        said("GET", "/jobs?tags=elephant", {"jobs": []}),
        refused("GET", "/backends/elephant/status", "There is no elephant."),
        ECHOED["an id that was made up"],
    )
    assert (answers[2]["tags"], answers[2]["state"]["reason"]) == (["elephant"], reason)
    said_so = ("Job not found. Job ID: elephant", "There is no elephant.")
    assert (
        tuple(message(answers[at]) for at in (5, 4))
        == said_so
        == tuple(message(answers[at]) for at in (0, 4))
    )


@pytest.mark.parametrize("program", [PROGRAM, PROGRAM.replace("\n", " ").replace("// of Ada", "")])
def test_a_job_fails_with_a_name_of_its_circuit(tmp_path: Path, program: str) -> None:
    reason = "Error loading QASM circuit: 'giraffe' is not known in 3,1 (zebra)."
    answer = {"id": NAME, "state": {"status": "Failed", "reason": reason}}
    params = {"pubs": [[program]], "version": 2}
    answers, stored = replayed(
        tmp_path,
        said("POST", "/jobs", {"id": NAME}, sent={**JOB, "params": params}),
        said("GET", f"/jobs/{NAME}", answer),
    )
    assert answers[1]["state"]["reason"] == reason.replace("zebra", "[word]")
    assert "Ada" not in stored


def test_a_word_of_an_earlier_request_of_which_nothing_is_kept_is_refused(tmp_path: Path) -> None:
    noted = said("PATCH", "/sessions/s-1", None, 204, {"a_note": "by okapi"})
    there = said("GET", "/sessions/s-1", {"id": "s-1", "state_reason": "Closed by okapi."})
    with pytest.raises(
        RecordingRefused, match=r"what the answer to GET /api/v1/sessions/[^ ]+ says"
    ):
        replayed(tmp_path, noted, there)


def test_a_name_that_is_given_to_an_instance_is_read_back(tmp_path: Path) -> None:
    row = {"id": CRN, "name": "an elephant of mine"}
    url = "https://resource-controller.cloud.ibm.com/v2/resource_instances"
    made = said("POST", "", row, 201, {"name": row["name"], "target": "us-east"})
    there = said("GET", "", {"resources": [row], "rows_count": 1})
    raw = [dataclasses.replace(one, url=url) for one in (made, there)]
    answers, stored = replayed(tmp_path, *raw)
    assert answers[0]["name"] == answers[1]["resources"][0]["name"] == row["name"]
    assert "elephant" not in stored


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("zebra", "elephant"),
        ("elephant", "elephantine"),
        ("elephant", "elephant-4929-1234-5678-9012"),
    ],
)
def test_a_word_that_nobody_sent_is_still_none(tmp_path: Path, sent: str, text: str) -> None:
    answers, _ = replayed(tmp_path, refused("GET", f"/backends/{sent}/status", f"It is {text}."))
    assert message(answers[0]) == "It is [word]."


def _noted(metadata: dict[str, Any]) -> dict[str, str]:
    circuit = QuantumCircuit(1, 1, name="an elephant", metadata=metadata)
    circuit.measure(0, 0)
    return circuit_json(circuit)


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_the_metadata_of_a_circuit_comes_back_with_its_results(
    tmp_path: Path, is_wrapped: bool
) -> None:
    """``result[0].metadata["circuit_metadata"]`` was empty in a replay: analyses need it."""
    notes: list[dict[str, Any]] = [
        {"who": "Ada", "xval": 0.5, "deep": {"of": [1, None]}},
        {},
        {"who": "Grace"},
    ]
    results: Any = [{"data": {}, "metadata": {"circuit_metadata": one}} for one in notes]
    if is_wrapped:
        results = [{"__type__": "PubResult", "__value__": one} for one in results]
    params = {"pubs": [[_noted(one)] for one in notes], "version": 2}
    answers, stored = replayed(
        tmp_path,
        said("POST", "/jobs", {"id": NAME}, sent={**JOB, "params": params}),
        said("GET", f"/jobs/{NAME}/results", {"results": results}),
    )
    assert answers[1] == {"results": results}
    assert not any(word in stored for word in ("Ada", "Grace", "elephant", "xval"))


@pytest.mark.parametrize("version", [qpy.common.QPY_COMPATIBILITY_VERSION, qpy.common.QPY_VERSION])
def test_metadata_is_read_before_qiskit_is_asked(version: int) -> None:
    circuit = QuantumCircuit(3, name="a name", metadata={"n": 1}, global_phase=Parameter("p"))
    file = io.BytesIO()
    qpy.dump(circuit, file, version=version)
    assert json.loads(first_metadata(file.getvalue())) == {"n": 1}
    assert first_metadata(b"no QPY") == first_metadata(b"QISKIT\x0d") == b""
