"""What each run of everybody loads is not rewritten by pytest."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from tests.unit.test_architecture import AT_START


@pytest.mark.parametrize("name", sorted(AT_START))
def test_pytest_need_not_rewrite_what_is_loaded_at_start(name: str) -> None:
    """Where no bytecode is written it did so in every run of everybody, for no assertion."""
    source = Path(importlib.import_module(name).__file__ or "").read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert "PYTEST_DONT_REWRITE" in (ast.get_docstring(tree) or "")
    assert not any(isinstance(one, ast.Assert) for one in ast.walk(tree))
