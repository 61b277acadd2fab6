"""``--qchannel-report`` and ``--qchannel-summary``: the same facts in every run, and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_qchannel.channels.client import client_version

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "report-schema.json").read_bytes()))
RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator", "-k", "test_taped")

TEST = """
    import os
    import pytest

    @pytest.mark.vcr
    def test_taped(qchannel_rest):
        qchannel_rest.get("/backends")

    @pytest.mark.xdist_group("one")
    def test_passes(qchannel_rest):
        qchannel_rest.get("/backends")
        assert qchannel_rest.get("/jobs/none").status_code == 404

    @pytest.mark.xdist_group("one")
    def test_blocked(qchannel):
        import urllib.request
        urllib.request.urlopen("http://db.example.org/")

    def test_subtests(qchannel, request):
        try:
            subtests = request.getfixturevalue("subtests")
        except pytest.FixtureLookupError:  # before pytest 9
            subtests = None
        if subtests is None:  # whose assert needs a terminal, then
            raise AssertionError("second")
        with subtests.test("first"):
            pass
        with subtests.test("second"):
            assert False, "second"

    @pytest.mark.qchannel_fault("GET /backends", status=503)
    def test_fault(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 503

    def test_skips(qchannel):
        pytest.skip("not here")

    @pytest.mark.skip(reason="never")
    def test_is_skipped(qchannel):
        pass

    @pytest.mark.xfail(reason="known")
    def test_xfails(qchannel):
        assert False

    @pytest.fixture
    def broken(qchannel):
        yield
        raise ValueError("in teardown")

    def test_ends_badly(broken):
        pass

    def test_crashes(qchannel):
        os._exit(1)

    def test_counts(qchannel_backend):
        from qiskit import QuantumCircuit
        from qiskit_ibm_runtime import SamplerV2
        from pytest_qchannel.assertions import assert_sampler_run
        circuit = QuantumCircuit(1)
        circuit.measure_all()
        job = SamplerV2(mode=qchannel_backend).run([circuit], shots=5)
        assert_sampler_run(job, counts={"0": 0.25, "1": 0.75}, significance=0.5)

    def test_plain():
        pass
"""


def facts_of(path: Path) -> dict[str, Any]:
    """What a report tells of each test that does not depend on the process or the moment."""
    document = json.loads(path.read_bytes())
    SCHEMA.validate(document)
    found = {}
    for one in document["tests"]:
        error = one["error"] or {}
        cassette = one["cassette"] or {}
        found[one["id"]] = (
            *(one[name] for name in ("file", "name", "line", "lane", "channel", "client")),
            *(one[name] for name in ("outcome", "class", "reason", "rerun", "request_count")),
            *(error.get(name) for name in ("headline", "where", "next")),
            *(cassette.get(name) for name in ("path", "did", "recorded_at", "source")),
            [(r["method"], r["route"], r["status"], r["fault"]) for r in one["requests"]],
        )
        if pubs := [pub for job in one["jobs"] for pub in job["pubs"]]:  # it was polled for a time
            counted = [(pub["counts"], pub["expected"]) for pub in pubs]
            found[one["id"]] = (*found[one["id"]][:10], counted)
    return found


def test_the_same_facts_in_one_process_in_workers_and_without_a_terminal(
    run: Any, run_apart: Any, pytester: pytest.Pytester
) -> None:
    run(TEST, *RECORD).assert_outcomes(passed=1, deselected=11)
    here = (*("-k", "not crashes"), "-p", "no:terminal")
    run(TEST, "--qchannel-report=here.json", *here)
    apart = run_apart(TEST, "--qchannel-report=apart.json", "-n", "2")
    assert "crashed" in apart.stdout.str()
    told = facts_of(pytester.path / "apart.json")
    crashed = {name: told.pop(name) for name in list(told) if "test_crashes" in name}
    assert [(one[3], one[6]) for one in crashed.values()] == [("emulated", "failed")]
    expected = facts_of(pytester.path / "here.json")
    assert told == expected
    outcomes = {name.partition("::")[2].partition("[")[0]: one[6] for name, one in told.items()}
    assert outcomes == {
        "test_taped": "passed",
        "test_passes": "passed",
        "test_blocked": "failed",
        "test_subtests": "failed",
        "test_fault": "passed",
        "test_skips": "skipped",
        "test_is_skipped": "skipped",
        "test_xfails": "xfailed",
        "test_ends_badly": "error",
        "test_counts": "failed",
    }
    [[counted]] = [one[-1] for name, one in told.items() if "test_counts" in name]
    assert counted == ({"0": 5}, {"0": 0.25, "1": 0.75})


def test_what_is_written_is_checked_before_and_said_after(
    run: Any, pytester: pytest.Pytester
) -> None:
    source = "def test_a(): pass"
    pytester.mkdir("folder.json")
    run(source, "--qchannel-report=folder.json").stderr.fnmatch_lines(
        ["ERROR: --qchannel-report: folder.json is a folder", "*next: *folder.json/qchannel.json"]
    )
    run(source, "--qchannel-report=out.xml").stderr.fnmatch_lines(
        [
            "ERROR: --qchannel-report: 'out.xml' is no name of a report",
            "*ends in .json or .html",
        ]
    )
    pytester.path.joinpath("file").write_text("")
    result = run(source, "--qchannel-report=file/out.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stderr.fnmatch_lines(["qchannel: *out.json was not written: *"])


def test_a_run_without_a_test_of_ours_has_an_empty_report(
    run: Any, pytester: pytest.Pytester
) -> None:
    run("def test_a(): pass", "--qchannel-report=a.json,b.html", "--qchannel-summary=c.md")
    document = json.loads((pytester.path / "a.json").read_bytes())
    SCHEMA.validate(document)
    assert (document["tests"], document["run"]["client"]) == ([], client_version())
    assert (pytester.path / "b.html").read_text().startswith("<!doctype html>")
    assert (pytester.path / "c.md").read_text().startswith("## qchannel: no test used it")


def test_the_schema_is_one_that_refuses_what_it_does_not_know() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)

    def objects(schema: Any) -> Iterable[dict[str, Any]]:
        if isinstance(schema, dict):
            yield from ([schema] if "properties" in schema else [])
            for one in schema.values():
                yield from objects(one)
        elif isinstance(schema, list):
            for one in schema:
                yield from objects(one)

    found = list(objects(SCHEMA.schema))
    assert len(found) > 8
    assert all(one["additionalProperties"] is False for one in found)
