"""The ids of what shares a lane and a cassette."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from pytest_qchannel.cassette import naming
from pytest_qchannel.rerun_command import words_of
from pytest_qchannel.units import node_of, scope_of, unit_id


@pytest.mark.parametrize(
    ("node", "scope", "name", "read", "words"),
    [
        ("t/test_a.py", "module", "t/test_a/_module.yaml", True, ["t/test_a.py"]),
        ("t/test_a.py::TestA", "class", "t/test_a/TestA._class.yaml", True, ["t/test_a.py::TestA"]),
        ("t/pkg", "package", "t/pkg/_package.yaml", False, ["t/pkg"]),
        ("", "session", "_session.yaml", False, []),
        ("t/hw", "session", "t/hw/_session.yaml", False, ["t/hw"]),
    ],
)
def test_a_unit_has_an_id_a_file_and_a_command(
    node: str, scope: str, name: str, read: bool, words: list[str]
) -> None:
    unit = unit_id(node, scope)
    assert (node_of(unit), scope_of(unit)) == (node, scope)
    assert naming.cassette_name(unit) == PurePosixPath(name)
    assert naming.test_id_of(PurePosixPath(name)) == (unit if read else None)
    assert words_of(unit) == words


def test_no_test_is_a_unit() -> None:
    for test in ("t/test_a.py::test_x", "t/test_a.py::TestA::test_module[_module]", "t/test_a.py"):
        assert scope_of(test) is None
        assert node_of(test) == test
