"""The file that configures pytest, as pytest reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.ini_file import found_from, problem_in, values_in


@pytest.mark.parametrize("table", ["pytest", "tool.pytest", "tool.pytest.ini_options"])
def test_a_file_of_any_name_may_say_it_in_each_table(table: str, tmp_path: Path) -> None:
    """``pytest -c my.toml`` with a table ``[pytest]`` was read as if it said nothing."""
    file = tmp_path / "my.toml"
    file.write_text(f'[{table}]\nqchannel_seed = "3"\n')
    assert values_in(file) == {"qchannel_seed": "3"}
    assert problem_in(file) is None


def test_no_file_behind_one_that_cannot_be_read_is_taken(tmp_path: Path) -> None:
    """Pytest ends with an error there, and looks no further."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nqchannel_seed = 1\nqchannel_seed = 2\n")
    (tmp_path / "tox.ini").write_text("[pytest]\nqchannel_seed = 3\n")
    assert list(found_from(tmp_path)) == [(tmp_path / "pytest.ini", {})]
    assert problem_in(tmp_path / "pytest.ini") == "3: duplicate name 'qchannel_seed'"
