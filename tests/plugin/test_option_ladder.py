"""Command line > marker > environment > ini > default, and what the header says of the origin."""

from __future__ import annotations

from typing import Any

import pytest

SEED_TEST = """
    import pytest

    {marker}
    def test_a(qchannel):
        print("seed", qchannel.settings.seed, "from", qchannel.settings.origin["seed"])
"""
CHANNEL_TEST = """
    import pytest

    {marker}
    def test_a(qchannel):
        print("channel", qchannel.channel)
"""
LINE, MARKER, ENVIRONMENT, INI = "line", "marker", "environment", "ini"
RUNGS = [
    pytest.param({LINE, MARKER, ENVIRONMENT, INI}, id="all"),
    pytest.param({MARKER, ENVIRONMENT, INI}, id="marker"),
    pytest.param({ENVIRONMENT, INI}, id="environment"),
    pytest.param({INI}, id="ini"),
    pytest.param(set(), id="default"),
]


@pytest.mark.parametrize("given", RUNGS)
def test_the_ladder_of_the_seed(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, given: set[str]
) -> None:
    if ENVIRONMENT in given:
        monkeypatch.setenv("QCHANNEL_SEED", "3")
    if INI in given:
        pytester.makeini("[pytest]\nqchannel_seed = 4")
    marker = "@pytest.mark.qchannel(seed=2)" if MARKER in given else ""
    line = ("--qchannel-seed=1",) if LINE in given else ()
    test_sees, header_says = {
        4: ("1 from --qchannel-seed", "1 (from --qchannel-seed)"),
        3: ("2 from the qchannel marker", "3 (from QCHANNEL_SEED)"),
        2: ("3 from QCHANNEL_SEED", "3 (from QCHANNEL_SEED)"),
        1: ("4 from qchannel_seed in tox.ini", "4 (from qchannel_seed in tox.ini)"),
        0: ("0 from default", "0 (default)"),
    }[len(given)]

    result = run(SEED_TEST.format(marker=marker), "-s", *line)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"qchannel: *, seed={header_says}", f"*seed {test_sees}"])


@pytest.mark.parametrize("given", RUNGS[1:])
def test_the_ladder_of_the_channel(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, given: set[str]
) -> None:
    from pytest_qchannel.channels.client import default_channel

    if ENVIRONMENT in given:
        monkeypatch.setenv("QCHANNEL_CHANNEL", "ibm_cloud")
    if INI in given:
        pytester.makeini("[pytest]\nqchannel_channel = ibm_quantum_platform")
    marker = "@pytest.mark.qchannel('ibm_quantum')" if MARKER in given else ""
    test_sees, header_says = {
        3: ("ibm_quantum", "ibm_cloud (from QCHANNEL_CHANNEL)"),
        2: ("ibm_cloud", "ibm_cloud (from QCHANNEL_CHANNEL)"),
        1: ("ibm_quantum_platform", "ibm_quantum_platform (from qchannel_channel in tox.ini)"),
        0: (default_channel().name, "auto (default)"),
    }[len(given)]

    result = run(CHANNEL_TEST.format(marker=marker), "-s")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"qchannel: *, channel={header_says}, *", f"test_it.py channel {test_sees}"]
    )


def test_the_command_line_beats_the_environment_for_the_channel(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCHANNEL_CHANNEL", "ibm_cloud")
    result = run(CHANNEL_TEST.format(marker=""), "-s", "--qchannel-channel=ibm_quantum")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "qchannel: *channel=ibm_quantum (from --qchannel-channel)*",
            "test_it.py channel ibm_quantum",
        ]
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("QCHANNEL_SEED", "seven", "ERROR: QCHANNEL_SEED: 'seven' is no seed"),
        ("QCHANNEL_CHANNEL", "ibm_cloudy", "ERROR: QCHANNEL_CHANNEL: 'ibm_cloudy' is no channel"),
        ("QCHANNEL_MODE", "life", "ERROR: QCHANNEL_MODE: 'life' is no mode"),
    ],
)
def test_a_bad_value_in_a_variable_names_the_variable(
    run: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("def test_a(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_a_bad_value_in_the_ini_file_names_the_key(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nqchannel_seed = x")
    result = run("def test_a(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: qchannel_seed in tox.ini: 'x' is no seed"])


def test_a_bad_value_below_a_good_one_does_not_matter(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCHANNEL_SEED", "x")
    result = run("def test_a(): pass", "--qchannel-seed=1")
    result.assert_outcomes(passed=1)
