"""Writes what a collection knows of cassettes to a file: ``qchannel cassettes prune`` asks so.

No file is written where the plugin itself is not loaded.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.unused_list import VARIABLE, UnusedList, write_list
from pytest_qchannel.plugin.orphan_watch import WATCH, OrphanWatch
from pytest_qchannel.plugin.session_settings import session_settings

_FAILED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begins the list of what could not be collected."""
    config.pluginmanager.register(_Failures(config), "qchannel-orphan-list")


class _Failures:
    def __init__(self, config: pytest.Config) -> None:
        self._failed = config.stash.setdefault(_FAILED, [])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid or "the session")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the file."""
    config, target = session.config, os.environ.get(VARIABLE)
    if not target or not hasattr(config.option, "qchannel_mode"):
        return
    watch = config.stash.get(WATCH, None)
    if watch is None:  # there is no folder
        watch = OrphanWatch(config, session_settings(config))
    told: UnusedList = {
        "folder": str(watch.folder),
        "base": str(watch.base),
        "failed": config.stash[_FAILED],
        "orphans": [{"path": one.path, "test": one.test, "why": one.why} for one in watch.found()],
    }
    write_list(Path(target), told)
