"""What pytest says of our options when it is asked, on a terminal of 80 columns."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.options import OPTIONS

COLUMNS = 80


def test_help_fits_a_terminal(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    said = run("", "--help").stdout.str()
    [ours] = [part for part in said.split("\n\n") if part.startswith("IBM Quantum channels")]
    assert [option.flag for option in OPTIONS if option.flag not in ours] == []
    assert max(map(len, ours.splitlines())) <= COLUMNS
    assert "(default: off)" in ours
    assert "(default: 0)\n  --qchannel-allowed-hosts" in ours, "the seed is a number"
