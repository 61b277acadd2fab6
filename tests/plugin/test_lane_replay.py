"""The replay lane: what is answered, what is complained about, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import JOB, RECORD, REST, files, recorded


def test_a_missing_cassette_fails_with_the_command_that_records_it(run: Any) -> None:
    result = run(REST)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteMissing: there is no cassette",
            "*where: *cassettes/test_it/test_a[[]ibm_*].yaml",
            "*see: *qchannel docs recorded-tests",
            '*next: *pytest "test_it.py::test_a[[]ibm_*]" --qchannel-mode=record '
            "--qchannel-record-from=emulator",
        ]
    )
    # A traceback of this plugin stood above it.
    assert "Traceback" not in result.stdout.str()


def test_the_command_works_as_pasted(run: Any, pytester: pytest.Pytester) -> None:
    result = run(REST)
    line = next(one for one in result.outlines if "next:" in one)
    command = line.partition("pytest ")[2].replace('"', "").split()
    pytester.runpytest_inprocess("-p", "no:cacheprovider", *command).assert_outcomes(passed=1)
    run(REST).assert_outcomes(passed=1)


def test_a_request_that_was_not_recorded_is_a_miss(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester)
    result = run(REST.replace('"/jobs"', '"/jobs?limit=3"'))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteMiss: no recorded interaction answers GET /api/v1/jobs",
            "*where: *test_it.py::test_a*, channel ibm_*, mode replay",
            "*looked: *test_a[[]ibm_*].yaml (2 interactions, 1 played)",
            "*closest: #2 (line *), *query*limit=3*",
            "*next: *--qchannel-mode=record*",
        ]
    )


def test_a_swallowed_miss_fails_the_test(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester)
    source = REST + (
        "        try:\n"
        "            qchannel_rest.get('/tags')\n"
        "        except Exception:\n"
        "            pass\n"
    )
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CassetteMiss: no recorded interaction answers GET */tags"])


def test_a_changed_circuit_never_gets_the_old_result(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester, JOB)
    result = run(JOB.replace("circuit.measure(0, 0)", "circuit.x(0); circuit.measure(0, 0)"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteMiss: no recorded interaction answers POST */jobs",
            "*closest: #*circuit 0: recorded depth 1, sent depth 2; first difference: "
            "instruction 0, recorded measure*, sent x(0)*",
        ]
    )
    other_shots = run(JOB.replace("shots=10", "shots=11"))
    other_shots.stdout.fnmatch_lines(["*closest: #*shots: recorded 10, sent 11*"])


def test_unused_interactions_fail_unless_they_are_allowed(
    run: Any, pytester: pytest.Pytester
) -> None:
    recorded(run, pytester)
    fewer = REST.replace('        assert qchannel_rest.get("/jobs").status_code == 200\n', "")
    result = run(fewer)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*InteractionsUnused: 1 of 2 recorded interactions were not used",
            "*unused: #2 (line *) GET /api/v1/jobs",
            "*next: *@pytest.mark.qchannel(allow_unused=True)",
        ]
    )
    allowed = fewer.replace("vcr\n", "vcr\n    @pytest.mark.qchannel(allow_unused=True)\n")
    run(allowed).assert_outcomes(passed=1)


def test_a_failing_test_is_not_blamed_for_what_it_did_not_use(
    run: Any, pytester: pytest.Pytester
) -> None:
    recorded(run, pytester)
    result = run(REST.replace('get("/backends").status_code == 200', 'get("/backends") is None'))
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*InteractionsUnused*")


def test_damage_names_file_and_line(run: Any, pytester: pytest.Pytester) -> None:
    path = recorded(run, pytester)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("code: 200", "code: 201", 1), encoding="utf-8")
    result = run(REST)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*CassetteDamaged: interaction 1 was edited after it was recorded", "*, line *"]
    )
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    run(REST).stdout.fnmatch_lines(["*CassetteDamaged: *", "*where: *test_a[[]ibm_*].yaml*"])


def test_a_secret_in_a_cassette_is_found_when_it_is_loaded(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recorded(run, pytester)
    key = "planted-after-it-was-recorded"
    monkeypatch.setenv("QISKIT_IBM_TOKEN", key)
    path.write_text(path.read_text(encoding="utf-8") + f"# {key}\n", encoding="utf-8")
    result = run(REST)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*CassetteUnsafe: the cassette holds a secret: GATE-001 the value of QISKIT_IBM_TOKEN*"]
    )
    assert key not in result.stdout.str()


def test_no_lane_is_entered_in_its_place(run: Any, pytester: pytest.Pytester) -> None:
    """A replay that fails sends nothing to the emulator, and the summary says so."""
    result = run(REST, "--qchannel-mode=replay")
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("qchannel: * emulated*")


def test_the_emulated_lane_leaves_cassettes_alone(run: Any, pytester: pytest.Pytester) -> None:
    result = run(REST, "--qchannel-mode=emulated")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 emulated on *"])
    assert files(pytester.path / "cassettes") == {}
    run(REST, "--qchannel-mode=emulated", "--qchannel-door=loopback").assert_outcomes(passed=1)


SLOW = """
    import time

    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import SamplerV2

    from pytest_qchannel import WorldBuilder

    SLEPT = []

    @pytest.fixture(autouse=True, scope="session")  # below the lane's own, so it sees what is left
    def sleeps():
        real = time.sleep
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "sleep", lambda s: (SLEPT.append(s), real(s)))
            yield

    @pytest.fixture
    def qchannel_world():
        world = WorldBuilder().device("ibm_slow", source="ibm_torino", progression="polls(3)")
        world = world.account("lab", channels=["ibm_quantum_platform", "ibm_cloud"])
        return world.instance("one", plan="Premium", region="us-east", devices=["ibm_slow"])

    def submit(backend, shots):
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        return SamplerV2(mode=backend).run([circuit], shots=shots)
"""


def test_a_job_takes_no_time_and_never_goes_back(run: Any, pytester: pytest.Pytester) -> None:
    """Recorded are its states; a replay polls as often as it likes, and the client never sleeps."""
    source = (
        SLOW
        + """
    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_cloud")
    def test_a(qchannel_service):
        job = submit(qchannel_service.backend("ibm_slow"), 10)
        job.wait_for_final_state()
        for _ in range({polls}):
            assert str(job.status()).endswith("DONE")
        assert job.result()[0].data.c.get_counts() == {{"0": 10}}
        assert {condition}
"""
    )
    path = recorded(run, pytester, source.format(polls=2, condition="sum(SLEPT) > 0"))
    assert path.read_bytes().count(b"GET, uri: 'https://quantum.cloud.ibm.com/api/v1/jobs/") < 8
    replayed = source.format(polls=5, condition="len(SLEPT) > 0 and sum(SLEPT) == 0")
    run(replayed).assert_outcomes(passed=1)


def test_jobs_at_once_from_threads_in_any_order(run: Any, pytester: pytest.Pytester) -> None:
    source = (
        SLOW
        + """
    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_cloud")
    def test_a(qchannel_service):
        from concurrent.futures import ThreadPoolExecutor

        backend = qchannel_service.backend("ibm_slow")
        jobs = [submit(backend, shots) for shots in (11, 12, 13, 14)]

        def counts(job):
            job.wait_for_final_state()
            return job.result()[0].data.c.get_counts()

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(counts, jobs{order}))
        assert [one["0"] for one in found] == [11, 12, 13, 14]{order}
"""
    )
    recorded(run, pytester, source.format(order=""))
    run(source.format(order="[::-1]")).assert_outcomes(passed=1)


def test_logout_then_401_come_in_order(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest
        from pytest_qchannel import assert_authenticated, assert_logged_out

        @pytest.mark.vcr
        def test_a(qchannel, qchannel_rest):
            assert_authenticated(qchannel_rest)
            if qchannel_rest.logout_url:
                assert qchannel_rest.logout().status_code == 200
            else:
                qchannel.revoke_access()
            assert_logged_out(qchannel_rest)
            assert qchannel.requests[-1].status == 401
    """
    for channel in ("ibm_quantum", "ibm_cloud"):
        run(source, *RECORD, f"--qchannel-channel={channel}").assert_outcomes(passed=1)
        run(source, f"--qchannel-channel={channel}").assert_outcomes(passed=1)


def test_a_session_and_an_estimator_replay(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest
        from qiskit import QuantumCircuit
        from qiskit.quantum_info import SparsePauliOp
        from qiskit_ibm_runtime import EstimatorV2, Session

        @pytest.fixture
        def qchannel_world():
            from pytest_qchannel import WorldBuilder

            world = WorldBuilder().device("ibm_one", source="ibm_torino")
            world = world.account("lab", channels=["ibm_quantum_platform", "ibm_cloud"])
            return world.instance("one", plan="Premium", region="us-east", devices=["ibm_one"])

        @pytest.mark.vcr
        def test_a(qchannel_service):
            backend = qchannel_service.backend("ibm_one")
            with Session(backend=backend) as session:
                estimator = EstimatorV2(mode=session)
                estimator.options.environment.job_tags = ["mine"]
                job = estimator.run(
                    [(QuantumCircuit(backend.num_qubits), SparsePauliOp("Z" * backend.num_qubits))]
                )
                assert job.result()[0].data.evs == 1
                assert session.status()
            found = qchannel_service.jobs(job_tags=["mine"], limit=1)[0]
            assert found.tags == ["mine"]
            assert found.inputs["pubs"][0][0].num_qubits == backend.num_qubits
    """
    recorded(run, pytester, source)
    run(source).assert_outcomes(passed=1)


@pytest.mark.parametrize("door", ["httpx", "aiohttp", "urllib3", "urllib.request"])
def test_other_libraries_are_recorded_and_replayed(
    run: Any, pytester: pytest.Pytester, door: str
) -> None:
    ask = {
        "httpx": "return httpx.get(URL).status_code",
        "urllib.request": "return urllib.request.urlopen(URL).status",
        "urllib3": "return urllib3.PoolManager().request('GET', URL).status",
        "aiohttp": """
            async def get():
                async with aiohttp.ClientSession() as session, session.get(URL) as answer:
                    return answer.status
            return asyncio.run(get())""",
    }[door]
    source = f"""
        import asyncio

        import pytest
        import {door}

        URL = "https://auth.quantum-computing.ibm.com/api/version"

        def ask():
            {ask}

        @pytest.mark.vcr
        def test_a(qchannel):
            assert ask() == 200
            assert qchannel.requests.to("/version", method="GET", status=200)
    """
    recorded(run, pytester, source)
    result = run(source)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 replay on *"])


def test_other_hosts_are_not_recorded(run: Any, pytester: pytest.Pytester) -> None:
    source = REST.replace(
        "import pytest\n",
        """import http.server
    import threading

    import pytest
    import requests

    class Local(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    @pytest.fixture
    def local():
        with http.server.HTTPServer(("127.0.0.1", 0), Local) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
""",
        1,
    ).replace("test_a(qchannel_rest):", "test_a(qchannel_rest, local):")
    source += "        assert requests.get(local, timeout=9).status_code == 204\n"
    path = recorded(run, pytester, source)
    assert b"127.0.0.1" not in path.read_bytes()
    run(source).assert_outcomes(passed=1)


def test_a_channel_that_was_not_recorded_is_said(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.mark.vcr
        def test_a(qchannel, _qchannel_lane):
            from pytest_qchannel.channels.model import CHANNEL_BY_NAME

            with qchannel.open_session() as session:
                assert session.get("/jobs").status_code == 200
            {more}
    """
    recorded(run, pytester, source.format(more=""))
    asks = '_qchannel_lane.account(CHANNEL_BY_NAME["ibm_quantum"])'
    result = run(source.format(more=asks))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*UsageProblem: the cassette has no account for the channel ibm_quantum",
            "*where: the cassette *.yaml",
        ]
    )


def test_a_replay_loads_nothing_of_the_emulated_world(
    run: Any, run_apart: Any, pytester: pytest.Pytester
) -> None:
    """It took a quarter of a second of each run."""
    recorded(run, pytester)
    result = run_apart(REST + "\n        import sys; print(*sorted(sys.modules))\n", "-s")
    result.assert_outcomes(passed=1)
    loaded = result.stdout.str().split()
    assert "pytest_qchannel.lanes.traffic" in loaded
    assert [name for name in loaded if name.startswith("pytest_qchannel.emulator")] == []
