"""The world that a setting names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.worlds import world_of
from pytest_qchannel.settings import resolve


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_path_in_quotes_is_told_with_the_setting(
    quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ini file has no quotes: they were a part of the path, and nothing said who named it."""
    monkeypatch.chdir(tmp_path)
    Path("world.toml").touch()
    settings = resolve({}, {}, {}, {"world": f"{quote}world.toml{quote}"})
    with pytest.raises(UsageProblem, match="the world file cannot be read: ") as caught:
        world_of(settings)
    assert caught.value.where == f"{quote}world.toml{quote}"
    assert caught.value.closest == "world.toml, without the quotes"
    assert caught.value.facts == (("named by", "qchannel_world in the ini file"),)
