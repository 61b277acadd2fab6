"""What a run is told of its mistakes by tests that need not use us; most runs make none.

Errors of others, and what their test doubles put into them, may raise wherever they are looked at:
a hint is left out then, for no hint is worth a run.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

import pytest

from pytest_qchannel.plugin import at_import, forgotten, unknown_markers

__all__ = ["Hints"]

_Given = ParamSpec("_Given")


def _harmless(hint: Callable[_Given, None]) -> Callable[_Given, None]:
    @functools.wraps(hint)
    def give(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
        with suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):
            hint(*args, **kwargs)

    return give


def _collection_failed(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    unknown_markers.name_nearest(collector.config, report)
    at_import.tell_of_module(collector, report)


class Hints:
    """One for each hook that can tell."""

    test_failed = staticmethod(_harmless(forgotten.tell))
    collection_failed = staticmethod(_harmless(_collection_failed))
    conftest_failed = staticmethod(_harmless(at_import.tell_of_conftest))
    run_ends = staticmethod(_harmless(unknown_markers.leave_out))
