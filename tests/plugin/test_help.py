"""What pytest says of us when it is asked, on a terminal of 80 columns."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.markers import USAGE
from pytest_qchannel.options import OPTIONS

COLUMNS = 80


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("--help", [f"{option.flag}=" for option in OPTIONS if not option.is_switch]),
        ("--markers", [f"@pytest.mark.{name}(" for name in USAGE]),
    ],
)
def test_it_fits_a_terminal(
    asked: str, names: list[str], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markers were one line each, of up to 385 characters, broken anywhere."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    parts = run("", asked).stdout.str().split("\n\n")
    ours = "\n".join(part for part in parts if any(name in part for name in names))
    assert [name for name in names if name not in ours] == []
    assert max(map(len, ours.splitlines())) <= COLUMNS
