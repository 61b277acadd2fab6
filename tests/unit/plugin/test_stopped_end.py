"""What is said of a recording that a stopped run leaves behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.plugin.stopped import _end


@pytest.mark.parametrize("source", ["emulator", "live"])
def test_the_command_records_from_where_it_was_recorded(source: str) -> None:
    """It was always the emulator: pasted, made-up answers took the place of real ones."""
    tape: Any = SimpleNamespace(
        source=source, place=SimpleNamespace(path="a.yaml"), finish=lambda **_: {"did": "dropped"}
    )
    done = _end(tape, "test_it.py::test_a")
    assert done["next"].split()[-1] == f"--qchannel-record-from={source}"
    assert done["did"] == "dropped"
