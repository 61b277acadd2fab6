"""The marker ``qchannel``: which channels a test runs on, its seed and mode, and typos refused."""

from __future__ import annotations

from typing import Any

import pytest

CLOUD_ONLY = """
    import pytest

    @pytest.mark.qchannel("ibm_cloud")
    def test_a(qchannel):
        assert qchannel.channel.name == "ibm_cloud"
"""


def test_the_marker_chooses_the_channel(run: Any) -> None:
    result = run(CLOUD_ONLY, "-v", "--strict-markers")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["test_it.py::test_a[[]ibm_cloud[]] PASSED*"])


def test_several_names_parametrize(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel("ibm_quantum", "ibm_cloud")
        def test_a(qchannel):
            pass
        """,
        "-v",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*test_a[[]ibm_quantum[]] PASSED*", "*test_a[[]ibm_cloud[]] PASS*"]
    )


def test_the_command_line_is_cut_down_to_the_marker(run: Any) -> None:
    result = run(CLOUD_ONLY, "-v", "--qchannel-channel=ibm_quantum,ibm_cloud")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*test_a[[]ibm_quantum[]]*")


def test_another_channel_on_the_command_line_skips_and_names_both(run: Any) -> None:
    result = run(CLOUD_ONLY, "-rs", "--qchannel-channel=ibm_quantum")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED*runs only on ibm_cloud (marker qchannel), asked for: ibm_quantum"]
    )


def test_a_test_that_asks_for_its_channel_at_run_time_is_skipped_too(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel("ibm_cloud")
        def test_a(request):
            request.getfixturevalue("qchannel")
        """,
        "-rs",
        "--qchannel-channel=ibm_quantum",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*runs only on ibm_cloud*asked for: ibm_quantum"])


def test_the_closest_marker_wins(run: Any) -> None:
    result = run(
        """
        import pytest

        pytestmark = pytest.mark.qchannel("ibm_quantum")

        def test_module(qchannel):
            pass

        @pytest.mark.qchannel("ibm_cloud")
        class TestClass:
            def test_class(self, qchannel):
                pass

            @pytest.mark.qchannel("ibm_quantum_platform")
            def test_function(self, qchannel):
                pass
        """,
        "-v",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "*::test_module[[]ibm_quantum[]] PASSED*",
            "*::test_class[[]ibm_cloud[]] PASSED*",
            "*::test_function[[]ibm_quantum_platform[]] PASSED*",
        ]
    )


REFUSED = [
    pytest.param(
        '"ibm_clod"',
        [
            "ERROR: marker qchannel: 'ibm_clod' is no channel",
            "  where:   test_it.py::test_a*",
            "  closest: ibm_cloud",
            "  next:    use one of ibm_quantum_platform, ibm_cloud, ibm_quantum",
        ],
        id="name",
    ),
    pytest.param(
        "sede=1",
        [
            "ERROR: marker qchannel: unknown argument 'sede', did you mean 'seed'[?]",
            "  where: test_it.py::test_a*",
            "  next:  write it as @pytest.mark.qchannel([*]names, instance=None, seed=None, "
            "mode=None, door=None, allow_unused=False)",
        ],
        id="argument",
    ),
    pytest.param("42", ["ERROR: marker qchannel: 42 is no channel"], id="number"),
    pytest.param('["ibm_cloud"]', ["ERROR: marker qchannel: * is no channel"], id="list"),
    pytest.param(
        "seed=-1",
        [
            "ERROR: the qchannel marker: '-1' is no seed",
            "  where: test_it.py::test_a*",
            "  next:  set it to a whole number, 0 or more",
        ],
        id="seed",
    ),
    pytest.param(
        'mode="live"',
        ["ERROR: marker qchannel: a marker alone makes nothing live"],
        id="mode",
    ),
]


@pytest.mark.parametrize("fixture", ["qchannel", "tmp_path"])
@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_wrong_arguments_are_usage_errors(
    run: Any, arguments: str, said: list[str], fixture: str
) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.qchannel({arguments})
        def test_a({fixture}):
            pass
        """
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(said)
    assert "passed" not in result.stdout.str()


def test_a_usage_error_in_an_xdist_worker_ends_the_run_with_our_words(
    run_apart: Any,
) -> None:
    """What the user saw: INTERNALERROR and an assertion of pytest-xdist's, none of our words.

    And pytest's warning of a marker that is a typo, as if there was nothing else to say of it.
    """
    result = run_apart(
        """
        import pytest

        @pytest.mark.live_qpu(max_qpu_second=1)
        def test_a():
            pass

        @pytest.mark.qchanel
        def test_b():
            pass
        """,
        "-n",
        "2",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: marker live_qpu: unknown argument 'max_qpu_second', "
            "did you mean 'max_qpu_seconds'[?]",
            "  where: test_it.py::test_a*",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert "passed" not in result.stdout.str()
    assert "warning" not in result.stdout.str()
