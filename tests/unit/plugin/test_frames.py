"""What a failure's report leaves out."""

from __future__ import annotations

from types import CodeType, FunctionType, SimpleNamespace
from typing import Any, cast

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes import worlds
from pytest_qchannel.plugin.frames import leave_out
from pytest_qchannel.settings import resolve


def _ask() -> None:
    worlds.world_of(resolve({"world": "/nowhere.toml"}, {}, {}, {}))


def _without_lines(code: CodeType) -> CodeType:
    """The same code, of which Python knows no line: each entry of its table is for 8 units."""
    whole, rest = divmod(len(code.co_code) // 2, 8)
    entries = [*[8] * whole, *([rest] if rest else [])]
    return code.replace(co_linetable=bytes(0x80 | 15 << 3 | units - 1 for units in entries))


def test_an_error_where_python_knows_no_line_is_shown(request: pytest.FixtureRequest) -> None:
    """INTERNALERROR: a signal's handler, as pytest-timeout's, raised between two lines."""
    asking = FunctionType(_without_lines(_ask.__code__), globals())
    with pytest.raises(UsageProblem) as caught:
        asking()
    assert cast("Any", caught.tb.tb_next).tb_lineno is None
    call = SimpleNamespace(excinfo=caught)
    assert leave_out(request.node, cast("Any", call))
    kept = call.excinfo.tb.tb_next
    assert kept.tb_lineno == _ask.__code__.co_firstlineno
    assert kept.tb_next is None
