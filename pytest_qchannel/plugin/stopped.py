"""A run that is stopped, by Ctrl-C or ``pytest.exit``: what becomes of recordings that go on.

No report of a test tells of them then. In workers of pytest-xdist, their controller is told.
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
    """Ends recordings that nobody has ended when the run is over."""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Looks when everything is torn down, before the summary."""
        try:
            return (yield)
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


def _end(tape: RecordTape, test: str) -> dict[str, Any]:
    done: dict[str, Any] = {"path": str(tape.place.path), "test": test}
    done["next"] = record_command(test)
    try:
        done.update(tape.finish(has_passed=False, why=_WHY))
    except QChannelError as problem:
        done.update(did="refused", why=problem.headline)
    return done
