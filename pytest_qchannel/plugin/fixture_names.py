"""Fixtures as pytest knows them, and what a person calls them."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from pytest_qchannel.errors import nearest
from pytest_qchannel.options import CHANNELS, is_meant
from pytest_qchannel.plugin.keys import LANE_FIXTURE

__all__ = [
    "IN_LANE",
    "definitions",
    "mismatch_of",
    "name_nearest",
    "name_of",
    "short_name_of",
    "way_into_lane",
]

IN_LANE: Final = "let it ask for the fixture qchannel: it is in the lane then"
"""What a fixture of a person's own can do to be set up in the lane."""

_MISMATCH: Final = re.compile(
    r"ScopeMismatch: .* the (\w+) scoped fixture (\w+) with an? (\w+) scoped"
)

_NOT_FOUND: Final = re.compile(r"(fixture '(.*)' not found)(\n *available fixtures: )(.*)")
_PRIVATE: Final = "_qchannel_"

_XUNIT: Final = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture")


def definitions(name: str, node: pytest.Item | pytest.Collector) -> list[pytest.FixtureDef[object]]:
    """The definitions of a fixture that hold somewhere, the nearest last."""
    at: Any = node if pytest.version_tuple >= (8, 1) else node.nodeid
    return list(node.session._fixturemanager.getfixturedefs(name, at) or ())


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


def way_into_lane(fixturedef: pytest.FixtureDef[object]) -> str:
    """What to do to have a fixture in the lane; ``setUpClass`` and the like can ask for nothing."""
    xunit = _XUNIT.match(fixturedef.argname)
    if xunit is None:
        return IN_LANE
    is_of_module = xunit[1] in ("setup_module", "setup_function")
    mark = (
        "write pytestmark = pytest.mark.qchannel into its module"
        if is_of_module
        else "mark its class with @pytest.mark.qchannel"
    )
    return f"{mark}: the lane is open before it then"


def mismatch_of(error: object, item: pytest.Item) -> str | None:
    """What to do where a fixture lives longer than the one of ours that it asks for."""
    found = _MISMATCH.match(str(error))
    if found is None:
        return None
    scope, name, wider = found.groups()
    known = definitions(name, item)
    if not known or not (LANE_FIXTURE in known[-1].argnames or name.startswith("qchannel")):
        return None
    return (
        f"qchannel: {name} is {scope}-scoped\n"
        f"  next: have the fixtures live as long: qchannel_scope = {wider} in the ini file, or in "
        f'the module or conftest.py: globals().update(fixtures(scope="{wider}")), after '
        "from pytest_qchannel import fixtures"
    )


def name_nearest(report: pytest.TestReport) -> None:
    """Says which fixture of ours was meant, where there is none of that name.

    pytest's list of what there is begins with our private ones, which are for nobody.
    """
    found = _NOT_FOUND.match(getattr(report.longrepr, "errorstring", ""))
    if found is None:
        return
    headline, asked, title, listed = found.groups()
    names = [one for one in listed.split(", ") if not one.startswith(_PRIVATE)]
    rests = {
        one.removeprefix("qchannel").lstrip("_") for one in names if one.startswith("qchannel")
    }
    is_ours = asked.startswith("qchannel") or is_meant(asked, rests)
    closest = nearest(asked, names, likeness=0.5 if asked.startswith("qchannel") else 0.8) or ""
    is_told = closest.startswith(("qchannel", *CHANNELS) if is_ours else CHANNELS)
    told = f"\n closest: {closest}" if is_told else ""
    shown: Any = report.longrepr
    shown.errorstring = f"{headline}{told}{title}{', '.join(names)}{found.string[found.end() :]}"
