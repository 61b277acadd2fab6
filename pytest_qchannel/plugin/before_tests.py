"""Who reaches for IBM before pytest knows which tests there are: modules that are imported, hooks.

Whether a test of the run uses us is not known then, and their key would be sent. So the question is
asked when it must be answered, when somebody reaches for IBM: do settings or files of the run name
us? The files are read as text: to import one may be what reaches for IBM.
"""

from __future__ import annotations

import importlib.util
import os
import ssl
import sys
import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from pytest_qchannel.errors import NetworkBlocked, QChannelError, UsageProblem
from pytest_qchannel.hosts import host_name, may_ask_for_credentials
from pytest_qchannel.network.guard import host_of
from pytest_qchannel.network.passage import is_free
from pytest_qchannel.network.proxied import proxied_host
from pytest_qchannel.paths import shown
from pytest_qchannel.plugin import command_line, session_settings
from pytest_qchannel.plugin.early_config import EarlyConfig
from pytest_qchannel.plugin.keys import EARLY, TOO_EARLY
from pytest_qchannel.reading import read_small
from pytest_qchannel.uses import LOOKUPS, SENDING

__all__ = ["IN_FIXTURE", "NEXT_LIVE", "InOurWords", "check"]

IN_FIXTURE: Final = (
    "make it in a fixture that asks for the fixture qchannel and lives no longer than that, which "
    "has scope={scope!r} (qchannel_scope): it is in the lane then"
)
_WITHOUT: Final = (
    "where no test of the run uses pytest-qchannel, run it without: pytest -p no:qchannel"
)
NEXT_LIVE: Final = (
    "make it in a test, or in a fixture, that uses qchannel_service or qchannel: in their lane the "
    "budget holds, and nowhere else; in a fixture that lives longer it does with qchannel_scope = "
    "session in the ini file"
)
_OTHERS: Final = ("site-packages", "dist-packages")
_OURS: Final = str(Path(__file__).parents[1])

_DECIDED: Final = pytest.StashKey[str | None]()
"""Of a run: what in it uses us, if anything."""

_ADVICE: Final = pytest.StashKey[str]()
"""Of a run: what to do."""


class InOurWords:
    """Ends a run whose hook has reached for IBM as a usage error: not with pytest's traceback.

    Args:
        found: What came up and was told to nobody yet.
    """

    def __init__(self, found: list[QChannelError]) -> None:
        self._found = found

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        """Raises it in the place of what the hook was left with."""
        for problem in self._found:
            raise pytest.UsageError(str(problem)) from None


def check(config: pytest.Config, name: str, given: object) -> None:
    """Passes a use of the network that is no business of ours.

    Args:
        config: The run's.
        name: The function of ``socket``, or the method of a socket.
        given: The host, the address, or what is sent.

    Raises:
        NetworkBlocked: It reaches for a service of IBM's, in a run that uses us.
    """
    __tracebackhide__ = True
    if is_free():
        return  # the live lane's own
    host = _reached(name, given)
    if not host or not may_ask_for_credentials(host):
        return
    reason = _what_uses_us(config)
    if reason is None:
        return
    place = _caller(config)
    blocked = NetworkBlocked(
        f"{place or 'a plugin'} reached for {host} before it was known which tests there are",
        facts=[("uses us", reason)],
        next=config.stash[_ADVICE],
    )
    found = config.stash[TOO_EARLY]
    if str(blocked) not in map(str, found):
        found.append(blocked)
    raise blocked


def _reached(name: str, given: object) -> str:
    if name in LOOKUPS:
        return host_name(given)
    return (proxied_host(given) or "") if name in SENDING else host_of(given)


def _what_uses_us(config: pytest.Config) -> str | None:
    if _DECIDED not in config.stash:
        config.stash[_DECIDED] = _decide(config)
        config.stash[EARLY].watch(ssl.SSLSocket, SENDING)
        config.pluginmanager.register(InOurWords(config.stash[TOO_EARLY]))
    return config.stash[_DECIDED]


def _decide(config: pytest.Config) -> str | None:
    early: Any = EarlyConfig(config)
    config.stash[_ADVICE] = _advice(config, "function")
    try:
        settings = session_settings.resolved(early, {})
    except UsageProblem as wrong:  # which the run is going to end with
        return wrong.headline
    config.stash[_ADVICE] = NEXT_LIVE if settings.is_live else _advice(config, settings.scope)
    if set_by := next((who for who in settings.origin.values() if who != "default"), None):
        return f"{set_by} is set"
    file = next(_files_that_name_us(config), None)
    return f"{shown(file, config.invocation_params.dir)} names qchannel" if file else None


def _advice(config: pytest.Config, scope: str) -> str:
    everywhere = command_line.everywhere(config)
    return f"{IN_FIXTURE.format(scope=scope)}; or {everywhere}; or, {_WITHOUT}"


def _files_that_name_us(config: pytest.Config) -> Iterator[Path]:
    for file in dict.fromkeys(_files(config)):
        try:
            if b"qchannel" in read_small(file):
                yield file
        except OSError:
            pass


def _files(config: pytest.Config) -> Iterator[Path]:
    """What the run was asked for, each conftest.py above it, and what of the project is loaded."""
    for place in _places(config):
        if place.is_dir():
            yield from _below(place, config.getini("norecursedirs"))
        else:
            yield place
        root = config.rootpath
        for folder in (one for one in place.parents if one.is_relative_to(root)):
            yield folder / "conftest.py"
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and _is_of_project(file, config):
            yield Path(file)


def _places(config: pytest.Config) -> Iterator[Path]:
    """The files and folders that the run was asked for, by the command line or ``testpaths``."""
    here, known = config.invocation_params.dir, config.known_args_namespace
    asked = list(known.file_or_dir)
    if not asked and here == config.rootpath:
        asked = [
            str(one) for pattern in config.getini("testpaths") for one in sorted(here.glob(pattern))
        ]
    for arg in asked or [str(here)]:
        name = arg.partition("::")[0]
        path = here / name
        if not path.exists() and known.pyargs:
            path = _package(name) or path
        yield path


def _package(name: str) -> Path | None:
    """Where a package or module lies that ``--pyargs`` names."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin)
    return file.parent if spec.submodule_search_locations else file


def _below(folder: Path, not_into: list[str]) -> Iterator[Path]:
    for path, folders, files in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not any(fnmatch(name, pattern) for pattern in not_into)
            and not (Path(path, name) / "pyvenv.cfg").exists()
            and name != "__pycache__"
        ]
        yield from (Path(path, name) for name in files if name.endswith(".py"))


def _caller(config: pytest.Config) -> str | None:
    """The file and line of the project that leads to this call, maybe from the main thread."""
    main = sys._current_frames().get(threading.main_thread().ident or 0)
    for innermost in (sys._getframe(), main):
        frame: FrameType | None = innermost
        while frame is not None:
            file = frame.f_code.co_filename
            if _is_of_project(file, config):
                return f"{shown(file, config.invocation_params.dir)}, line {frame.f_lineno},"
            frame = frame.f_back
    return None


def _is_of_project(file: str, config: pytest.Config) -> bool:
    path = Path(file)
    return (
        not file.startswith(_OURS)
        and not any(part in _OTHERS for part in path.parts)
        and any(
            path.is_relative_to(folder)
            for folder in (config.rootpath, config.invocation_params.dir)
        )
    )
