"""``--qchannel-mode``: what each mode does is in the tests of the lanes; here are its words."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.settings import Mode

TEST = """
    def test_a(qchannel):
        assert qchannel.lane == "emulated"
        assert qchannel.settings.mode == "emulated"
"""


@pytest.mark.parametrize("mode", ["auto", "emulated"])
def test_auto_and_emulated_run_on_the_emulator(run: Any, mode: str) -> None:
    result = run(TEST, f"--qchannel-mode={mode}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"qchannel: *, mode={mode} (from --qchannel-mode), *"])


def test_live_without_any_credential_is_a_usage_error(run: Any) -> None:
    result = run(TEST, "--qchannel-mode=live")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the live lane has no credential of any channel",
            "  where: mode=live (--qchannel-mode)",
            "  next:  set QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN or *--qchannel-secrets=FILE",
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
            f"  next:    set it to one of {', '.join(Mode)}",
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
            "*--qchannel-record-from=SOURCE*",
        ]
    )
