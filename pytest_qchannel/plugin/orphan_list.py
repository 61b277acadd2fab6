"""Writes what a collection knows of cassettes to a file: ``qchannel cassettes prune`` asks so.

``pytest --collect-only -p pytest_qchannel.plugin.orphan_list`` with the file in the variable
``PYTEST_QCHANNEL_ORPHANS``. No file is written where the plugin itself is not loaded.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import pytest

from pytest_qchannel.plugin.orphan_watch import WATCH

__all__ = ["VARIABLE"]

VARIABLE: Final = "PYTEST_QCHANNEL_ORPHANS"

_FAILED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begins the list of what could not be collected."""
    config.pluginmanager.register(_Failures(config), "qchannel-orphan-list")


class _Failures:
    def __init__(self, config: pytest.Config) -> None:
        self._failed = config.stash[_FAILED] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid or "the session")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the file."""
    watch = session.config.stash.get(WATCH, None)
    target = os.environ.get(VARIABLE)
    if watch is None or not target:
        return
    document = {
        "folder": str(watch.folder),
        "base": str(watch.base),
        "failed": session.config.stash[_FAILED],
        "orphans": [one._asdict() for one in watch.found()],
    }
    Path(target).write_text(json.dumps(document), encoding="utf-8")
