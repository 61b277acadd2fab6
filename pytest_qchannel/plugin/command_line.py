"""What of ours is on the command line of a run, for the commands that errors give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.options import OPTIONS
from pytest_qchannel.plugin import session_settings
from pytest_qchannel.rerun_command import Start

__all__ = ["everywhere", "known", "start_of", "typed_options"]


def typed_options(config: pytest.Config) -> frozenset[str]:
    """The options of the command line, without those of ``addopts``."""
    of_worker = getattr(config, "workerinput", {}).get("mainargv")  # of pytest-xdist's
    words = of_worker or config.invocation_params.args
    return frozenset(str(word).partition("=")[0] for word in words)


def start_of(config: pytest.Config) -> Start:
    """How this run was started: errors give commands that can be pasted there."""
    typed = typed_options(config)
    given = {
        one.name: one.flag if one.is_switch else f"{one.flag}={_value(config, one.ini_key)}"
        for one in OPTIONS
        if one.flag in typed and one.name not in ("report", "summary")
    }
    of_ids = ("channel", "cassettes", "scope", "world", "instance", "everywhere")
    options = tuple(given[name] for name in of_ids if name in given)
    base, folder = session_settings.base_of(config), config.invocation_params.dir
    return Start(base, folder, options, tuple(given.values()))


def _value(config: pytest.Config, key: str) -> object:
    """What is typed, also where the command line was not parsed for good yet."""
    parsed = getattr(config.option, key, None)
    return getattr(config.known_args_namespace, key) if parsed is None else parsed


@contextmanager
def known(config: pytest.Config) -> Iterator[None]:
    """Has errors that are made meanwhile give commands that can be pasted where it was started."""
    rerun_command.started(start_of(config))
    try:
        yield
    finally:
        rerun_command.ended()


def everywhere(config: pytest.Config) -> str:
    """What puts this run on the emulator as a whole, with its own options."""
    with known(config):
        return rerun_command.everywhere()
