"""pytest-recording's marker and record modes, for tests with our fixtures and for others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import REST, files, recorded

FROM = "--qchannel-record-from=emulator"
MORE = REST.replace(
    '        assert qchannel_rest.get("/jobs").status_code == 200\n',
    '        assert qchannel_rest.get("/jobs").status_code == 200\n'
    '        assert qchannel_rest.get("/tags?type=job&search=none").status_code == 200\n',
)


def test_a_mistyped_argument_is_a_usage_error(run: Any) -> None:
    """What pytest-recording does: the typo is ignored, and the bearer token is saved."""
    result = run(REST.replace("mark.vcr", "mark.vcr(filter_heders=['authorization'])"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: marker vcr: unknown argument 'filter_heders', did you mean 'filter_headers'[?]",
            "  where: test_it.py::test_a*",
        ]
    )


def test_a_second_cassette_is_a_usage_error(run: Any) -> None:
    result = run(REST.replace("mark.vcr", "mark.vcr('extra.yaml')"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: marker vcr: a test with our fixtures has one cassette, *"])


def test_none_replays(run: Any, pytester: pytest.Pytester) -> None:
    run(REST, "--record-mode=none", FROM).assert_outcomes(errors=1)
    recorded(run, pytester)
    run(REST, "--record-mode=none", FROM).assert_outcomes(passed=1)


def test_once_records_what_is_not_there_and_replays_what_is(
    run: Any, pytester: pytest.Pytester
) -> None:
    first = run(REST, "--record-mode=once", FROM)
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["qchannel: 1 record on *"])
    second = run(REST, "--record-mode=once", FROM)
    second.assert_outcomes(passed=1)
    second.stdout.fnmatch_lines(["qchannel: 1 replay on *"])
    changed = run(MORE, "--record-mode=once", FROM)
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(["*CassetteMiss*"])


@pytest.mark.parametrize("mode", ["all", "rewrite"])
def test_all_and_rewrite_record_anew(run: Any, pytester: pytest.Pytester, mode: str) -> None:
    path = recorded(run, pytester, MORE)
    result = run(REST, f"--record-mode={mode}", FROM)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 record on *"])
    assert path.read_bytes().count(b"- request:") == 2


def test_rewriting_that_fails_keeps_the_old_cassette(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester)
    before = files(pytester.path / "cassettes", "*")
    run(REST + "        assert False\n", "--record-mode=rewrite", FROM).assert_outcomes(failed=1)
    assert files(pytester.path / "cassettes", "*") == before


def test_the_marker_has_a_record_mode(run: Any, pytester: pytest.Pytester) -> None:
    source = REST.replace("mark.vcr", "mark.vcr(record_mode='once')")
    run(source, FROM).stdout.fnmatch_lines(["qchannel: 1 record on *"])
    run(source, FROM).stdout.fnmatch_lines(["qchannel: 1 replay on *"])


def test_vcr_config_has_a_record_mode(run: Any, pytester: pytest.Pytester) -> None:
    conftest = """
        import pytest

        @pytest.fixture(scope="module")
        def vcr_config():
            return {"record_mode": "once"}
    """
    run(REST, FROM, conftest=conftest).stdout.fnmatch_lines(["qchannel: 1 record on *"])
    run(REST, FROM, conftest=conftest).stdout.fnmatch_lines(["qchannel: 1 replay on *"])


def test_recording_live_by_record_mode_is_refused(run: Any) -> None:
    result = run(REST, "--record-mode=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*UsageProblem: recording needs a source, and nobody named one: emulator, or live*",
            "*next: *pytest *test_it.py::test_a* --record-mode=once "
            "--qchannel-record-from=emulator",
        ]
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("emulated", "once"),
        ("replay", "rewrite"),
        ("record", "none"),
        ("record", "once"),
    ],
)
def test_settings_that_contradict_each_other_are_a_usage_error(
    run: Any, ours: str, theirs: str
) -> None:
    result = run(REST, f"--qchannel-mode={ours}", f"--record-mode={theirs}", FROM)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: mode={ours} and the record mode '{theirs}' contradict each other",
            "*where: test_it.py::test_a*, mode from --qchannel-mode, "
            "record mode from --record-mode",
            f"*next: *pytest *--qchannel-mode={ours}*, or *--record-mode={theirs}*",
        ]
    )


def test_a_contradiction_with_the_ini_file_names_its_key(
    run: Any, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\naddopts = --record-mode=none\n")
    result = run(REST, "--qchannel-mode=record", FROM)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*where: *, mode from --qchannel-mode, record mode from --record-mode in addopts",
            "*next: *take one of the two away: mode=record of --qchannel-mode, "
            "or the record mode 'none' of --record-mode in addopts",
        ]
    )


def test_disabled_recording_is_a_usage_error(run: Any) -> None:
    result = run(REST, "--disable-recording")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --disable-recording is given, and this test replays *"])


def test_the_fixture_vcr_is_there(run: Any, pytester: pytest.Pytester) -> None:
    source = REST.replace("qchannel_rest):", "qchannel_rest, vcr):")
    source += "        assert {condition}\n"
    recorded(run, pytester, source.format(condition="len(vcr) == 0"))
    run(source.format(condition="len(vcr) == 2 == vcr.play_count - 1")).assert_outcomes(passed=1)


def test_filters_of_a_suite_do_no_harm(run: Any, pytester: pytest.Pytester) -> None:
    conftest = """
        import pytest

        @pytest.fixture(scope="module")
        def vcr_config():
            return {
                "filter_headers": ["authorization", "x-access-token"],
                "match_on": ["method", "scheme", "host", "port", "path", "query", "body"],
                "decode_compressed_response": True,
            }
    """
    run(REST, "--qchannel-mode=record", FROM, conftest=conftest).assert_outcomes(passed=1)
    run(REST, conftest=conftest).assert_outcomes(passed=1)


def test_what_a_filter_took_from_a_recording_is_not_missed_in_the_replay(run: Any) -> None:
    """The replay said that the header and the query differ which ``vcr_config`` filters."""
    conftest = """
        import pytest

        @pytest.fixture(scope="module")
        def vcr_config():
            return {"filter_headers": ["Service-CRN"], "filter_query_parameters": ["limit"]}
    """
    source = REST.replace('"/jobs"', '"/jobs?limit=3"')
    run(source, "--qchannel-mode=record", FROM, conftest=conftest).assert_outcomes(passed=1)
    run(source, conftest=conftest).assert_outcomes(passed=1)


def test_a_filter_that_leaves_everything_out_is_named(run: Any) -> None:
    """The refusal said that the test had sent nothing."""
    conftest = """
        import pytest

        @pytest.fixture(scope="module")
        def vcr_config():
            return {"before_record_request": lambda request: None}
    """
    result = run(REST, "--qchannel-mode=record", FROM, conftest=conftest)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*RecordingRefused: nothing was recorded: filters left out every request, * in all"]
    )


def test_a_host_that_is_ignored_is_not_looked_for_in_the_emulator(run: Any) -> None:
    """The replay advised to let the emulator answer, through another door."""
    source = REST.replace("mark.vcr", 'mark.vcr(ignore_hosts=["quantum.cloud.ibm.com"])')
    run(source, "--qchannel-mode=record", FROM).assert_outcomes(passed=1)
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkBlocked: a test in the replay lane reached for *"])
    result.stdout.fnmatch_lines(["*next: *take filters of vcr_config and of the marker vcr away*"])


def test_a_test_with_vcr_and_without_us_is_left_alone(run: Any, pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.mark.vcr
        def test_plain(vcr):
            assert type(vcr).__module__ == "vcr.cassette"
    """
    run(source).assert_outcomes(passed=1)
    run(source, "--qchannel-mode=record", FROM, "--record-mode=none").assert_outcomes(passed=1)


def test_block_network_does_not_block_the_lanes(run: Any, pytester: pytest.Pytester) -> None:
    source = REST.replace(
        "@pytest.mark.vcr\n", "@pytest.mark.vcr\n    @pytest.mark.block_network\n"
    )
    recorded(run, pytester, source)
    run(source).assert_outcomes(passed=1)
    run(REST, "--block-network").assert_outcomes(passed=1)
