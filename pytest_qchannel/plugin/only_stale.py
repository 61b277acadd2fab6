"""Recording only what is stale: a test is replayed, and recorded if its cassette does not fit it.

Whether a cassette fits is known when the test is over, so such a test runs twice; the first time
is not reported. So it is with one that fails where another plugin runs failed tests again: how
often, and what is told of it, is that plugin's.
"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol  # as others who run a test twice: pytest has no hook

from pytest_qchannel.plugin import taping
from pytest_qchannel.plugin.keys import FOUND, HAS_MISSED, REFUSED
from pytest_qchannel.plugin.sharing import unit_of
from pytest_qchannel.settings import Mode

__all__ = ["OnlyStale"]


class OnlyStale:
    """Runs the tests of a run that records only what is stale."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> object:
        """Runs a test, and once more if it missed something in its cassette."""
        if not taping.has_lane(item) or unit_of(item) is not None:
            return None
        plan, settings = taping.plan_of(item)
        if plan.mode is not Mode.RECORD or not settings.only_stale:
            return None
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        is_red = any(report.failed for report in reports)
        if item.stash.get(HAS_MISSED, False) or (is_red and self._is_run_by_others(item)):
            item.stash[FOUND] = []
            if REFUSED in item.stash:
                del item.stash[REFUSED]
            return None  # as every test is run, by whoever runs them again where they fail
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _is_run_by_others(self, item: pytest.Item) -> bool:
        """Whether another plugin may run a test more than once, as pytest-rerunfailures."""
        return any(
            not (one.hookwrapper or one.wrapper or one.plugin is self)
            and not one.plugin_name.startswith("runner")
            for one in item.ihook.pytest_runtest_protocol.get_hookimpls()
        )
