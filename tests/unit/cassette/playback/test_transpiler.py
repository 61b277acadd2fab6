"""Orders and answers of the transpiler service in a cassette: what is compared and what is kept."""

from __future__ import annotations

import base64
import io
import json

import pytest
from qiskit import QuantumCircuit, qpy

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import key_of
from pytest_qchannel.cassette.playback.record.collapse import collapse
from pytest_qchannel.cassette.playback.record.qpy_answers import answered_params
from pytest_qchannel.cassette.playback.replay.cursors import Replay
from pytest_qchannel.cassette.scrub import Scrubber
from pytest_qchannel.cassette.scrub.texts import harmless_program
from pytest_qchannel.cassette.submitted.submission import Submission

URL = "https://cloud-transpiler.quantum.ibm.com"
TASK = "6f0a7c1e-1111-4111-8111-111111111111"


def packed(name: str, *, is_longer: bool = False) -> str:
    circuit = QuantumCircuit(2, name=name, metadata={"by": name})
    circuit.cx(0, 1)
    if is_longer:
        circuit.x(0)
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def order(path: str, **body: object) -> Interaction:
    return Interaction("POST", f"{URL}{path}", (), json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/transpile", "qpy_circuits"),
        ("/routing/routing", "qpy"),
        ("/pauli_network/transpile", "qpy"),
    ],
)
def test_an_order_is_compared_by_its_circuits_and_not_by_their_names(path: str, field: str) -> None:
    """A changed circuit would be given what another one was transpiled to."""
    key = key_of(order(path, **{field: packed("mine")}, coupling_map=[[0, 1]]))
    assert key.matches(key_of(order(path, **{field: packed("yours")}, coupling_map=[[0, 1]])))
    for other in (
        order(path, **{field: packed("mine", is_longer=True)}, coupling_map=[[0, 1]]),
        order(path, **{field: packed("mine")}, coupling_map=[[1, 2]]),
    ):
        assert not key.matches(key_of(other))
    assert key.submitted is not None
    kept = Interaction("POST", f"{URL}{path}", (), Submission(key.submitted.form).to_bytes())
    assert key.matches(key_of(kept)), "what a cassette keeps is the same order"
    assert b"mine" not in kept.request_body


def test_an_answer_keeps_its_circuits_without_their_names() -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n// by me@example.org\nx $4;\n'
    layout = {"initial": [0, 1], "final": [1, 0]}
    result: list[dict[str, object]] = [
        {"qasm": text, "qpy": None, "layout": layout},
        {"qpy": packed("mine"), "qasm": None},
    ]
    kept = answered_params(None, result)
    assert isinstance(kept, list)
    assert kept[0] == {**result[0], "qasm": text.replace("// by me@example.org", "")}
    [circuit] = qpy.load(io.BytesIO(base64.b64decode(kept[1]["qpy"])))
    assert (circuit.name, circuit.metadata) == ("circuit-0", {})
    assert circuit.count_ops() == {"cx": 1}


def test_a_name_in_openqasm_that_looks_like_a_secret_has_a_stand_in() -> None:
    secret = "a1b2c3d4e5f6a1b2c3d4e5f6"
    kept = harmless_program(f"bit[1] {secret};\n{secret}[0] = measure $0;\n")
    assert secret not in kept
    assert kept.count("text_") == 2
    assert "measure $0" in kept
    assert harmless_program('include "/home/me/gates.inc";').startswith("qchannel-stand-in-text-")


def test_polls_of_a_task_move_on_as_those_of_a_job() -> None:
    """More polls than were recorded repeat the last state, and equal ones are kept once."""

    def poll(state: str) -> Interaction:
        body = json.dumps({"state": state, "result": None}).encode()
        return Interaction("GET", f"{URL}/transpile/{TASK}", response_body=body, status=200)

    recorded = [poll(state) for state in ("PENDING", "PENDING", "STARTED", "SUCCESS")]
    fewer = collapse(recorded)
    assert fewer == (recorded[0], recorded[2], recorded[3])
    replay = Replay(fewer)
    given = [replay.answer(poll("")) for _ in range(5)]
    states = [json.loads(one.interaction.response_body)["state"] for one in given if one]
    assert states == ["PENDING", "STARTED", "SUCCESS", "SUCCESS", "SUCCESS"]


@pytest.mark.parametrize(
    "said",
    [
        "Invalid authentication credentials",
        "User doesn't have access to the specified backend: ibm_torino",
        "Qargs do not form a connected subgraph of the backend coupling map.",
    ],
)
def test_what_the_service_refuses_with_is_kept(said: str) -> None:
    """The client shows these words, and tests match on them."""
    body = json.dumps({"detail": said}).encode()
    refused = Interaction("GET", f"{URL}/transpile/{TASK}", status=401, response_body=body)
    done = Scrubber().scrub(refused)
    assert json.loads(done.interaction.response_body) == {"detail": said}
    assert TASK not in done.interaction.url
    assert done.unknown == ()
