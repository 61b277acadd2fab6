"""``--qchannel-strict-cassettes``: cassettes that no test uses are told of, or fail the run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.store import Store
from tests.plugin.conftest import NO_CHANCE
from tests.unit.cassette.traffic_kit import cassette, said

CHANNEL = "--qchannel-channel=ibm_cloud"
STRICT = "--qchannel-strict-cassettes"
COLLECT = ("--collect-only", "-q")

TESTS = """
    import pytest

    @pytest.mark.vcr
    def test_used(qchannel_rest): pass

    def test_unmarked(qchannel_rest): pass

    def test_of_another_kind(): pass

    class TestBell:
        @pytest.mark.vcr
        @pytest.mark.parametrize("shots", [1, 2])
        def test_run(self, qchannel_rest, shots): pass
"""
USED = (
    "test_it.py::test_used[ibm_cloud]",
    "test_it.py::TestBell::test_run[ibm_cloud-1]",
    "test_it.py::TestBell::test_run[ibm_cloud-2]",
)
LINE = "qchannel: {} that no test uses; qchannel cassettes prune lists and removes them"
HEAD = "qchannel: {} that no test uses, and the run is strict about cassettes"

Project = Callable[..., pytest.RunResult]


def keep(root: Path, *tests: str) -> None:
    """Puts a small cassette of each test into a folder."""
    for test in tests:
        store = Store(root)
        recorded = cassette(said("GET", "/backends", {"devices": []}), test=test)
        store.save(recorded)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """Runs a project with a used cassette of each test, and others, in this process."""

    def run(*args: str, also: tuple[str, ...] = (), tests: str = TESTS) -> pytest.RunResult:
        pytester.makepyfile(test_it=tests)
        keep(pytester.path / "cassettes", *USED, *also)
        return pytester.runpytest_inprocess(*NO_CHANCE, CHANNEL, *args)

    return run


def no_word(result: pytest.RunResult) -> None:
    result.stdout.no_fnmatch_line("*that no test uses*")


def test_a_run_that_uses_all_of_them_says_nothing(project: Project) -> None:
    result = project(*COLLECT, STRICT)
    assert result.ret == 0
    no_word(result)


def test_unused_cassettes_are_one_line_and_no_failure(project: Project) -> None:
    result = project(*COLLECT, also=("test_it.py::test_gone[ibm_cloud]",))
    assert result.ret == 0
    result.stdout.fnmatch_lines([LINE.format("1 cassette")])
    result.stdout.no_fnmatch_line("*test_gone*")


@pytest.mark.parametrize("source", ["command line", "ini file", "variable"])
def test_a_strict_run_fails_with_the_list(
    project: Project, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    if source == "ini file":
        pytester.makeini("[pytest]\nqchannel_strict_cassettes = 1\n")
    if source == "variable":
        monkeypatch.setenv("QCHANNEL_STRICT_CASSETTES", "1")
    result = project(
        *COLLECT,
        *([STRICT] if source == "command line" else []),
        also=(
            "test_it.py::test_gone[ibm_cloud]",
            "tests/test_gone.py::test_a[ibm_cloud]",
            "test_it.py::test_of_another_kind",
            "test_it.py::test_unmarked[ibm_cloud]",
        ),
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            HEAD.format("4 cassettes"),
            "  where:  cassettes?test_it?test_gone[[]ibm_cloud].yaml: "
            "there is no such test in test_it.py",
            "          cassettes?test_it?test_of_another_kind.yaml: "
            "its test uses no fixture of qchannel",
            "          cassettes?test_it?test_unmarked[[]ibm_cloud].yaml: "
            "its test does not replay: it has no marker vcr (mode=auto, default)",
            "          cassettes?tests?test_gone?test_a[[]ibm_cloud].yaml: "
            "there is no tests/test_gone.py",
            "  next:   qchannel cassettes prune",
        ]
    )


def test_a_run_that_is_not_only_collected_fails_after_its_tests(project: Project) -> None:
    also = "test_it.py::test_gone[ibm_cloud]"
    result = project(STRICT, "-k", "another_kind", also=(also,))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, deselected=4)
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*1 passed*"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_under_xdist(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(test_it="def test_a(): pass\n")
    keep(pytester.path / "cassettes", "test_it.py::test_gone[ibm_cloud]")
    result = pytester.runpytest_subprocess(*NO_CHANCE, CHANNEL, STRICT, "-n", workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    heads = [line for line in result.outlines if line == HEAD.format("1 cassette")]
    assert len(heads) == 1
    result.stdout.fnmatch_lines(["  where:  *: there is no such test in test_it.py"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_under_xdist_used_ones_are_not_told(pytester: pytest.Pytester, workers: str) -> None:
    source = (
        "import pytest\n@pytest.mark.vcr\ndef test_a(qchannel_rest): pass\ndef test_b(): pass\n"
    )
    pytester.makepyfile(test_it=source)
    keep(pytester.path / "cassettes", "test_it.py::test_a[ibm_cloud]")
    args = (CHANNEL, STRICT, "-n", workers, "-k", "test_b")
    result = pytester.runpytest_subprocess(*NO_CHANCE, *args)
    assert result.ret == 0
    no_word(result)


def test_where_pytest_xdist_is_absent(project: Project) -> None:
    result = project(*COLLECT, STRICT, "-p", "no:xdist", also=("test_it.py::test_gone",))
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "choice", [("-k", "another_kind"), ("-m", "not vcr"), ("--deselect", "test_it.py::test_used")]
)
def test_deselected_tests_use_their_cassettes(project: Project, choice: tuple[str, str]) -> None:
    result = project(*COLLECT, STRICT, *choice)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*deselected*"])
    no_word(result)


def test_a_run_of_one_module_knows_of_no_other(project: Project, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_a(): pass")
    also = ("test_it.py::test_gone[ibm_cloud]", "test_other.py::test_gone[ibm_cloud]")
    result = project(*COLLECT, STRICT, "test_other.py", also=also)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*test_other.py"])


@pytest.mark.parametrize(
    "part", ["test_it.py::test_used", "test_it.py::TestBell", "test_it.py::TestBell::test_run"]
)
def test_a_run_of_a_part_of_a_module_knows_nothing_of_the_rest(project: Project, part: str) -> None:
    result = project(*COLLECT, STRICT, part, also=("test_it.py::test_gone[ibm_cloud]",))
    assert result.ret == 0
    no_word(result)


def test_a_module_that_is_gone_is_known_in_any_run(project: Project) -> None:
    also = ("test_gone.py::test_a[ibm_cloud]", "test_it.py::test_gone")
    result = project(*COLLECT, STRICT, "test_it.py::test_used", also=also)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*: there is no test_gone.py"])


def test_a_part_named_beside_its_module_is_the_whole_module(project: Project) -> None:
    also = ("test_it.py::test_gone[ibm_cloud]",)
    result = project(*COLLECT, STRICT, "test_it.py::test_used", "test_it.py", also=also)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("raise OSError\n", pytest.ExitCode.INTERRUPTED),
        ("import pytest\npytest.importorskip('not_there')\n", pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_a_module_that_cannot_be_collected_is_not_known(
    project: Project, source: str, status: int
) -> None:
    result = project(*COLLECT, STRICT, tests=source)
    assert result.ret == status
    no_word(result)


def test_a_module_without_any_test_left(project: Project) -> None:
    result = project(*COLLECT, STRICT, tests="")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([HEAD.format("3 cassettes")])


def test_last_failed_leaves_tests_out_before_they_are_collected(pytester: pytest.Pytester) -> None:
    source = """
        import pytest
        def test_a(): assert False
        @pytest.mark.vcr
        def test_b(qchannel_rest): pass
    """
    pytester.makepyfile(test_it=source)
    flags = ("-p", "no:randomly", CHANNEL)
    assert pytester.runpytest_inprocess(*flags, "-k", "test_a").ret == pytest.ExitCode.TESTS_FAILED
    keep(pytester.path / "cassettes", "test_it.py::test_b[ibm_cloud]")
    result = pytester.runpytest_inprocess(*flags, STRICT, "--lf", *COLLECT)
    assert result.ret == 0
    no_word(result)


@pytest.mark.parametrize("mode", ["replay", "record"])
def test_in_these_modes_every_test_with_our_fixtures_uses_its_cassette(
    project: Project, pytester: pytest.Pytester, mode: str
) -> None:
    pytester.makeini(f"[pytest]\nqchannel_mode = {mode}\nqchannel_record_from = emulator\n")
    also = ("test_it.py::test_unmarked[ibm_cloud]", "test_it.py::test_of_another_kind")
    result = project(*COLLECT, STRICT, also=also)
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*uses no fixture of qchannel"])


def test_a_test_that_may_ask_for_a_fixture_by_name_keeps_its_cassette(project: Project) -> None:
    """One was replayed and, in the same run, told as one that no test uses; prune would take it."""
    asking = """
    @pytest.mark.vcr
    def test_asks(request):
        request.getfixturevalue("qchannel_rest")
"""
    also = ("test_it.py::test_asks", "test_it.py::test_of_another_kind")
    result = project(*COLLECT, STRICT, also=also, tests=TESTS + asking)
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*test_of_another_kind.yaml*"])
    result.stdout.no_fnmatch_line("*test_asks*.yaml*")


def test_a_mode_of_one_run_is_no_verdict_on_cassettes(project: Project) -> None:
    unmarked = "test_it.py::test_unmarked[ibm_cloud]"
    result = project(*COLLECT, STRICT, "--qchannel-mode=emulated", also=(unmarked,))
    assert result.ret == 0
    no_word(result)


def test_channels_of_other_runs_use_theirs_unless_the_project_names_its_own(
    project: Project, pytester: pytest.Pytester
) -> None:
    also = ("test_it.py::TestBell::test_run[ibm_quantum-2]",)
    assert project(*COLLECT, STRICT, also=also).ret == 0
    pytester.makeini("[pytest]\nqchannel_channel = ibm_cloud\n")
    result = pytester.runpytest_inprocess(*NO_CHANCE, *COLLECT, STRICT)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*ibm_quantum-2*no such test*"])


def test_a_cassette_of_several_tests(project: Project, pytester: pytest.Pytester) -> None:
    source = """
        import pytest
        @pytest.mark.vcr
        @pytest.mark.default_cassette("shared")
        def test_a(qchannel_rest): pass
    """
    pytester.makepyfile(test_more=source)
    also = ("test_more.py::shared", "test_more.py::test_a[ibm_cloud]")
    result = project(*COLLECT, STRICT, also=also)
    result.stdout.fnmatch_lines([HEAD.format("1 cassette"), "*test uses the cassette shared.yaml"])


def test_cassettes_of_plain_pytest_recording_are_not_ours(
    project: Project, pytester: pytest.Pytester
) -> None:
    """It keeps them in a folder of the same name."""
    theirs = pytester.path / "cassettes" / "test_it" / "test_theirs.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    result = project(*COLLECT, STRICT)
    assert result.ret == 0
    no_word(result)


def test_another_folder_is_named_in_the_command(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TESTS)
    keep(pytester.path / "tapes", "test_it.py::test_gone")
    args = (*NO_CHANCE, CHANNEL, *COLLECT)
    result = pytester.runpytest_inprocess(*args, f"--qchannel-cassettes={os.curdir}/tapes")
    result.stdout.fnmatch_lines(["*no test uses; qchannel cassettes prune tapes lists and *"])


def test_a_run_without_a_folder_watches_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_a(pytestconfig):\n"
    "    assert not pytestconfig.pluginmanager.has_plugin('qchannel-unused')\n")  # fmt: skip
    result = pytester.runpytest_inprocess(*NO_CHANCE, STRICT)
    result.assert_outcomes(passed=1)
    assert result.ret == 0
