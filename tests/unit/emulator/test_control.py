"""The levers of a test: mistyped, and while its threads go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

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


def test_a_mistyped_lever_is_answered_with_the_nearest() -> None:
    """Of ``take_ofline`` the user saw what Python says of any attribute."""
    app = App(default_world(Clock(lambda: 1_760_000_000.0)))
    control: Any = Door(app, through_core(app.handle)).control
    with pytest.raises(AttributeError) as caught:
        control.take_ofline("ibm_fez")
    lines = str(caught.value).splitlines()
    assert lines[:2] == ["the emulator has no lever 'take_ofline'", "  closest: take_offline"]
    assert not hasattr(control, "levers")


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
