"""The configuration of a run whose command line was not parsed for good yet."""

from __future__ import annotations

from typing import Any

__all__ = ["EarlyConfig"]


class EarlyConfig:
    """A configuration before its command line was parsed for good, as the settings read it."""

    def __init__(self, config: Any) -> None:
        self.inipath = config.inipath
        self.getini = config.getini
        self.rootpath = config.rootpath
        self.invocation_params = config.invocation_params
        self._known = config.known_args_namespace

    def getoption(self, name: str) -> Any:
        """What the command line says of an option, as far as it is known."""
        return getattr(self._known, name, None)
