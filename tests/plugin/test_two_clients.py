"""Two clients of one CI matrix: they share what they can, and keep apart what they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_qchannel.cassette import versions
from pytest_qchannel.channels.client import client_version
from tests.plugin.lane_kit import RECORD, REST, files

ABLE = REST.replace('"/backends"', '"/backends", params={"include_mocks": "True"}')
JOBS = REST.replace('"/jobs"', '"/jobs", params={"include_mocks": "True"}')
APART = "--qchannel-cassettes=cassettes/{client}"
READS = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_rest):
        assert qchannel_rest.get("/backends").json()["devices"] == ["of another form"]
"""
LINE = """
    [pytest]
    qchannel_cassettes = CASSETTES
"""


@contextmanager
def another_client() -> Iterator[None]:
    """Lets cassettes say that another client has recorded them."""

    def version(package: str) -> str:
        return "0.40.1" if package == "qiskit-ibm-runtime" else "1.4.6"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "_version", version)
        yield


def test_what_a_client_can_do_is_not_compared(run: Any, pytester: pytest.Pytester) -> None:
    """Two clients overwrote each other's cassettes in turn: one sends ``include_mocks``."""
    with another_client():
        run(REST, *RECORD).assert_outcomes(passed=1)
    before = files(pytester.path / "cassettes", "*")
    run(ABLE).assert_outcomes(passed=1)
    result = run(ABLE, *RECORD)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette the same as before, *"])
    assert files(pytester.path / "cassettes", "*") == before


def test_what_chooses_jobs_is(run: Any) -> None:
    """The same field is the caller's own wish where jobs are listed."""
    run(REST, *RECORD).assert_outcomes(passed=1)
    result = run(JOBS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*query differs: nothing (recorded) != include_mocks=true (sent)"])
    assert "{client}" not in result.stdout.str()


def test_a_miss_that_sees_two_versions_suggests_a_set_for_each(run: Any) -> None:
    with another_client():
        run(REST, *RECORD).assert_outcomes(passed=1)
    result = run(JOBS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*versions: qiskit-ibm-runtime: recorded with 0.40.1, installed is *",
            "*next: *, or keep a set for each client: "
            "qchannel_cassettes = cassettes/{client} in the ini file*",
        ]
    )


def test_an_error_of_the_test_itself_suggests_it_as_well(run: Any) -> None:
    """The client's own error was all: an older one cannot read what a newer one was answered."""
    recording = READS.replace("== [", "!= [")
    with another_client():
        run(recording, *RECORD).assert_outcomes(passed=1)
    result = run(READS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*this replay has answers to another client",
            "*versions: qiskit-ibm-runtime: recorded with 0.40.1, installed is *",
            "*next: *keep a set for each client: *",
        ]
    )
    run(recording, *RECORD).assert_outcomes(passed=1)
    run(READS).assert_outcomes(failed=1)


def test_each_client_has_a_folder_where_the_setting_says_so(
    run: Any, pytester: pytest.Pytester
) -> None:
    pytester.makeini(LINE.replace("CASSETTES", "cassettes/{client}/{channel}"))
    run(REST, *RECORD).assert_outcomes(passed=1)
    (index,) = files(pytester.path / "cassettes")
    folder, channel, *rest = index.split("/")
    assert folder == client_version()
    assert rest == ["test_it", f"test_a[{channel}].yaml"]
    run(REST).assert_outcomes(passed=1)


def test_the_folder_of_another_client_is_none_that_no_test_uses(
    run: Any, pytester: pytest.Pytester
) -> None:
    run(REST, *RECORD, APART).assert_outcomes(passed=1)
    tree = pytester.path / "cassettes"
    (tree / client_version()).rename(tree / "0.40.1")
    run(REST, *RECORD, APART).assert_outcomes(passed=1)
    assert {name.split("/")[0] for name in files(tree)} == {"0.40.1", client_version()}
    strict = run(REST, APART, "--qchannel-strict-cassettes")
    strict.assert_outcomes(passed=1)
    assert strict.ret == 0
    result = run(REST.replace("test_a", "test_b"), APART, "--qchannel-strict-cassettes", *RECORD)
    result.stdout.fnmatch_lines(
        [
            "qchannel: 1 cassette that no test uses, and the run is strict about cassettes",
            f"*where: *cassettes?{client_version()}?test_it?test_a*",
            f"*next: *qchannel cassettes prune cassettes?{client_version()}",
        ]
    )


def test_the_command_has_the_folder_that_was_typed(run: Any) -> None:
    result = run(REST, APART)
    result.stdout.fnmatch_lines([f'*next: *pytest "test_it.py::*" "{APART}" --qchannel-mode=*'])


def test_another_word_in_braces_is_refused(run: Any) -> None:
    result = run(REST, "--qchannel-cassettes=cassettes/{clients}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*--qchannel-cassettes: '{clients}' in 'cassettes/{clients}' stands for nothing",
            "*closest: {client}",
        ]
    )
