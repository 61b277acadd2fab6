"""The hint for a conftest.py or a test module that wants an account while it is imported.

No fixture is there so early, and no marker counts: the hints of :mod:`.forgotten` do not help.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.plugin import command_line, forgotten, session_settings
from pytest_qchannel.plugin.before_tests import IN_FIXTURE, NEXT_LIVE
from pytest_qchannel.plugin.early_config import EarlyConfig
from pytest_qchannel.plugin.keys import WHOLE_RUN

__all__ = ["tell_of_conftest", "tell_of_module"]


def tell_of_conftest(config: pytest.Config, error: BaseException) -> None:
    """Adds the hint to the error that a conftest.py ended with before anything was collected.

    Args:
        config: The run's.
        error: What pytest makes of it.
    """
    own, file = _origin(error)
    if file is not None and (said := _hint(config, file, own)):
        own.add_note(said)


def tell_of_module(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Adds the hint to the report of what was not collected.

    Args:
        collector: A module, or the folder of a conftest.py.
        report: Its report.
    """
    call: pytest.CallInfo[Any] = report.call  # pytest leaves it there
    if call.excinfo is None:
        return
    own, file = _origin(call.excinfo.value)
    if said := _hint(collector.config, file or collector.path, own):
        own.add_note(said)
        try:
            report.longrepr = collector.repr_failure(call.excinfo)
        finally:  # the next module may end with the same
            own.__notes__.pop()


def _origin(error: BaseException) -> tuple[BaseException, Path | None]:
    """The error that a conftest.py ended with, and the file; any other error as it is."""
    if type(error).__name__ == "ConftestImportFailure" and error.__cause__ is not None:
        return error.__cause__, Path(vars(error)["path"])
    return error, None


def _hint(config: pytest.Config, file: Path, error: BaseException) -> str | None:
    """What is said of an error, if it is one that an emulated account prevents.

    Where there is one already, in a run that is all on the emulator, that knows what is wrong.
    """
    if WHOLE_RUN in config.stash:
        return "\n".join(config.stash[WHOLE_RUN].hints(error))
    facts = forgotten.missed_way(error)
    if facts is None:
        return None
    settings = session_settings.resolved(EarlyConfig(config), {})
    hint = QChannelError(
        f"{file.name} wants an account while it is imported, when no fixture or marker of "
        "pytest-qchannel is there yet: nothing is emulated",
        facts=facts,
        next=NEXT_LIVE
        if settings.is_live
        else f"{command_line.everywhere(config)} (for good: qchannel_everywhere = true in the ini "
        f"file); or {IN_FIXTURE.format(scope=settings.scope)}",
    )
    return str(hint)
