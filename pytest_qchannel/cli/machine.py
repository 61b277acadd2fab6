"""What ``doctor`` and ``init`` look at, and only read: a folder, an environment, packages."""

from __future__ import annotations

import ast
import fnmatch
import functools
import importlib.metadata
import os
import shlex
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from packaging.requirements import Requirement

from pytest_qchannel import ini_file
from pytest_qchannel.cassette.naming import roots_of
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.project_settings import (
    Word,
    project_settings,
    said_of,
    words_of_runs,
)
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.ibm.releases import Version, version_of
from pytest_qchannel.options import Option
from pytest_qchannel.reading import read_small
from pytest_qchannel.settings import OPTION_BY_NAME, resolve

__all__ = ["Installed", "Machine", "Plugin", "pip", "tree_of"]

_SKIPPED: Final = frozenset(
    {"venv", "env", "node_modules", "build", "dist", "site-packages", "__pycache__", "shipped"}
)
_MOST_FILES: Final = 5_000


class Plugin(NamedTuple):
    """An entry point of the group ``pytest11``."""

    name: str
    module: str


@dataclass(frozen=True)
class Installed:
    """The packages that this Python has.

    Attributes:
        versions: By name, as ``pytest-recording``; of what the checks ask for.
        plugins: The plugins of pytest.
        modules: Which modules there are.
        needs: What we need and do not have in a version that will do, as pip takes it.
    """

    versions: Mapping[str, str]
    plugins: tuple[Plugin, ...]
    modules: Callable[[str], bool]
    needs: tuple[str, ...] = ()

    @classmethod
    @functools.cache
    def here(cls) -> Installed:
        """Those of the running Python, looked up once."""
        found: dict[str, importlib.metadata.Distribution] = {}
        for one in importlib.metadata.distributions():
            if one.metadata["Name"]:  # without, it is the rest of one that was removed
                found.setdefault(_normal(one.name), one)  # the first is the one that is imported
        plugins = [
            Plugin(entry.name, entry.value)
            for one in found.values()
            for entry in one.entry_points
            if entry.group == "pytest11"
        ]
        versions = {name: one.version for name, one in found.items()}
        ours = found.get("pytest-qchannel")
        needs = tuple(_unmet(ours, versions)) if ours else ()
        return cls(versions, tuple(plugins), lambda name: find_spec(name) is not None, needs)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _unmet(ours: importlib.metadata.Distribution, versions: Mapping[str, str]) -> Iterator[str]:
    for text in ours.requires or ():
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        version = versions.get(_normal(need.name))
        if version is None or not need.specifier.contains(version, prereleases=True):
            yield f"{need.name}{need.specifier}"


@dataclass(frozen=True)
class Machine:
    """A project's folder on somebody's machine.

    Attributes:
        here: The folder.
        environ: The environment.
        home: The person's home folder.
        installed: What this Python has.
        python: Its version.
        prefix: Where it lives.
        now: The clock, in seconds since the epoch.
        free: The free bytes of the disk that a folder is on.
    """

    here: Path
    environ: Mapping[str, str]
    home: Path
    installed: Installed
    python: Version = sys.version_info[:3]
    prefix: Path = field(default_factory=lambda: Path(sys.prefix))
    now: Callable[[], float] = time.time
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free

    @classmethod
    def this(cls) -> Machine:
        """The one we run on."""
        return cls(Path.cwd(), MappingProxyType(dict(os.environ)), Path.home(), Installed.here())

    @property
    def client(self) -> Version:
        """The release of the client; empty without one."""
        return version_of(self.installed.versions.get("qiskit-ibm-runtime", ""))

    @functools.cached_property
    def ini(self) -> tuple[Path | None, ini_file.Values]:
        """The file that configures pytest here, and what it says."""
        return next(ini_file.found_from(self.here), (None, {}))

    @property
    def base(self) -> Path:
        """The folder that the names of tests are relative to."""
        return self.ini[0].parent if self.ini[0] else self.here

    @functools.cached_property
    def words(self) -> tuple[Word, ...]:
        """The options of every run: ``addopts`` of the ini file, then ``PYTEST_ADDOPTS``."""
        return words_of_runs(self.ini[1], self.environ)

    def setting(self, option: Option) -> object:
        """What is set, or the default where that is wrong."""
        try:
            found = project_settings(self.ini[1], self.words, self.environ, [option])
        except UsageProblem:
            found = resolve({}, {}, {}, {})
        return getattr(found, option.name)

    def set_to(self, name: str) -> object:
        """The value of the setting of that name."""
        return self.setting(OPTION_BY_NAME[name])

    def option(self, flag: str) -> str | None:
        """What the options of every run say of one, the last of them."""
        return said_of(flag, self.words)

    @functools.cached_property
    def trees(self) -> tuple[Path, ...]:
        """The folders of cassettes: one, or where the setting names the channel, one of each."""
        folder = Path(str(self.set_to("cassettes")))
        client = self.installed.versions.get("qiskit-ibm-runtime", "")
        return tuple(self.base / one for one in roots_of(folder, client))

    @functools.cached_property
    def modules(self) -> tuple[Path, ...]:
        """The project's own Python files; the first thousands of them."""
        return tuple(_python_files(self.base))

    @functools.cached_property
    def tests(self) -> tuple[Path, ...]:
        """Those that pytest takes for modules of tests, and conftest files."""
        said = self.ini[1].get("python_files", "") or "test_*.py *_test.py"
        patterns = [str(one) for one in said] if isinstance(said, list) else str(said).split()
        patterns = [*patterns, "conftest.py"]
        return tuple(
            path
            for path in self.modules
            if any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
        )

    def shown(self, path: Path) -> Path:
        """A path from here on, where it is below."""
        return path.relative_to(self.here) if path.is_relative_to(self.here) else path

    def lacks(self, channel: str) -> bool:
        """Whether the client does not know a channel."""
        known = CHANNEL_BY_NAME.get(channel)
        return known is not None and bool(self.client) and not known.is_known_to(self.client)


def _python_files(folder: Path) -> Iterator[Path]:
    count = 0
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED
            and not Path(at, name, "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith(".py"):
                count += 1
                if count > _MOST_FILES:
                    return
                yield Path(at, name)


def tree_of(path: Path, word: bytes = b"") -> ast.Module | None:
    """What a Python file says; nothing where it lacks a word, or pytest says what is wrong."""
    try:
        text = read_small(path)
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text) if word in text else None
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def pip(*words: str) -> str:
    """The command that installs, or removes, with the Python that runs."""
    if find_spec("pip") is None and shutil.which("uv"):
        return shlex.join(["uv", "pip", *(word for word in words if word != "-y")])
    python = "python" if shutil.which("python") == sys.executable else sys.executable
    return shlex.join([python, "-m", "pip", *words])
