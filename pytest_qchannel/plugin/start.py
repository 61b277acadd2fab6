"""The start of a run where something of ours is set, or there is a folder of cassettes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.plugin import (
    everywhere,
    live_variables,
    session_settings,
    unused_watch,
    workers,
)
from pytest_qchannel.plugin.early_config import EarlyConfig
from pytest_qchannel.plugin.keys import HEADER, PAGES, REPORTS
from pytest_qchannel.plugin.packages import Packages
from pytest_qchannel.settings import Settings, check_arguments

__all__ = ["begin"]


def begin(config: pytest.Config, args: list[str] | None) -> None:
    """Begins what is set.

    Args:
        config: The run's.
        args: The command line, before any conftest.py is loaded; ``None`` after that.

    Raises:
        UsageProblem: An option or a setting is wrong.
    """
    if args is None:
        _begin(config)
    else:
        _begin_early(config, args)


def _begin_early(config: pytest.Config, args: list[str]) -> None:
    """Refuses mistyped options before pytest does; puts the process on the emulator, if asked.

    In a live run no conftest.py finds a real credential in the environment.

    Raises:
        UsageProblem: An option or a setting is wrong.
    """
    check_arguments(args)
    everywhere.begin(config)
    with suppress(UsageProblem):  # which the run is going to end with
        if session_settings.resolved(EarlyConfig(config), {}).is_live:
            live_variables.take_early(config)


def _begin(config: pytest.Config) -> None:
    """Checks the settings once, and begins what they ask for.

    Raises:
        UsageProblem: A setting is wrong.
    """
    settings = session_settings.session_settings(config)
    everywhere.begin(config)  # too late for a conftest.py that loads this plugin itself
    told: list[str] = []
    if settings.is_live:
        from pytest_qchannel.plugin import live  # here: few runs are

        told = live.begin(config, settings)
    unused_watch.begin(config, settings)
    workers.begin(config)
    if settings.report:
        config.stash[REPORTS] = [_file(config, settings, "report", one) for one in settings.report]
        config.pluginmanager.import_plugin("pytest_qchannel.plugin.record.details")
    if settings.summary is not None:
        page = _file(config, settings, "summary", str(settings.summary))
        config.stash[PAGES] = [(page, "w")]
    if settings.scope == "package":
        config.pluginmanager.register(Packages())
    lines = config.stash[HEADER] = [session_settings.header(settings), *told]
    if whole := config.stash.get(everywhere.EVERYWHERE, None):
        lines.append(whole.header())


def _file(config: pytest.Config, settings: Settings, name: str, path: str) -> Path:
    """The file that is to be written at the end of a run.

    Raises:
        UsageProblem: It cannot be written there.
    """
    file = session_settings.file_of(config, settings, name, path)
    if file.is_dir():
        raise UsageProblem(
            f"{settings.origin[name]}: {path} is a folder",
            next=f"name a file in it: {Path(path) / 'qchannel'}{file.suffix or '.md'}",
        )
    return file
