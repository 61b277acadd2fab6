"""What a person calls a fixture."""

from __future__ import annotations

import re
from typing import Final

import pytest

__all__ = ["name_of", "short_name_of"]

_XUNIT: Final = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture")


def name_of(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> str:
    """A fixture with the part of the run that it is set up for."""
    node = request.node.nodeid or "the session"
    if xunit := _XUNIT.match(fixturedef.argname):
        return f"{xunit[1]} of {node}"
    return f"the {fixturedef.scope} fixture {fixturedef.argname!r} of {node}"


def short_name_of(fixturedef: pytest.FixtureDef[object]) -> str:
    """A fixture of a test: ``setup_method`` is one for pytest, too."""
    xunit = _XUNIT.match(fixturedef.argname)
    return xunit[1] if xunit else f"the fixture {fixturedef.argname!r}"
