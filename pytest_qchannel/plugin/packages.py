"""The scope ``package``: pytest's fixtures of that scope live for the package that defines them.

Those of a plugin would live for the whole run. So each package gets the family of fixtures, as if
its own ``conftest.py`` defined it.
"""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from pytest_qchannel.plugin.fixture_names import definitions
from pytest_qchannel.plugin.fixtures import fixtures
from pytest_qchannel.plugin.keys import LANE_FIXTURE

__all__ = ["Packages"]


class Packages:
    """Gives each package the fixtures, where no ``conftest.py`` says anything else."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Called before the tests of a package are looked for."""
        if not isinstance(collector, pytest.Package) or collector.nodeid in self._known:
            return
        known = definitions(LANE_FIXTURE, collector)
        if any(one.baseid and one.baseid not in self._known for one in known):
            return
        self._known.add(collector.nodeid)
        family = ModuleType(f"{collector.nodeid}: qchannel_scope=package")
        vars(family).update(fixtures(scope="package"))
        parse = collector.session._fixturemanager.parsefactories
        if "holder" in inspect.signature(parse).parameters:  # since pytest 9.1
            parse(holder=family, node=collector)
        else:
            parse(family, collector.nodeid)
