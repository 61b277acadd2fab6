"""What a failure's report leaves out."""

from __future__ import annotations

from types import SimpleNamespace, TracebackType
from typing import Any, cast

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes import worlds
from pytest_qchannel.plugin.frames import leave_out
from pytest_qchannel.settings import resolve


def test_an_error_where_python_knows_no_line_is_shown(request: pytest.FixtureRequest) -> None:
    """INTERNALERROR: a signal's handler, as pytest-timeout's, raised between two lines."""
    with pytest.raises(UsageProblem) as caught:
        worlds.world_of(resolve({"world": "/nowhere.toml"}, {}, {}, {}))
    first = caught.tb
    nowhere = TracebackType(first, first.tb_frame, 1_000_000, -1)
    assert cast("Any", nowhere).tb_lineno is None
    call = SimpleNamespace(
        excinfo=pytest.ExceptionInfo.from_exception(caught.value.with_traceback(nowhere))
    )
    assert leave_out(request.node, cast("Any", call))
    shown = call.excinfo.tb
    assert shown.tb_lineno == first.tb_frame.f_code.co_firstlineno
