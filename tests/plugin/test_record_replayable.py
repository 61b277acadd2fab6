"""A recording that its own replay would not find again is refused, and says by what."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD

QASM = 'OPENQASM 3.0; include \\"stdgates.inc\\"; bit[1] c; rz(0.5) $0; c[0] = measure $0;'
SOURCE = f"""
    import pytest

    def job(rest, **more):
        params = {{"pubs": [["{QASM}", None, 16]], "version": 2}}
        body = {{"program_id": "sampler", "backend": "A_DEVICE", "params": params, **more}}
        answer = rest.post("/jobs", json=body)
        name = answer.json().get("id")
        while name and rest.get(f"/jobs/{{name}}").json()["state"]["status"] != "Completed":
            pass
        return name

    @pytest.mark.vcr
    def test_a(qchannel_rest, qchannel):
        rest = qchannel_rest
        SENDS
"""
REFUSED = {
    'rest.get("/jobs?tags=of-" + qchannel.instances[0].id.split(":")[6][2:14])': "GET /api/v1/jobs "
    "by the field 'tags' of its query, which holds a part of the run's own account",
    'rest.get("/jobs?foo=bar")': "GET /api/v1/jobs by the field 'foo' of its query",
    # It was a TypeError of ours.
    "job(rest, tags=5)": "POST /api/v1/jobs by the field 'tags' of its body",
}
KEPT = (
    'rest.get("/jobs", params={"tags": "nightly", "limit": 3})',
    'rest.get("/jobs/" + job(rest, tags=["nightly"]))',
    'rest.get("/jobs/made-up-by-the-test")',
    'rest.get("/jobs/stdgates"), job(rest)',  # whose circuit has that word
    'job(rest, session_id="made-up-by-the-test")',
    'rest.get("/jobs", headers={"Service-CRN": qchannel.instances[0].id})',
    'name = job(rest); rest.get("/workloads", params={"search": name})',
    'rest.get("/jobs", params={"created_after": "2026-01-01T00:00:00Z"})',
    'assert (rest.head("/backends").status_code, rest.head("/backends").content) == (200, b"")',
    'assert int(rest.head("/backends").headers["Content-Length"]) > 2',
    'rest.head("/jobs/" + job(rest))',
)


def stored(folder: Path) -> bytes:
    """All that lies in the cassettes below a folder."""
    files = [path for path in (folder / "cassettes").rglob("*") if path.is_file()]
    return b"\n".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in files
    )


@pytest.mark.parametrize(("sends", "said"), REFUSED.items(), ids=map(str, range(len(REFUSED))))
def test_what_a_replay_would_not_find_is_named(run: Any, sends: str, said: str) -> None:
    """It was saved, and every replay was a miss that advised to record again."""
    result = run(SOURCE.replace("SENDS", sends), *RECORD)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [f"*RecordingRefused: the recording was not saved: a replay would not find {said}"]
    )


@pytest.mark.parametrize("sends", KEPT, ids=map(str, range(len(KEPT))))
def test_what_it_finds_is_saved(run: Any, sends: str) -> None:
    run(SOURCE.replace("SENDS", sends), *RECORD).assert_outcomes(passed=1)
    run(SOURCE.replace("SENDS", sends)).assert_outcomes(passed=1)


OF_ITS_OWN = """
        import os, time, uuid

        commit, run, mail = os.urandom(20).hex(), uuid.uuid4(), "me@example.com"
        mine = [commit, mail, "nightly", f"run-{run}", f"pid {os.getpid()}.{time.time()}"]
        name = job(rest, tags=mine)

        def found(**query):
            return [one["id"] for one in rest.get("/jobs", params=query).json()["jobs"]]

        assert sorted(rest.get(f"/jobs/{name}").json()["tags"]) == sorted(mine)
        for tag in mine:
            assert found(tags=tag) == [name]
        assert found(tags=os.urandom(20).hex()) == found(search=f"after {name}") == []
        for text in (name[:4], name[3:12], name, commit, commit[:9], str(run)[:8], mail):
            assert found(search=text, _=time.time_ns()) == [name], text
        assert found(status="Completed") == [name]
        rest.put(f"/jobs/{name}/tags", json={"tags": mine[:1]})
        assert rest.get(f"/jobs/{name}").json()["tags"] == mine[:1]
"""


def test_what_a_test_draws_for_itself_is_found_again(run: Any, pytester: pytest.Pytester) -> None:
    """A commit's hash as a tag was refused; a tag that is drawn anew made each replay a miss."""
    source = SOURCE.replace("SENDS", OF_ITS_OWN.lstrip())
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)
    assert b"example.com" not in stored(pytester.path)


CONTROLLER = """
    from urllib.parse import quote

    import pytest
    import requests

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_quantum_platform")  # its instance has a limit
    def test_a(qchannel, qchannel_access_token):
        crn = qchannel.account.instance.id
        url = "https://resource-controller.cloud.ibm.com/v2/resource_instances/" + quote(crn, "")
        headers = {"Authorization": f"Bearer {qchannel_access_token}"}

        def limit():
            return requests.get(url, headers=headers).json()["extensions"]["instance_limit_seconds"]

        before = limit()
        for number, seconds in enumerate((300, 200)):
            parameters = {"timestamp": f"2026-11-27T10:0{number}:00Z",
                          "instance_limit_seconds": seconds}
            answer = requests.patch(url, headers=headers, json={"parameters": parameters})
            assert answer.status_code == 200
            assert answer.json()["parameters"] == parameters
            assert limit() == str(seconds) != before
        page = requests.get(url.rpartition("/")[0], params={"limit": 1}, headers=headers).json()
        assert requests.get(page["next_url"], headers=headers).json()["rows_count"] == 1
"""


def test_a_limit_that_was_changed_is_read_back_in_a_replay(run: Any) -> None:
    run(CONTROLLER, *RECORD).assert_outcomes(passed=1)
    run(CONTROLLER).assert_outcomes(passed=1)


def test_what_is_in_no_table_and_was_replaced_is_told(run: Any) -> None:
    sends = 'rest.get("/backends", headers={"X-Of-My-Own": "a"})'
    result = run(SOURCE.replace("SENDS", sends), *RECORD)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["qchannel: GET /backends: request header * is not known to be safe to keep; it was *"]
    )


NOTE = """
    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import Executor, QuantumProgram

    NOTE = {"note": "call Ada back, card 4111 1111", "owner": ["somebody", 3, None]}

    @pytest.mark.vcr
    def test_it(qchannel_backend):
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        program = QuantumProgram(shots=10, passthrough_data=NOTE)
        program.append_circuit_item(circuit)
        assert Executor(mode=qchannel_backend).run(program).result().passthrough_data == NOTE
"""


def test_what_a_person_wrote_beside_a_program_is_given_back_and_not_stored(
    run: Any, pytester: pytest.Pytester
) -> None:
    """What the user saw: stored as it was sent, and replaced in the answer: a replay that fails.

    And with ``new_episodes`` a `KeyError` in place of the results.
    """
    pytest.importorskip("qiskit_ibm_runtime.executor")
    run(NOTE, "--qchannel-mode=record", "--qchannel-record-from=emulator").assert_outcomes(passed=1)
    run(NOTE).assert_outcomes(passed=1)
    adding = ("--record-mode=new_episodes", "--qchannel-record-from=emulator")
    run(NOTE, *adding).assert_outcomes(passed=1)
    text = stored(pytester.path)
    assert b"passthrough_data" in text
    for word in (b"Ada", b"4111 1111", b"somebody", b"owner"):
        assert word not in text


GIVEN = """
    import base64

    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import Executor, QuantumProgram

    @pytest.mark.vcr
    @pytest.mark.parametrize("way", ["a token in base64", "the id of a job"])
    def test_it(qchannel_backend, qchannel_service, way):
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)

        def job(note):
            program = QuantumProgram(shots=10, passthrough_data={"note": note})
            program.append_circuit_item(circuit)
            return Executor(mode=qchannel_backend).run(program)

        first = job("the first")
        first.result()
        token = qchannel_service.active_account()["token"]
        note = f"after {first.job_id()}" if "id" in way else base64.b64encode(token.encode())
        job(note if isinstance(note, str) else note.decode()).result()
"""


def test_what_is_made_of_a_value_of_the_run_is_refused(run: Any) -> None:
    """It was recorded green, and its replay was a miss: there the token and the id are others."""
    pytest.importorskip("qiskit_ibm_runtime.executor")
    result = run(GIVEN, *RECORD)
    result.assert_outcomes(passed=2, errors=2)
    said = "*RecordingRefused: *a replay would not find POST /api/v1/jobs by a text of its params"
    result.stdout.fnmatch_lines_random(
        [f"{said}, which holds the credential of *", f"{said}, which holds the run's own job id"]
    )
