"""How fixtures read in ``pytest --fixtures`` and in an editor."""

from __future__ import annotations

import ast
from pathlib import Path

from pytest_qchannel.plugin.fixtures import _FAMILY

OFFERED = [one for one in _FAMILY if not one.__name__.startswith("_")]
TYPED = Path(__file__).parents[2] / "typing" / "api.py"
COLUMNS = 80
INDENT = 4


def test_what_pytest_says_of_a_fixture_fits_a_terminal() -> None:
    """Five of them were broken in the middle of a word, at 80 columns."""
    for one in OFFERED:
        lines = (one.__doc__ or "").splitlines()
        assert lines, one.__name__
        assert max(map(len, lines)) <= COLUMNS - INDENT, one.__name__


def test_each_fixture_has_a_type_that_is_checked() -> None:
    tree = ast.parse(TYPED.read_text(encoding="utf-8"))
    typed = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation}
    assert {one.__name__ for one in OFFERED if one.__name__.startswith("qchannel")} <= typed
