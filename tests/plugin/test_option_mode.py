"""``--qchannel-mode``: auto and emulated work; what does not exist yet is refused, not replaced."""

from __future__ import annotations

from typing import Any

import pytest

TEST = """
    def test_a(qchannel):
        assert qchannel.lane == "emulated"
        assert qchannel.settings.mode == "emulated"
"""


@pytest.mark.parametrize("mode", ["auto", "emulated"])
def test_auto_and_emulated_run_on_the_emulator(run: Any, mode: str) -> None:
    result = run(TEST, f"--qchannel-mode={mode}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: mode=emulated (from --qchannel-mode), *"])


@pytest.mark.parametrize("mode", ["replay", "record", "live"])
def test_modes_that_do_not_exist_yet_are_usage_errors(run: Any, mode: str) -> None:
    result = run(TEST, f"--qchannel-mode={mode}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --qchannel-mode: the mode '{mode}' is planned and does not exist yet",
            "  next: set it to auto or emulated",
        ]
    )
    result.stdout.no_fnmatch_line("*test_it.py*")


def test_mistyped_mode_names_the_nearest(run: Any) -> None:
    result = run(TEST, "--qchannel-mode=emulatd")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --qchannel-mode: 'emulatd' is no mode",
            "  closest: emulated",
            "  next:    set it to one of auto, emulated, replay, record, live",
        ]
    )


def test_help_lists_every_option_with_its_default(run: Any) -> None:
    result = run(TEST, "--help")
    result.stdout.fnmatch_lines(
        [
            "IBM Quantum channels (pytest-qchannel):",
            "*--qchannel-mode=MODE*",
            "*--qchannel-channel=NAMES*",
            "*--qchannel-seed=N*(default: 0)",
            "*--qchannel-allowed-hosts=HOSTS*",
        ]
    )
