"""What is around a test's lane: a shut network and an environment without credentials.

It begins before the first fixture of the test, when there is no world yet, and ends after the last.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.environment import given_back, isolated_environment
from pytest_qchannel.errors import NetworkBlocked
from pytest_qchannel.lanes.garbage import rarely_collected
from pytest_qchannel.network.guard import NetworkGuard

__all__ = ["Isolation"]


class Isolation:
    """Shuts the network and hides the person's own environment, until it is closed.

    Args:
        where: The test, for errors.
        home: An empty directory that is HOME meanwhile.
        allowed_hosts: Hosts that may be reached.
        report: Called with each error before it is raised.
    """

    def __init__(
        self,
        where: str,
        home: Path,
        allowed_hosts: Iterable[str],
        report: Callable[[NetworkBlocked], None],
    ) -> None:
        self.home = home
        self._guard = NetworkGuard(where, allowed_hosts, report)
        self._guard.lane = "a test that uses qchannel"
        self._stack = ExitStack()

    def open(self) -> None:
        """Begins; credentials are gone from the environment."""
        with ExitStack() as undo:
            self._guard.close_network()
            undo.callback(self._guard.reopen)
            undo.enter_context(rarely_collected())
            undo.enter_context(isolated_environment(self.home, {}))
            for name in credentials.credential_variables():
                os.environ.pop(name, None)
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts everything back as it was."""
        self._stack.close()

    def happens_in(self, who: str, advice: str) -> None:
        """Says what errors name, and what they say of IBM's hosts."""
        self._guard.who, self._guard.ibm_advice = who, advice

    @contextmanager
    def paused(self, who: str, advice: str) -> Iterator[None]:
        """The person's own environment, and a network without IBM's hosts only."""
        with self._guard.only_ibm(who, advice), given_back():
            yield
