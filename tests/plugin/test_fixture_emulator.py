"""``qchannel_emulator``: every lever does what it says, seen through the services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.devices_kit import DEVICE

CLOUD = "--qchannel-channel=ibm_cloud"


def test_revoked_access_tokens_give_401_until_the_next_login(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_rest, qchannel_emulator, qchannel):
            assert qchannel_rest.get("/jobs").status_code == 200
            assert qchannel_emulator.revoke_access_tokens() == 1
            assert qchannel_rest.get("/jobs").status_code == 401
            with qchannel.open_session() as again:
                assert again.get("/jobs").status_code == 200
        """,
        "--qchannel-channel=ibm_cloud,ibm_quantum",
    )
    result.assert_outcomes(passed=2)


def test_revoked_credentials_end_logins_but_not_sessions(run: Any) -> None:
    """The error named a variable alone, which nobody had set: the emulator's key was revoked."""
    result = run(
        """
        import pytest
        from pytest_qchannel import QChannelError

        def test_a(qchannel_rest, qchannel_emulator, qchannel):
            qchannel_emulator.revoke_credentials()
            assert qchannel_rest.get("/jobs").status_code == 200
            qchannel.open_session()

        def test_b(qchannel_emulator, qchannel):
            qchannel_emulator.revoke_credentials()
            with pytest.raises(QChannelError): qchannel.open_session()
        """,
        CLOUD,
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "E *no access token for channel ibm_cloud: 40*",
            "E *next: *live, check the API key in QCHANNEL_IBM_CLOUD_TOKEN; where the test *: "
            "with pytest.raises(QChannelError): qchannel.open_session()",
        ]
    )


def test_queue_lengths_and_status_decide_the_least_busy(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel, qchannel_emulator):
            def best():  # a service of newer clients asks for the queues only once
                return qchannel.connect().least_busy().name

            for name in qchannel_emulator.backends:
                qchannel_emulator.set_queue_length(name, 50)
            first, second, third = qchannel_emulator.backends[:3]
            qchannel_emulator.set_queue_length(first, 0)
            qchannel_emulator.set_queue_length(second, 1)
            qchannel_emulator.set_queue_length(third, 2)
            assert best() == first
            qchannel_emulator.take_offline(first)
            assert best() == second
            qchannel_emulator.pause(second)
            assert best() == third
            qchannel_emulator.bring_online(first)
            assert best() == first
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


def test_jobs_wait_while_a_backend_is_paused(run: Any) -> None:
    result = run(
        """
        QASM = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; c[0] = measure $0;'

        def test_a(qchannel_rest, qchannel_emulator):
            qchannel_emulator.pause("A_DEVICE")
            made = qchannel_rest.post("/jobs", json={
                "program_id": "sampler", "backend": "A_DEVICE",
                "params": {"pubs": [[QASM]], "version": 2},
            }).json()
            (job,) = qchannel_emulator.jobs
            assert job.id == made["id"]
            status = lambda: qchannel_rest.get(f"/jobs/{made['id']}").json()["status"].lower()
            assert status() == "queued"
            qchannel_emulator.bring_online("A_DEVICE")
            assert status() == "completed"
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


def test_the_clock_expires_tokens(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_rest, qchannel_emulator):
            before = qchannel_emulator.now()
            qchannel_emulator.advance_clock(60)
            assert qchannel_rest.get("/jobs").status_code == 200
            qchannel_emulator.advance_clock(3600)
            assert 3660 <= qchannel_emulator.now() - before < 3720
            assert qchannel_rest.get("/jobs").status_code == 401
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            f"pause('{DEVICE[:-1]}')",
            [
                f"E *UsageProblem: the emulated world has no backend '{DEVICE[:-1]}'",
                f"E *closest: {DEVICE}",
                f"E *next: *use one of {DEVICE}, *",
            ],
        ),
        (
            "set_queue_length('A_DEVICE', -1)",
            ["E *UsageProblem: a queue cannot have -1 jobs", "E *next: give 0 or more"],
        ),
        (
            "revoke_access_token('nonsense')",
            [
                "E *UsageProblem: this access token was not given out by the emulator",
                "E *next: pass the value of qchannel_access_token, *",
            ],
        ),
    ],
)
def test_wrong_words_are_refused(run: Any, call: str, said: list[str]) -> None:
    result = run(f"def test_a(qchannel_emulator): qchannel_emulator.{call}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(said)


SUBMIT = """
    import pytest
    from qiskit import QuantumCircuit
    from qiskit_ibm_runtime import SamplerV2

    def submit(backend, shots=100):
        circuit = QuantumCircuit(1)
        circuit.x(0)
        circuit.measure_all()
        return SamplerV2(mode=backend).run([circuit], shots=shots)

    def state(session, job):
        return session.get(f"/jobs/{job.job_id()}").json()["state"]["status"]
"""


def test_jobs_move_on_as_a_test_says(run: Any) -> None:
    """A user could say this in a world file only, and for no single job."""
    result = run(
        SUBMIT
        + """
    def test_a(qchannel_backend, qchannel_rest, qchannel_emulator):
        qchannel_emulator.set_progression(qchannel_backend.name, "polls(2)")
        first = submit(qchannel_backend)
        assert [state(qchannel_rest, first) for _ in "123"] == ["Queued", "Running", "Completed"]

        qchannel_emulator.set_next_job("seconds(30, queued=10)")
        second, third = submit(qchannel_backend), submit(qchannel_backend)
        assert state(qchannel_rest, second) == "Queued"
        qchannel_emulator.advance_clock(11)
        assert state(qchannel_rest, second) == "Running"
        qchannel_emulator.advance_clock(20)
        assert state(qchannel_rest, second) == "Completed"
        assert [state(qchannel_rest, third) for _ in "123"] == ["Queued", "Running", "Completed"]

        qchannel_emulator.set_progression(qchannel_backend.name, "immediate")
        assert state(qchannel_rest, submit(qchannel_backend)) == "Completed"
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


def test_a_device_errs_as_a_test_says(run: Any) -> None:
    result = run(
        SUBMIT
        + """
    def ones(job):
        return job.result()[0].data.meas.get_counts().get("1", 0)

    def test_a(qchannel_backend, qchannel_emulator):
        assert ones(submit(qchannel_backend, 20_000)) == 20_000
        qchannel_emulator.set_noise(qchannel_backend.name, "calibration")
        assert 10_000 < ones(submit(qchannel_backend, 20_000)) < 20_000
        qchannel_emulator.set_noise(qchannel_backend.name, "off")
        assert ones(submit(qchannel_backend, 20_000)) == 20_000
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            "set_progression('A_DEVICE', 'poll(3)')",
            ["'poll(3)' is no progression", "closest: polls(3)", "next: *write immediate, polls*"],
        ),
        (
            f"set_progression('{DEVICE[:-1]}', 'stuck')",
            ["*has no backend*", f"closest: {DEVICE}"],
        ),
        ("set_next_job('stuk')", ["'stuk' is no progression", "closest: stuck"]),
        (
            "set_noise('A_DEVICE', 'callibration')",
            ["'callibration' is no noise", "closest: calibration", "next: *off, calibration"],
        ),
    ],
)
def test_a_mistyped_lever_names_the_nearest(run: Any, call: str, said: list[str]) -> None:
    result = run(f"def test_a(qchannel_emulator): qchannel_emulator.{call}", CLOUD)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *{line}" for line in said])


def test_the_levers_that_the_docs_show_work(run: Any) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "world.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(def test_a_job_takes.*?)```", docs, re.DOTALL)
    assert found
    run(found[1], CLOUD).assert_outcomes(passed=1)
