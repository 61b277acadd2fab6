"""Writes what a collection knows of cassettes to a file: ``qchannel cassettes prune`` asks so.

No file is written where the plugin itself is not loaded. IBM's hosts are shut before the first
conftest.py is imported: nobody needs a service to list cassettes, and a key would go there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_qchannel.cassette.disk.unused_list import (
    EVERYWHERE_COMMAND,
    VARIABLE,
    UnusedList,
    note_refusal,
    write_list,
)
from pytest_qchannel.hosts import is_ibm_host
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.plugin.everywhere import EVERYWHERE
from pytest_qchannel.plugin.session_settings import session_settings
from pytest_qchannel.plugin.unused_watch import WATCH, UnusedWatch

_FAILED = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Shuts IBM's hosts; in everywhere mode the emulator answers for them."""
    target = Path(os.environ[VARIABLE])
    guard = NetworkGuard("the collection of tests", (), lambda _: note_refusal(target))
    guard.who, guard.lane = "what is imported with the tests", ""
    guard.ibm_advice = f"have the emulator answer: {EVERYWHERE_COMMAND}"
    guard.refuses = lambda host: is_ibm_host(host) and EVERYWHERE not in early_config.stash
    guard.close_network()
    early_config.add_cleanup(guard.reopen)


def pytest_configure(config: pytest.Config) -> None:
    """Begins the list of what could not be collected."""
    config.pluginmanager.register(_Failures(config), "qchannel-unused-list")


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
        watch = UnusedWatch(config, session_settings(config))
    told: UnusedList = {
        "folder": str(watch.folder),
        "base": str(watch.base),
        "failed": config.stash[_FAILED],
        "unused": [one._asdict() for one in watch.found()],
    }
    write_list(Path(target), told)
