"""When two requests are one interaction, and what is said when none is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import qiskit
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import key_of
from pytest_qchannel.cassette.playback.replay.cursors import Replay
from pytest_qchannel.cassette.playback.replay.miss import CassetteMiss, explain
from pytest_qchannel.cassette.problems import record_command
from pytest_qchannel.cassette.submitted.submission import read_submission
from pytest_qchannel.cassette.submitted.submission_words import describe, submission_differences
from pytest_qchannel.cassette.vcrpy.vcr_form import (
    request_from_vcr,
    request_to_vcr,
    response_to_vcr,
)
from tests.unit.cassette.traffic_kit import (
    CRN,
    HOST,
    OTHER_CRN,
    TEST,
    array_json,
    circuit_json,
    job,
    said,
    state,
)


def circuit(gate: str = "cx", angle: float | None = None, more: int = 0) -> QuantumCircuit:
    made = QuantumCircuit(2)
    made.h(0)
    getattr(made, gate)(0, 1)
    if angle is not None:
        made.rx(Parameter("a") * angle, 0)
    for _ in range(more):
        made.x(0)
    made.measure_all()
    return made


def stored(one: Interaction) -> Interaction:
    """A submission as a cassette gives it back."""
    submission = read_submission(one.request_body)
    assert submission is not None
    return dataclasses.replace(one, request_body=submission.to_bytes())


def matches(one: Interaction, other: Interaction) -> bool:
    return key_of(one).matches(key_of(other))


BASE = said("GET", "/jobs?limit=10&pending=true&tags=b&tags=a")


@pytest.mark.parametrize(
    "change",
    [
        {"url": HOST + "/jobs?tags=a&pending=True&tags=b&limit=10"},
        {"url": BASE.url.replace("quantum.cloud", "QUANTUM.cloud")},
        {"url": BASE.url.replace(".com/", ".com:443/")},
        {"request_body": b"anything"},
        {"request_headers": (("service-crn", CRN), ("Authorization", "Bearer x"))},
        {"request_headers": (("Service-CRN", CRN.replace(":", "%3A").replace("/", "%2F")),)},
        {"status": 500, "response_body": b"x"},
    ],
    ids=str,
)
def test_what_does_not_matter(change: dict[str, Any]) -> None:
    assert matches(BASE, dataclasses.replace(BASE, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"url": BASE.url.replace("limit=10", "limit=20")},
        {"url": BASE.url.replace("&tags=a", "")},
        {"url": BASE.url.replace("/jobs", "/backends")},
        {"url": BASE.url.replace("quantum.", "eu-de.quantum.")},
        {"url": BASE.url.replace(".com/", ".com:8443/")},
        {"request_headers": (("Service-CRN", OTHER_CRN),)},
        {"request_headers": ()},
    ],
    ids=str,
)
def test_what_matters(change: dict[str, Any]) -> None:
    assert not matches(BASE, dataclasses.replace(BASE, **change))


def test_the_same_submission_matches_however_its_qpy_was_written() -> None:
    one, other = job(circuit()), job(circuit())
    assert one.request_body != other.request_body, "names and UUIDs are the same by chance"
    assert matches(one, other)
    assert matches(stored(one), other)
    assert matches(stored(one), stored(other))


def test_order_of_tags_and_who_sends_do_not_matter() -> None:
    one = job(circuit(), tags=["a", "b"], hub="h", group="g", project="p", log_level="DEBUG")
    assert matches(one, job(circuit(), tags=["b", "a"]))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            job(circuit("cz", more=2)),
            "circuit 0: recorded depth 3, sent depth 5; "
            "first difference: instruction 1, recorded cx(0, 1), sent cz(0, 1)",
        ),
        (job(circuit(), shots=200), "PUB 0, shots: recorded 100, sent 200"),
        (job(circuit(), shots=None), "PUB 0, shots: recorded 100, sent null"),
        (
            job(circuit(), options={"twirling": {"enable_gates": True}}),
            'options.twirling: recorded none, sent {"enable_gates": true}',
        ),
        (job(circuit(), backend="ibm_fez"), 'backend: recorded "ibm_torino", sent "ibm_fez"'),
        (job(circuit(), session_id="s"), 'session_id: recorded none, sent "s"'),
    ],
)
def test_a_submission_that_differs_is_told_in_words(other: Interaction, words: str) -> None:
    recorded = stored(job(circuit()))
    assert not matches(recorded, other)
    one, two = read_submission(recorded.request_body), read_submission(other.request_body)
    assert one is not None
    assert two is not None
    assert submission_differences(one, two) == [words]
    assert submission_differences(one, one) == []


# Which versions of QPY a Qiskit writes, besides 13, which all do.
OTHER_QPY = 12 if qiskit.__version__.startswith("1.") else 14


def body(program: str, params: dict[str, Any]) -> bytes:
    return json.dumps({"program_id": program, "backend": "x", "params": params}).encode()


def told(one: bytes, other: bytes) -> list[str]:
    mine, its = read_submission(one), read_submission(other)
    assert mine is not None
    assert its is not None
    assert mine.matches(its) is (submission_differences(mine, its) == [])
    return submission_differences(mine, its)


def test_a_param_may_be_called_circuit() -> None:
    """What the user saw: KeyError: 'qubits', and the recording was not saved."""

    def own(made: QuantumCircuit) -> bytes:
        return body("my-program", {"circuit": circuit_json(made)})

    submission = read_submission(own(circuit()))
    assert submission is not None
    assert "qasm3" in str(describe(submission)["circuit"])
    assert told(own(circuit()), own(circuit())) == []
    assert "depth" in told(own(circuit()), own(circuit(more=1)))[0]


@pytest.mark.parametrize(
    "own",
    [
        {"circuit": {"qubits": "/home/ada", "clbits": 1}},
        {"sha256": "/home/ada"},
        {"unreadable": "/home/ada", "text": "/home/ada"},
        {"array": "/home/ada", "shape": ["/home/ada"], "values": 3},
    ],
)
def test_a_param_may_look_like_what_a_cassette_has_of_one(own: dict[str, Any]) -> None:
    """What the user saw: KeyError: 'cregs'; and a path that stayed in a field called ``sha256``."""
    submission = read_submission(body("my-program", own))
    assert submission is not None
    assert "/home" not in str(describe(submission))
    assert b"/home" not in submission.to_bytes()


def test_parameter_values_observables_and_pubs_are_told() -> None:
    def estimator(values: list[float], observables: Any, times: int = 1) -> bytes:
        pub = [circuit_json(circuit(angle=2.0)), observables, array_json(values), 0.1]
        return body("estimator", {"pubs": [pub] * times, "version": 2})

    base = estimator([0.1, 0.2], {"ZZ": 1.0})
    assert told(base, estimator([0.1, 0.2], {"ZZ": 1.0})) == []
    assert told(base, estimator([0.1, 0.3], {"ZZ": 1.0})) == [
        "PUB 0, parameter values: value 1, recorded 0.2, sent 0.3"
    ]
    assert told(base, estimator([0.1], {"ZZ": 1.0})) == [
        "PUB 0, parameter values: recorded shape (2,), sent shape (1,)"
    ]
    assert told(base, estimator([0.1, 0.2], {"XX": 1.0})) == [
        'PUB 0, observables: recorded {"ZZ": 1.0}, sent {"XX": 1.0}'
    ]
    assert told(base, estimator([0.1, 0.2], {"ZZ": 1.0}, 2)) == [
        "number of PUBs: recorded 1, sent 2"
    ]
    assert told(base, body("sampler", {})) == ["program: recorded estimator, sent sampler"]


def executor(
    gate: str = "cx", data: str = "eJwDAAAAAAE=", shots: int = 16, version: int = 13
) -> bytes:
    """As the client's executor sends it: circuits in one QPY file, tensors, JSON within JSON."""
    import base64
    import io
    import zlib

    from qiskit import qpy

    file = io.BytesIO()
    qpy.dump([circuit(gate), circuit()], file, version=version)
    plain = base64.b64encode(file.getvalue()).decode()
    packed = base64.b64encode(zlib.compress(file.getvalue())).decode()
    samplex = json.dumps(
        {"attrs": {"table": json.dumps({"qpy": version, "circuit_base64": plain})}}
    )
    item = {
        "item_type": "samplex",
        "samplex": {"ssv": 4, "samplex_json": samplex},
        "samplex_arguments": {"x": {"data": data, "shape": [0], "dtype": "f64"}},
    }
    program = {
        "shots": shots,
        "circuits": {"b64_data": packed, "qpy_version": version, "num_programs": 2},
        "items": [item],
    }
    return body("executor", {"schema_version": "v2.0", "quantum_program": program})


def test_what_other_programs_take_is_compared_without_their_schemas() -> None:
    assert told(executor(), executor()) == []
    assert told(executor(), executor(version=OTHER_QPY)) == []
    assert told(executor(), executor(shots=17)) == ["quantum_program.shots: recorded 16, sent 17"]
    [tensor] = told(executor(), executor(data="eJxjYGBgAAAABAAB"))
    assert tensor == "quantum_program.items[0].samplex_arguments.x: other contents"
    words = told(executor(), executor("cz"))
    assert (
        "circuit 0: first difference: instruction 1, recorded cx(0, 1), sent cz(0, 1)" in words[0]
    )


def test_bases_that_are_counted_through_the_process_are_counted_anew() -> None:
    """A test that ran alone submitted ``basis0``, and ``basis7`` after others: a miss."""

    def counted(first: int, second: int) -> bytes:
        table = {f"basis_changes.basis{first}": 1, f"basis_changes.basis{second}": 2}
        samplex = {"ssv": 4, "samplex_json": json.dumps({"attrs": json.dumps(table)})}
        return body("executor", {"items": [{"samplex": samplex}]})

    assert told(counted(0, 1), counted(9, 10)) == []
    assert told(counted(0, 1), counted(1, 0)) != []


def test_a_samplex_with_a_field_named_array_is_told_in_words() -> None:
    recorded = body("executor", {"samplex": {"id": "V1", "array": {"rows": [0, 1]}}})
    one = read_submission(recorded)
    assert one is not None
    assert describe(one)["samplex"] == {"id": "V1", "array": {"rows": [0, 1]}}
    sent = body("executor", {"samplex": {"id": "V1", "array": {"rows": [0, 2]}}})
    assert told(recorded, sent) == ["samplex.array.rows[1]: recorded 1, sent 2"]


def test_a_description_is_small_and_repeats() -> None:
    one, two = (read_submission(executor()) for _ in range(2))
    assert one is not None
    assert two is not None
    assert describe(one) == describe(two)
    text = json.dumps(describe(one))
    assert "OPENQASM 3.0" in text
    assert "same as" in text, "the samplex has the same circuits"


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"no json", b'{"program_id": 1}', b"[" * 100_000]
)
def test_what_is_no_submission_is_none(raw: bytes) -> None:
    assert read_submission(raw) is None


def test_a_circuit_that_cannot_be_read_is_compared_by_its_bytes() -> None:
    def sampler(value: str) -> bytes:
        sent = {"__type__": "QuantumCircuit", "__value__": value}
        return body("sampler", {"pubs": [[sent, None, 1]]})

    assert told(sampler("AAAA"), sampler("AAAA")) == []
    assert told(sampler("AAAA"), sampler("BBBB")) != []


def miss(
    recorded: list[Interaction], sent: Interaction, played: tuple[Interaction, ...] = ()
) -> str:
    replay = Replay(recorded)
    for one in played:
        assert replay.answer(one) is not None
    assert replay.answer(sent) is None
    path = Path("cassettes/test_pick/test_smallest.yaml")
    record = record_command(TEST)
    error = explain(
        replay, sent, path=path, test_id=TEST, channel="ibm_cloud", record=record, lines=(9, 14)
    )
    assert isinstance(error, CassetteMiss)
    return str(error)


def test_a_miss_has_the_shape_of_the_house() -> None:
    recorded = [said("GET", "/status"), said("GET", "/backends")]
    assert miss(recorded, said("GET", "/backends", crn=OTHER_CRN), (recorded[0],)) == (
        "no recorded interaction answers GET /api/v1/backends\n"
        f"  where:   {TEST}, channel ibm_cloud, mode replay\n"
        "  looked:  cassettes/test_pick/test_smallest.yaml (2 interactions, 1 played)\n"
        "  closest: #2 (line 14), header Service-CRN differs: "
        "...:1111 (recorded) != ...:2222 (sent)\n"
        f'  next:    pytest "{TEST}" --qchannel-mode=record '
        "--qchannel-record-from=emulator, or restore the instance: QISKIT_IBM_INSTANCE has it, "
        "a CRN of your own is never recorded (qchannel docs replay-misses)"
    )


def test_a_miss_of_another_path_is_told_to_restore_the_path() -> None:
    """What the user saw: ``restore the query``, which made no difference."""
    text = miss([said("GET", "/backends")], said("GET", "/jobs?limit=3"))
    record = record_command(TEST)
    other = "send GET /api/v1/backends in its place"
    assert text.endswith(f"{record}, or {other} (qchannel docs replay-misses)")


def test_a_miss_of_a_submission_tells_the_difference_of_the_nearest_one() -> None:
    recorded = [stored(job(circuit("cz"), shots=5)), stored(job(circuit()))]
    text = miss(recorded, job(circuit(), shots=101))
    assert "closest: #2 (line 14), PUB 0, shots: recorded 100, sent 101" in text
    assert "or restore what the test submits" in text


@pytest.mark.parametrize(
    ("recorded", "sent", "words"),
    [
        ([said("GET", "/backends?x=1&y=2")], said("GET", "/backends?x=1&y=3"),
         "query differs: y=2 (recorded) != y=3 (sent)"),
        ([said("GET", "/backends/ibm_fez/status")], said("GET", "/backends/ibm_kyiv/status"),
         "path differs: /api/v1/backends/ibm_fez/status (recorded)"),
        ([state("job-1", "Queued")], state("job-2", "Queued"), "path differs"),
        ([], said("GET", "/backends"), "do not send GET /api/v1/backends"),
        ([said("DELETE", "/x"), said("GET", "/usage", status=401)], said("GET", "/usage"),
         "recorded after DELETE /api/v1/x, and that was not sent yet"),
    ],
)  # fmt: skip
def test_a_miss_says_what_is_different(
    recorded: list[Interaction], sent: Interaction, words: str
) -> None:
    assert words in miss(recorded, sent)


def test_a_write_too_many_is_told_as_such() -> None:
    one = job(circuit())
    text = miss([stored(one)], one, (one,))
    assert "recorded once and has been answered as often" in text


def test_a_read_of_the_other_side_of_a_logout_is_told_as_such() -> None:
    recorded = [said("GET", "/usage"), said("DELETE", "/x")]
    text = miss(recorded, recorded[0], (recorded[1],))
    assert "recorded before DELETE /api/v1/x, and that was sent already" in text


def test_a_noise_model_that_is_made_again_is_the_same_one() -> None:
    """It was recorded green, and its replay was a miss: Aer draws an UUID for each error."""

    def with_model(drawn: str, probability: float = 0.1) -> Interaction:
        error = {"type": "qerror", "id": drawn * 32, "probabilities": [1 - probability]}
        model = {"__type__": "NoiseModel", "__value__": {"errors": [error], "x90_gates": []}}
        return job(circuit(), options={"simulator": {"noise_model": model}})

    assert matches(stored(with_model("a")), with_model("b"))
    assert not matches(stored(with_model("a")), with_model("b", 0.2))


def test_interactions_become_vcrpys_and_come_back() -> None:
    before = (
        said("GET", "/a", {"x": 1}),
        dataclasses.replace(said("POST", "/b", b"\xff\x00", body=b"\x00\x01"), status=503),
        dataclasses.replace(
            said("GET", "/c"), response_headers=(("Set-Cookie", "a"), ("Set-Cookie", "b"))
        ),
    )
    requests = [request_to_vcr(one) for one in before]
    responses = [response_to_vcr(one) for one in before]
    assert tuple(map(request_from_vcr, requests, responses)) == before
    assert responses[1]["status"] == {"code": 503, "message": "Service Unavailable"}
    assert (request_from_vcr(requests[0]).url, requests[0].body) == (before[0].url, None)
