"""Which tests are in the lane of the whole run, in everywhere mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_qchannel.plugin import selection, taping
from pytest_qchannel.plugin.keys import WHOLE_RUN
from pytest_qchannel.plugin.sharing import unit_of
from pytest_qchannel.settings import Mode

if TYPE_CHECKING:
    from pytest_qchannel.lanes.lane import Lane

__all__ = ["is_left_to_others", "whole_of"]


def whole_of(item: pytest.Item) -> Lane | None:
    """The lane of the whole run, for a test that has none with a cassette of its own in it."""
    whole = item.config.stash.get(WHOLE_RUN, None)
    if whole is None or not taping.has_lane(item):
        return whole
    unit = unit_of(item)
    settings = selection.settings_for(item.config, item) if unit is None else unit.settings()
    if selection.is_of_whole(item.config, settings):
        return whole
    has_tape = taping.plan_of(item)[0].has_tape if unit is None else unit.has_tape
    return None if has_tape else whole


def is_left_to_others(item: pytest.Item, whole: Lane) -> bool:
    """Whether pytest-recording has a cassette for a test that uses none of our fixtures."""
    if whole.mode is not Mode.EMULATED or taping.has_lane(item):
        return False
    is_auto = selection.settings_for(item.config, item).mode is Mode.AUTO
    is_off = getattr(item.config.option, "disable_recording", False)
    return is_auto and not is_off and item.get_closest_marker("vcr") is not None
