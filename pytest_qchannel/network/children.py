"""Leads child processes to the loopback door: Python that is started with our environment.

``PYTHONPATH`` names a folder with a ``sitecustomize`` that python runs when it starts. It shuts the
network of the child and leads it to the door, as in the parent. What the child reaches for in vain
it writes down in that folder, for the parent to be told: the child may swallow it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pytest_qchannel.channels.environment import put_back
from pytest_qchannel.errors import NetworkBlocked, QChannelError

__all__ = ["Children", "leads", "told_by"]

_PATH: Final = "PYTHONPATH"
_FOLDER: Final = "qchannel-door-"
_FACTS: Final = "door.json"
_PROBLEMS: Final = "problems.jsonl"
_WORKER: Final = "pytest_qchannel.emulator.programs.worker"
"""The emulator's own child, which sends nothing."""

_SITECUSTOMIZE: Final = f"""\
# Written by pytest-qchannel: this process was started in an emulated lane, and is led to its door.
import importlib.machinery, importlib.util, os, sys

_here = os.path.dirname(os.path.abspath(__file__))
_spec = importlib.machinery.PathFinder.find_spec(
    "sitecustomize",  # not ours: a lane within a lane has two, as a worker of pytest-xdist has
    [one for one in sys.path if not os.path.basename(os.path.abspath(one)).startswith({_FOLDER!r})],
)
try:
    if _spec is not None and _spec.loader is not None:  # the one that would have been run
        sys.modules["sitecustomize"] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules["sitecustomize"])
finally:  # python goes on where that one fails
    if {_WORKER!r} not in sys.orig_argv:
        try:
            from pytest_qchannel.network.child import join
        except ImportError:
            sys.stderr.write(
                "qchannel: this python has no pytest_qchannel: it gets the emulated credentials, "
                "but no emulator\\n"
            )
        else:
            join(_here)
"""


class Children:
    """The environment that leads children to a door, while it is open.

    Args:
        facts: What a child has to know, as plain values.
    """

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._facts = facts
        self._folder: Path | None = None
        self._lines: list[str] = []
        self._seen = 0

    @contextmanager
    def led(self) -> Iterator[None]:
        """Sets the variable, until the block is left."""
        before = os.environ.get(_PATH)
        with TemporaryDirectory(prefix=_FOLDER) as folder:
            self._folder = Path(folder)
            (self._folder / _FACTS).write_text(json.dumps(self._facts), encoding="utf-8")
            (self._folder / "sitecustomize.py").write_text(_SITECUSTOMIZE, encoding="utf-8")
            os.environ[_PATH] = os.pathsep.join([folder, *([before] if before else [])])
            try:
                yield
            finally:
                self._read()
                put_back({_PATH: before})

    def take_problems(self, where: str) -> list[QChannelError]:
        """What children wrote down since the last call; also when they are no longer led.

        Args:
            where: The test that started them.
        """
        self._read()
        told = [json.loads(line) for line in self._lines]
        self._lines.clear()
        return [NetworkBlocked(**one | {"where": f"{where}, {one['where']}"}) for one in told]

    def _read(self) -> None:
        file = self._folder / _PROBLEMS if self._folder is not None else None
        if file is not None and file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            self._lines += lines[self._seen :]
            self._seen = len(lines)


def leads(environ: Mapping[str, str]) -> bool:
    """Whether Python that is started with an environment is led to a door."""
    return any(
        Path(one).name.startswith(_FOLDER) for one in environ.get(_PATH, "").split(os.pathsep)
    )


def told_by(folder: Path) -> tuple[dict[str, Any], Callable[[QChannelError], None]]:
    """In the child: the facts in its folder, and what writes a problem down there."""

    def tell(problem: QChannelError) -> None:
        words = {
            "headline": problem.headline,
            "where": problem.where,
            "closest": problem.closest,
            "next": problem.next,
        }
        try:
            with (folder / _PROBLEMS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(words) + "\n")
        except OSError:  # the parent's lane has ended
            sys.stderr.write(f"qchannel: {problem}\n")

    return json.loads((folder / _FACTS).read_text(encoding="utf-8")), tell
