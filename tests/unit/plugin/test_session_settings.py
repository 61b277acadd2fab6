"""What the settings of a run say of tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.plugin.session_settings import id_of


@pytest.mark.parametrize(
    ("root", "node", "test"),
    [
        ("a", "test_a.py::test_x", "test_a.py::test_x"),
        ("a/tests", "test_a.py::test_x", "tests/test_a.py::test_x"),
        ("a", ".ci/test_a.py::test_x", ".ci/test_a.py::test_x"),
        ("a", ".", ""),
        ("b", "test_a.py::test_x", "test_a.py::test_x"),
    ],
)
def test_an_id_is_the_path_from_the_base_on(root: str, node: str, test: str) -> None:
    """Of a test in a hidden folder the user saw another one's: prune took its cassette away."""
    start = SimpleNamespace(dir=Path("/a"))
    config: Any = SimpleNamespace(inipath=None, rootpath=Path("/", root), invocation_params=start)
    assert id_of(config, node) == test
