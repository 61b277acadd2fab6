"""A run that is stopped, by Ctrl-C or ``pytest.exit``: recordings that go on, and late problems.

No report of a test tells of them then. In workers of pytest-xdist, their controller is told of the
recordings.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_qchannel.cassette.problems import record_command
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.plugin import sharing, taping
from pytest_qchannel.plugin.keys import STOPPED, TAPE

if TYPE_CHECKING:
    from pytest_qchannel.lanes.tapes import RecordTape

__all__ = ["OUTPUT", "Stopped"]

OUTPUT: Final = "qchannel_stopped"
"""What a worker calls its part of them."""

_WHY: Final = "the run was stopped"


class Stopped:
    """Ends recordings that nobody has ended when the run is over; tells what no test tells."""

    def __init__(self) -> None:
        self._is_stopped = False
        self._said: list[str] = []

    def pytest_keyboard_interrupt(self) -> None:
        """From now on nothing is reported of the test that ran."""
        self._is_stopped = True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Looks when everything is torn down, before the summary."""
        try:
            return (yield)
        except (QChannelError, BaseExceptionGroup) as raised:
            if not (self._is_stopped and self._is_told(raised)):
                raise
        finally:
            config = session.config
            done = config.stash.setdefault(STOPPED, [])
            for unit in sharing.units_of(config):
                if unit.is_over and unit.tape is not None and unit.tape.is_recording:
                    unit.is_over = False
                    done.append(_end(unit.tape, unit.id))
            for item in session.items:
                tape = item.stash.get(TAPE, None)
                if tape is not None and tape.is_recording:
                    del item.stash[TAPE]
                    done.append(_end(tape, taping.test_id(item)))
            if hasattr(config, "workeroutput"):
                config.workeroutput[OUTPUT] = done
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what the lane of the test that was stopped had to complain about."""
        for line in self._said:
            terminalreporter.write_line(f"qchannel: {line}")

    def _is_told(self, raised: BaseException) -> bool:
        """Whether all that a teardown has raised is ours, and so shown in the summary.

        Raised it would go past pytest: a traceback, and another exit status.
        """
        if isinstance(raised, BaseExceptionGroup):
            return all(map(self._is_told, raised.exceptions))
        if not isinstance(raised, QChannelError):
            return False
        self._said.append(str(raised))
        return True


def _end(tape: RecordTape, test: str) -> dict[str, Any]:
    done: dict[str, Any] = {"path": str(tape.place.path), "test": test}
    done["next"] = record_command(test, tape.source)
    try:
        done.update(tape.finish(has_passed=False, why=_WHY))
    except QChannelError as problem:
        done.update(did="refused", why=problem.headline)
    return done
