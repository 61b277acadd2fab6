"""Plugins that cannot be installed beside pytest-recording, told in one line.

pytest-vcr makes pytest-recording end the run with an internal error. cassetter declares the same
option, which ends the loading of plugins with a traceback; whether we are loaded early enough to
say it first is chance, because pytest loads plugins in the order of a folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from pytest_qchannel.errors import UsageProblem

__all__ = ["installed", "refuse"]

_RECORDING = "recording"


def _is_there(module: str) -> bool:
    return find_spec(module) is not None


def installed(is_there: Callable[[str], bool] = _is_there) -> list[str]:
    """The packages that are installed and must not be.

    Args:
        is_there: Whether a module can be imported; by default in this process.
    """
    modules = {"pytest-vcr": "pytest_vcr", "cassetter": "cassetter"}
    return [package for package, module in modules.items() if is_there(module)]


def _problem(package: str, plugin: str) -> UsageProblem:
    return UsageProblem(
        f"{package} cannot be used together with pytest-recording, on which pytest-qchannel builds",
        next=f"pip uninstall {package}, or pytest -p no:{plugin}",
    )


def refuse(pluginmanager: Any) -> None:
    """Refuses a run that pytest-recording would end, or whose plugins cannot all be loaded.

    Raises:
        UsageProblem: pytest-vcr is loaded, too, or cassetter is about to be loaded, or is.
    """
    if pluginmanager.has_plugin("vcr") and pluginmanager.has_plugin(_RECORDING):
        raise _problem("pytest-vcr", "vcr")
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") or not _is_there("cassetter"):
        return
    if not pluginmanager.is_blocked("cassetter") and not pluginmanager.is_blocked(_RECORDING):
        raise _problem("cassetter", "cassetter")
