"""Recorded tests that ask for what never was, for now, or for circuits; and what reports show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, REST

TOKEN = "Zq3-uTn8xWcRk5Lp0vYbHs2Md7Ef4Jg9" + "AaQe6Ni1Xo_K"  # 44 characters, as IBM's keys have


def test_a_job_that_never_was_is_not_found_in_a_replay_too(run: Any) -> None:
    """The recording passed, and the replay did not: the made-up id was a stand-in there."""
    source = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_rest):
        for name in ("nosuchjob00000000001", "nosuchjob00000000002"):
            answer = qchannel_rest.get(f"/jobs/{name}")
            assert answer.status_code == 404
            assert qchannel_rest.get(f"/jobs/{name}/results").status_code == 404
        assert qchannel_rest.get("/sessions/nosuchsession").status_code == 404
        assert qchannel_rest.get("/jobs?session_id=nosuchsession").json()["jobs"] == []
    """
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)


def test_an_instance_of_nobody_is_refused_in_a_replay_too(run: Any) -> None:
    """The recording passed, and the replay missed: "header Service-CRN differs"."""
    source = """
    import pytest

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_cloud")
    def test_a(qchannel, qchannel_rest):
        own = qchannel.instances[0].id
        other = own.replace(own.split(":")[7], "12345678-1234-1234-1234-123456789abc")
        assert qchannel_rest.get("/jobs").status_code == 200
        assert qchannel_rest.get("/jobs", headers={"Service-CRN": other}).status_code >= 400
        assert qchannel_rest.get("/jobs").status_code == 200
    """
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)


def test_no_word_of_a_recorded_test_shows_a_secret(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reasons of skips and expected failures, properties and warnings showed the API key."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    source = """
    import os
    import warnings
    import pytest

    TOKEN = os.environ["QISKIT_IBM_TOKEN"]

    def test_a(qchannel_rest):
        pytest.skip("because of " + TOKEN)

    def test_b(qchannel_rest):
        pytest.xfail("because of " + TOKEN)

    def test_c(qchannel_rest, record_property):
        qchannel_rest.get("/jobs")
        record_property("key", TOKEN)
        warnings.warn("key " + TOKEN)
    """
    words = ("-rA", "--junitxml=junit.xml", "-o", "junit_family=legacy", "-Wdefault")
    result = run(source, *RECORD, *words)
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*UserWarning: key <secret QISKIT_IBM_TOKEN>",
            "SKIPPED*because of <secret QISKIT_IBM_TOKEN>",
        ]
    )
    xml = (pytester.path / "junit.xml").read_text(encoding="utf-8")
    assert "secret QISKIT_IBM_TOKEN" in xml
    assert TOKEN not in xml + result.stdout.str() + result.stderr.str()


def test_properties_as_of_now_are_answered_later_too(run: Any) -> None:
    """The replay missed: "query differs: updated_before=...", which was now in both runs."""
    source = """
    import datetime
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_service):
        backend = qchannel_service.backend("A_DEVICE")
        assert backend.properties(datetime=datetime.datetime.now())
    """
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)


def test_what_a_noise_learner_learned_is_replayed_with_its_circuits(run: Any) -> None:
    """The replay ended with a zlib.error: of the circuits in the results nothing was kept."""
    source = """
    import pytest
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
    from qiskit_ibm_runtime.noise_learner import NoiseLearner

    @pytest.mark.vcr
    def test_a(qchannel_service):
        backend = qchannel_service.backend("A_DEVICE")
        circuit = QuantumCircuit(2)
        circuit.cx(0, 1)
        passes = generate_preset_pass_manager(optimization_level=0, backend=backend)
        layers = NoiseLearner(backend).run([passes.run(circuit)]).result()
        assert len(layers) == 1
        assert layers[0].circuit.num_qubits == 2
    """
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)


def test_a_replay_that_leaves_something_unused_wrote_nothing_and_says_nothing_of_it(
    run: Any,
) -> None:
    """The summary of a replay said "no cassette written", as if it had been a recording."""
    run(REST, *RECORD).assert_outcomes(passed=1)
    result = run(REST.replace('        assert qchannel_rest.get("/jobs").status_code == 200\n', ""))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette replayed, *"])
    assert "no cassette written" not in result.stdout.str()
