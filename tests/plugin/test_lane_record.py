"""The record lane: what is written, when, and what is not."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.cassette.disk.store import Store
from tests.plugin.lane_kit import JOB, RECORD, REST, files, recorded

KEPT = "cassettes/.qchannel/quarantine"


def test_a_test_is_recorded_and_replayed(run: Any, pytester: pytest.Pytester) -> None:
    first = run(REST, *RECORD)
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(
        [
            "qchannel: *, mode=record (from --qchannel-mode), *"
            "record_from=emulator (from --qchannel-record-from)*",
            "qchannel: 1 record on ibm_*",
            "qchannel: 1 cassette written, recorded ????-??-??: 1 from the emulator, "
            "with qiskit-ibm-runtime *",
        ]
    )
    assert len(files(pytester.path / "cassettes")) == 1
    second = run(REST)
    second.assert_outcomes(passed=1)
    second.stdout.fnmatch_lines(
        ["qchannel: 1 replay on ibm_*", "qchannel: 1 cassette replayed, recorded *"]
    )


def test_recording_again_gives_the_same_bytes(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester, JOB)
    before = files(pytester.path / "cassettes", "*")
    again = run(JOB, *RECORD)
    again.assert_outcomes(passed=1)
    again.stdout.fnmatch_lines(["qchannel: 1 cassette the same as before, *"])
    assert files(pytester.path / "cassettes", "*") == before


def test_a_job_is_told_in_words_and_holds_no_credential(
    run: Any, pytester: pytest.Pytester
) -> None:
    index = recorded(run, pytester, JOB).read_text(encoding="utf-8")
    assert "OPENQASM 3.0" in index
    assert "shots: 10" in index
    every = b"".join(
        gzip.decompress(data) if name.endswith(".gz") else data
        for name, data in files(pytester.path / "cassettes", "*").items()
    )
    from pytest_qchannel.emulator.world.clock import Clock
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder

    for account in WorldBuilder.default().build(Clock(lambda: 0.0), 0).accounts:
        for secret in (account.credential, account.id, account.email, account.user_id):
            assert secret.encode() not in every
        for instance in account.instances.values():
            assert instance.id.encode() not in every


def test_a_failing_test_changes_nothing_and_is_put_aside(
    run: Any, pytester: pytest.Pytester
) -> None:
    recorded(run, pytester)
    before = files(pytester.path / "cassettes", "*")
    failing = run(
        REST + '        assert qchannel_rest.get("/instances/usage").status_code == 99\n', *RECORD
    )
    failing.assert_outcomes(failed=1)
    failing.stdout.fnmatch_lines(
        [f"qchannel: no cassette written for test_it.py::test_a*: the test did not pass; *{KEPT}*"]
    )
    assert files(pytester.path / "cassettes", "*") == before
    aside = list((pytester.path / KEPT).rglob("*.yaml"))
    assert len(aside) == 1
    assert b"/instances/usage" in aside[0].read_bytes()
    assert (pytester.path / "cassettes/.qchannel/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "ending",
    [
        "        pytest.skip('no')\n",
        "        pytest.xfail('no')\n",
    ],
)
def test_a_test_that_did_not_pass_is_not_saved(
    run: Any, pytester: pytest.Pytester, ending: str
) -> None:
    run(REST + ending, *RECORD)
    assert files(pytester.path / "cassettes") == {}


def test_a_failing_teardown_is_not_saved(run: Any, pytester: pytest.Pytester) -> None:
    source = REST.replace("qchannel_rest)", "qchannel_rest, breaks)").replace(
        "    import pytest\n",
        """    import pytest

    @pytest.fixture
    def breaks():
        yield
        raise ValueError("broken")
""",
    )
    run(source, *RECORD).assert_outcomes(passed=1, errors=1)
    assert files(pytester.path / "cassettes") == {}


def test_what_a_fixture_sends_at_the_end_is_recorded(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.fixture
        def session(qchannel_rest):
            yield qchannel_rest
            assert qchannel_rest.get("/instances/usage").status_code == 200

        @pytest.mark.vcr
        def test_a(session):
            assert session.get("/jobs").status_code == 200
    """
    path = recorded(run, pytester, source)
    assert b"/instances/usage" in path.read_bytes()
    run(source).assert_outcomes(passed=1)


def test_a_job_that_has_not_ended_is_not_saved(run: Any, pytester: pytest.Pytester) -> None:
    source = JOB.replace('        assert job.result()[0].data.c.get_counts() == {"0": 10}\n', "")
    source = source.replace('        assert str(job.status()).endswith("DONE")\n', "")
    result = run(source, *RECORD)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*RecordingRefused: the recording was not saved: job qchannel* had not ended, "
            "its last state is submitted",
            "*next: *job.result()* or cancel it, then: pytest *test_it.py::test_a*"
            " --qchannel-mode=record --qchannel-record-from=emulator",
        ]
    )
    assert files(pytester.path / "cassettes") == {}


def test_a_secret_of_the_environment_refuses_the_save(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where scrubbing has no rule for a place, the gate still finds a known secret.

    It told the user to add a rule, which no setting does, and none would have helped.
    """
    monkeypatch.setenv("IBM_CLOUD_API_KEY", "circuit_named_like_a_key")
    source = JOB.replace("QuantumCircuit(1, 1)", "_named()").replace(
        "    @pytest.mark.vcr\n",
        """    def _named():
        from qiskit import ClassicalRegister, QuantumRegister

        return QuantumCircuit(
            QuantumRegister(1), ClassicalRegister(1, "circuit_named_like_a_key")
        )

    @pytest.mark.vcr
""",
    )
    source = source.replace("data.c.get_counts()", 'data["circuit_named_like_a_key"].get_counts()')
    result = run(source, *RECORD)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*SecretFound: refused to store a secret: GATE-001 the value of IBM_CLOUD_API_KEY, *",
            "*next: *send something else there, or leave the test emulated, *",
        ]
    )
    result.stdout.no_fnmatch_line("E *circuit_named_like_a_key*")
    assert files(pytester.path / "cassettes") == {}
    everything = b"".join(
        path.read_bytes() for path in (pytester.path / "cassettes").rglob("*") if path.is_file()
    )
    assert b"circuit_named_like_a_key" not in everything
    run(source.replace('"circuit_named_like_a_key"', '"c"'), *RECORD).assert_outcomes(passed=1)
    run(source, "--qchannel-mode=emulated").assert_outcomes(passed=1)


def test_nothing_sent_is_nothing_to_record(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.vcr
        def test_a(qchannel):
            pass
        """,
        *RECORD,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*RecordingRefused: nothing was recorded: *"])


def test_an_explicit_mode_records_tests_without_the_marker(
    run: Any, pytester: pytest.Pytester
) -> None:
    source = REST.replace("    @pytest.mark.vcr\n", "")
    path = recorded(run, pytester, source)
    assert path.is_file()
    run(source).stdout.fnmatch_lines(["qchannel: 1 emulated on *"])
    run(source, "--qchannel-mode=replay").stdout.fnmatch_lines(["qchannel: 1 replay on *"])


def test_tests_of_the_emulator_are_skipped_and_say_why(run: Any) -> None:
    source = """
        import pytest

        def test_lever(qchannel_rest, qchannel_emulator):
            pass

        @pytest.mark.qchannel_fault("GET /jobs", status=503)
        def test_fault(qchannel_rest):
            pass
    """
    result = run(source, *RECORD, "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(
        [
            "SKIPPED*record: uses the fixture qchannel_emulator (emulated lane only)",
            "SKIPPED*record: has a fault (emulated lane only)",
        ]
    )


def test_a_marked_test_of_the_emulator_is_a_usage_error(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.vcr
        def test_lever(qchannel_rest, qchannel_emulator):
            pass
        """
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: a test with the marker vcr uses the fixture qchannel_emulator, *", "*next: *"]
    )


def test_a_recording_without_a_source_names_both(run: Any, pytester: pytest.Pytester) -> None:
    result = run(REST, "--qchannel-mode=record")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: recording needs a source, and nobody named one: emulator, or live (the real "
            "services)",
            "  where: mode=record (--qchannel-mode)",
            "  next:  pytest --qchannel-mode=record --qchannel-record-from=emulator",
        ]
    )
    assert not Path(pytester.path / "cassettes").exists()


def test_parallel_recording_loses_nothing(run_apart: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.mark.vcr
        @pytest.mark.parametrize("n", range(6))
        def test_a(qchannel_rest, n):
            assert qchannel_rest.get("/jobs", params={"limit": n + 1}).status_code == 200
    """
    result = run_apart(source, *RECORD, "-n", "2")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["qchannel: 6 cassettes written, *"])
    assert len(files(pytester.path / "cassettes")) == 6
    replayed = run_apart(source, "-n", "2")
    replayed.assert_outcomes(passed=6)
    replayed.stdout.fnmatch_lines(["qchannel: 6 cassettes replayed, *"])


def test_two_tests_cannot_write_one_cassette(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.mark.vcr
        @pytest.mark.default_cassette("shared")
        @pytest.mark.parametrize("n", [1, 2])
        def test_a(qchannel_rest, n):
            assert qchannel_rest.get("/jobs", params={"limit": 1}).status_code == 200
    """
    result = run(source, *RECORD)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*CassetteTaken: the cassette belongs to another test"])
    assert list(files(pytester.path / "cassettes")) == ["test_it/shared.yaml"]
    run(source).assert_outcomes(passed=2)  # to replay the same one is another thing


@pytest.mark.parametrize(
    ("raised", "why"),
    [
        ("pytest.fail.Exception('Timeout (>1.0s) from pytest-timeout.')", "Timeout (>1.0s) *"),
        ("KeyError()", "KeyError while it was written"),
    ],
)
def test_what_is_raised_while_a_cassette_is_written_is_told(
    run: Any, pytester: pytest.Pytester, raised: str, why: str
) -> None:
    """What the user saw: pytest-timeout's signal ended the summary with KeyError: 'did'."""
    conftest = f"""
        import pytest
        from pytest_qchannel.cassette.disk.store import Store

        def signalled(self, draft):
            raise {raised}

        Store.write = signalled
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "write", Store.write)  # put back what the conftest replaces
        result = run(REST, *RECORD, conftest=conftest)
    result.assert_outcomes(passed=1, errors=1)
    line = f"qchannel: no cassette written for test_it.py::test_a?ibm_*?: {why}"
    result.stdout.fnmatch_lines([line])
    assert files(pytester.path / "cassettes") == {}
