"""Stand-ins in the place of the person's credentials, in the variables of this process.

Whatever reads them for a live run has read them before: from then on nobody who reads or prints
the environment, a child process that inherits it included, comes by a real one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Final

from pytest_qchannel.channels.credentials import secrets_in
from pytest_qchannel.channels.environment import put_back
from pytest_qchannel.secret import SHORTEST

__all__ = ["HiddenKeys", "new_standin"]

_KEY_BYTES: Final = 33  # 44 characters, as IBM's


def new_standin() -> str:
    """What looks like an API key, and is none."""
    return secrets.token_urlsafe(_KEY_BYTES)


class HiddenKeys:
    """What was taken out of the variables, and what stands there in its place.

    Args:
        taken: What another process has taken, by variable: the stand-in, and the real one.
    """

    def __init__(self, taken: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._before: dict[str, str | None] = {}
        self.taken: dict[str, tuple[str, str]] = {}
        """By variable, the stand-in and the real credential."""
        for name, (standin, real) in (taken or {}).items():
            self._put(name, standin, real)

    def take(self) -> None:
        """Takes what is there by now: a conftest.py may have set a variable."""
        standins = dict(self.taken.values())
        for secret in secrets_in(os.environ):
            name, value = secret.env_var, secret.reveal()
            if value not in standins:
                known = {real: standin for standin, real in self.taken.values()}
                self._put(name, known.get(value) or new_standin(), value)
        # CI often has one key under several names, or in a URL.
        keys = [(key, one) for key, one in self.standins().items() if len(key) >= SHORTEST]
        for name, value in list(os.environ.items()):
            shown = value
            for key, standin in keys:
                shown = shown.replace(key, standin)
            if shown != value:
                self._put(name, shown, value)

    def environ(self) -> dict[str, str]:
        """The environment with what is real; an empty variable is an unset one."""
        real = {name: real for name, (_, real) in self.taken.items()}
        return {name: value for name, value in {**os.environ, **real}.items() if value}

    def standins(self) -> Mapping[str, str]:
        """The stand-in of each real credential."""
        return {real: standin for standin, real in self.taken.values()}

    def end(self) -> None:
        """Puts the real ones back, but where somebody has set another value."""
        before = self._before.items()
        put_back({name: own for name, own in before if os.environ.get(name) == self.taken[name][0]})
        self._before.clear()

    def _put(self, name: str, standin: str, real: str) -> None:
        self._before.setdefault(name, os.environ.get(name))
        self.taken[name] = standin, real
        os.environ[name] = standin
