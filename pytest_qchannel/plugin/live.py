"""Live tests in a run: who may run, what each may spend, what becomes of it, and the end of all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.personal import remember, secrets_of_person
from pytest_qchannel.channels.secrets_file import secrets_file
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.lanes.live.run import LiveRun, missing
from pytest_qchannel.options import Mode, Source
from pytest_qchannel.plugin import sharing
from pytest_qchannel.plugin.keys import LIVE, OURS
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import Settings

__all__ = ["Live", "begin", "is_live"]

_WORKER_KEY: Final = "qchannel_live_run"
_BY_MARKER: Final = "the qchannel marker"


def is_live(settings: Settings) -> bool:
    """Whether something is sent to the real services: they answer, or are recorded."""
    return settings.mode is Mode.LIVE or (
        settings.mode is Mode.RECORD and settings.record_from is Source.LIVE
    )


def begin(config: pytest.Config, settings: Settings) -> None:
    """Begins a live run where the settings ask for one.

    Raises:
        UsageProblem: There is no credential, or a secret is where it must not be.
    """
    if not is_live(settings):
        return
    environ = dict(os.environ)
    if settings.secrets is not None:
        path = config.rootpath / settings.secrets if _is_ini(settings) else settings.secrets
        environ = {**secrets_file(path), **{k: v for k, v in environ.items() if v}}
    run = LiveRun(settings, environ, learned=remember)
    for secret in run.held.values():
        remember(secret)
    _require_hidden(config, [one for one in secrets_of_person() if one.is_searchable])
    config.stash[LIVE] = run
    config.add_cleanup(run.close)
    config.pluginmanager.register(Live(config, settings, run), "qchannel-live")


def _is_ini(settings: Settings) -> bool:
    return settings.origin["secrets"].startswith(("qchannel_", "-o "))


def _require_hidden(config: pytest.Config, secrets: list[Secret]) -> None:
    """Passes a run whose command line and ini file have no secret."""
    places: Mapping[str, str] = {
        "the command line": "\n".join(map(str, config.invocation_params.args)),
        str(config.inipath): config.inipath.read_text("utf-8", "replace") if config.inipath else "",
    }
    for place, text in places.items():
        for secret in secrets:
            if secret.hide(text) != text:
                raise UsageProblem(
                    f"the credential of {secret.env_var} stands in {place}, where others read it",
                    next="take it away, and leave it in the variable alone",
                )


class Live:
    """The hooks of a live run.

    Args:
        config: The run's.
        settings: The run's.
        run: What the process shares.
    """

    def __init__(self, config: pytest.Config, settings: Settings, run: LiveRun) -> None:
        self._config = config
        self._settings = settings
        self.run = run

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Skips tests on channels without credentials, and what the lane cannot do."""
        for item in items:
            if OURS in item.stash:
                self._prepare(item)

    def _prepare(self, item: pytest.Item) -> None:
        name = sharing.channel_of(item)
        if name is None:
            return
        channel = CHANNEL_BY_NAME[name]
        if channel.is_classic:
            raise UsageProblem(
                missing(channel).partition(": ")[2].capitalize(),
                where=f"{item.nodeid}, channel {channel}",
                next="run it on ibm_quantum_platform, or emulated: --qchannel-mode=emulated",
            )
        if channel not in self.run.held:
            item.add_marker(pytest.mark.skip(reason=missing(channel)))
