"""``--qchannel-channel``: tests that use a channel run once per channel, named in their ids."""

from __future__ import annotations

from typing import Any

import pytest

TEST = """
    def test_a(qchannel):
        print("ran on", qchannel.channel.name)

    def test_b(qchannel_emulator):
        pass
"""


def test_one_channel_is_in_the_test_id(run: Any) -> None:
    result = run(TEST, "-v", "--qchannel-channel=ibm_cloud")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["test_it.py::test_a[[]ibm_cloud[]] PASSED*", "test_it.py::test_b PASSED*"]
    )
    result.stdout.fnmatch_lines(["qchannel: 1 emulated, 1 emulated on ibm_cloud"])


def test_a_list_parametrizes_in_the_order_given(run: Any) -> None:
    result = run(TEST, "-v", "-s", "--qchannel-channel=ibm_quantum, ibm_cloud")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_a[[]ibm_quantum[]] ran on ibm_quantum",
            "test_it.py::test_a[[]ibm_cloud[]] ran on ibm_cloud",
        ]
    )


def test_a_channel_named_twice_runs_once(run: Any) -> None:
    result = run(TEST, "--qchannel-channel=ibm_cloud,ibm_cloud", "-k", "test_a")
    result.assert_outcomes(passed=1, deselected=1)


def test_without_the_option_the_default_of_the_client_is_taken(run: Any) -> None:
    from pytest_qchannel.channels.client import default_channel

    result = run(TEST, "-v", "-k", "test_a")
    result.stdout.fnmatch_lines([f"test_it.py::test_a[[]{default_channel()}[]] PASSED*"])


def test_the_channel_combines_with_parameters_of_the_test(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.parametrize("n", [1, 2])
        def test_a(qchannel, n):
            pass
        """,
        "-v",
        "--qchannel-channel=ibm_cloud,ibm_quantum",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*test_a[[]ibm_quantum-2[]] PASSED*"])


@pytest.mark.parametrize(
    ("value", "headline", "closest"),
    [
        ("ibm_clod", "'ibm_clod' is no channel", "ibm_cloud"),
        ("ibm_cloud,ibm_quantm", "'ibm_quantm' is no channel", "ibm_quantum"),
        ("IBM_CLOUD,", "'IBM_CLOUD' is no channel", None),
        ("", "'' is no channel", None),
    ],
)
def test_mistyped_channel_names_the_nearest(
    run: Any, value: str, headline: str, closest: str | None
) -> None:
    result = run(TEST, f"--qchannel-channel={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = [f"ERROR: --qchannel-channel: {headline}"]
    if closest:
        expected.append(f"  closest: {closest}")
    expected.append("  next:*set it to one of ibm_quantum_platform, ibm_cloud, ibm_quantum")
    result.stderr.fnmatch_lines(expected)
