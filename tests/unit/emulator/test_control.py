"""The levers of a test, while its threads go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.records import AccessToken
from pytest_qchannel.emulator.worlds.default_world import default_world
from tests.contract.contract_client import Door, through_core


class Interrupted(dict[str, AccessToken]):
    """Tokens among which another thread logs in while somebody goes through them."""

    def __init__(self, login: threading.Thread, known: Any) -> None:
        super().__init__(known)
        self._login = login

    def values(self) -> Iterator[AccessToken]:  # type: ignore[override]
        """Each of them."""
        for one in super().values():
            self._login.start()
            self._login.join(timeout=0.1)  # for ever, if it has to wait for us
            yield one


def test_tokens_are_revoked_while_a_thread_logs_in() -> None:
    """RuntimeError: dictionary changed size during iteration."""
    app = App(default_world(Clock(lambda: 1_760_000_000.0)))
    door = Door(app, through_core(app.handle))
    door.token()
    login = threading.Thread(target=door.token)
    app.world.tokens = Interrupted(login, app.world.tokens)
    assert door.control.revoke_access_tokens() == 1
    login.join(timeout=60)
    assert len(app.world.tokens) == 2
