"""The header, the summary and the JUnit XML: what ran where, and who decided so."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.plugin.record.lines import cassette_lines
from pytest_qchannel.plugin.record.run import Attempt, Run
from pytest_qchannel.plugin.record.shown import Shown

TEST = """
    import pytest

    def test_plain():
        pass

    def test_a(qchannel):
        pass

    def test_b(qchannel):
        assert False

    def test_c(qchannel_emulator):
        pass

    def test_d(qchannel):
        pytest.skip("not counted")

    @pytest.fixture
    def broken(qchannel):
        raise ValueError("broken")

    def test_e(broken):
        pass
"""
OUTCOMES = {"passed": 5, "failed": 2, "skipped": 2, "errors": 2}
CHANNELS = "--qchannel-channel=ibm_cloud,ibm_quantum"
SUMMARY = "qchannel: 1 emulated, 4 emulated on ibm_cloud, 4 emulated on ibm_quantum"


def test_header_and_summary(run: Any) -> None:
    result = run(TEST, CHANNELS, "--qchannel-seed=3")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"], outcomes["errors"] == (2, 2)
    result.stdout.fnmatch_lines(
        [
            f"qchannel: client {client_version()}, mode=auto (default), "
            "channel=ibm_cloud,ibm_quantum (from --qchannel-channel), "
            "seed=3 (from --qchannel-seed)",
            SUMMARY,
        ]
    )


@pytest.mark.parametrize("args", [(), ("--qchannel-door=in-process",)], ids=["unset", "set"])
def test_the_header_tells_the_same_defaults_whether_or_not_anything_is_set(
    run: Any, args: tuple[str, ...]
) -> None:
    result = run("def test_a(): pass", *args)
    (header,) = (line for line in result.outlines if line.startswith("qchannel:"))
    told = header.partition(", door=")[0]
    assert told == (
        f"qchannel: client {client_version()}, mode=auto (default), channel=auto (default), "
        "seed=0 (default)"
    )


@pytest.mark.parametrize("place", ["addopts", "variable"])
def test_an_option_that_nobody_typed_is_told_too(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "addopts":
        pytester.makeini("[pytest]\naddopts = --qchannel-seed=3")
    else:
        monkeypatch.setenv("PYTEST_ADDOPTS", "--qchannel-seed=3")
    run("def test_a(): pass").stdout.fnmatch_lines(["qchannel: *seed=3 (from --qchannel-seed)"])


def test_a_run_without_our_fixtures_has_no_summary(run: Any) -> None:
    result = run("def test_a(): pass")
    result.assert_outcomes(passed=1)
    assert len([line for line in result.outlines if line.startswith("qchannel:")]) == 1


def test_summary_under_xdist_is_the_same(run: Any, run_apart: Any) -> None:
    here = run(TEST, CHANNELS)
    apart = run_apart(TEST, CHANNELS, "-n", "2")
    told = [
        [line for line in result.outlines if line.startswith("qchannel:")][1:]
        for result in (here, apart)
    ]
    assert told[0] == told[1] == [SUMMARY, "qchannel: 2 skipped: not counted (2)"]


def test_a_quiet_run_has_one_line(run: Any) -> None:
    lines = [line for line in run(TEST, CHANNELS, "-q").outlines if line.startswith("qchannel:")]
    assert lines == [f"{SUMMARY}; 2 skipped: not counted (2)"]


def test_properties_in_junit_xml_are_flat(run: Any, pytester: pytest.Pytester) -> None:
    """What was done with a cassette stood there as the repr of a dict, with an absolute path."""
    source = """
        import pytest

        def test_plain():
            pass

        def test_a(qchannel):
            pass

        def test_b(qchannel_emulator):
            pass

        @pytest.mark.vcr
        def test_c(qchannel_service):
            qchannel_service.backends()
    """
    record = ("--qchannel-mode=record", "--qchannel-record-from=emulator", "-k", "test_c")
    run(source, "--qchannel-channel=ibm_cloud", *record).assert_outcomes(passed=1, deselected=3)
    run(source, "--junitxml=out.xml", "--qchannel-channel=ibm_cloud")
    cases = ElementTree.parse(pytester.path / "out.xml").getroot().iter("testcase")
    told = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }
    client = {"qchannel.client": client_version()}
    assert told["test_plain"] == {}
    emulated = {"qchannel.lane": "emulated", **client}
    assert told["test_a[ibm_cloud]"] == {**emulated, "qchannel.channel": "ibm_cloud"}
    assert told["test_b"] == emulated
    assert told["test_c[ibm_cloud]"] == {
        "qchannel.lane": "replay",
        "qchannel.channel": "ibm_cloud",
        "qchannel.cassette": "cassettes/test_it/test_c[ibm_cloud].yaml",
        **client,
    }


REFUSED = {"test": "test_a.py::test_b", "did": "refused", "why": "the test did not pass"}
WRITTEN = {
    "test": "test_a.py::test_b",
    "did": "written",
    "recorded_from": "emulator",
    "recorded_at": "2026-11-01T00:00:00+00:00",
    "client": "0.40.1",
    "qpu_seconds": 0,
}


def told_of(*deeds: dict[str, Any]) -> list[str]:
    """The lines of a run of tests that have each done one of these."""
    run = Run()
    run.attempts += [Attempt("test_a.py::test_b", {"deeds": [one]}) for one in deeds]
    return cassette_lines(run.deeds(), Shown())


@pytest.mark.parametrize("deeds", [(REFUSED, WRITTEN), (WRITTEN, REFUSED)])
def test_a_test_that_passed_when_tried_again_has_its_cassette(deeds: Any) -> None:
    """The summary said that no cassette was written, and it lay there."""
    assert told_of(*deeds) == [
        "1 cassette written, recorded 2026-11-01: 1 from the emulator, "
        "with qiskit-ibm-runtime 0.40.1"
    ]


def test_a_test_that_never_passed_is_told_once_and_as_it_was_last() -> None:
    assert told_of(REFUSED, {**REFUSED, "kept": "here.yaml"}) == [
        "no cassette written for test_a.py::test_b: the test did not pass; "
        "what was recorded: here.yaml"
    ]
