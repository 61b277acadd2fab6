"""The recordings of a project, and the folder they lie in: whole, young, used, kept by git."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.disk.inventory import Entry, cassettes_in, survey
from pytest_qchannel.cassette.disk.layout import (
    BLOBS,
    OWN,
    QUARANTINE,
    head_of,
    index_files,
    source_in,
)
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.disk.unused import Seen, exists_in, find
from pytest_qchannel.cassette.problems import record_command
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.doctor import commands
from pytest_qchannel.cli.doctor.findings import Check, Finding, fail, unset, warn
from pytest_qchannel.cli.machine import Machine, tree_of
from pytest_qchannel.counted import counted
from pytest_qchannel.lanes.tapes import recorded_tests
from pytest_qchannel.units import node_of, scope_of

__all__ = ["CHECKS"]

_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_LEAST_BYTES: Final = 200_000_000
_MOST_TOLD: Final = 5
_GIT_S: Final = 20


@lru_cache(maxsize=len(CHANNEL_BY_NAME))
def _surveyed(root: Path, state: float) -> tuple[Entry, ...]:  # noqa: ARG001 - the cache's key
    return tuple(survey(Store(root)))


def _trees(machine: Machine) -> list[Path]:
    return [root for root in machine.trees if root.is_dir()]


def _entries(machine: Machine) -> Iterator[Entry]:
    for root in _trees(machine):
        yield from _surveyed(root, machine.now())


def _pointers(root: Path) -> list[Path]:
    """The files of which git has fetched the address only."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return [path for path in files if head_of(path).startswith(_POINTER)]


def _whole(machine: Machine) -> Iterator[Finding]:
    pointers = [one for root in _trees(machine) for one in _pointers(root)]
    if pointers:
        more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
        yield fail(
            f"{machine.shown(pointers[0])}{more} lies in git's large file storage and was not "
            "fetched",
            "git lfs pull",
        )
        return
    for one in _entries(machine):
        if one.problem is not None:
            command = record_command(one.test or None, source_in(head_of(one.path)))
            yield fail(f"{machine.shown(one.path)}: {one.problem.headline}", command)


def _young(machine: Machine) -> Iterator[Finding]:
    most = machine.set_to("max_age")
    now = datetime.fromtimestamp(machine.now(), UTC)
    for one in _entries(machine):
        if one.provenance is None or not isinstance(most, float):
            continue
        age = one.provenance.age_days(now)
        if age > most:
            yield fail(
                f"{machine.shown(one.path)} is {counted(round(age), 'day')} old: at most {most:g} "
                "are allowed",
                record_command(one.test or None, one.provenance.recorded_from),
            )


def _used(machine: Machine) -> Iterator[Finding]:
    for root in _trees(machine):
        yield from _used_of(machine, root)


def _used_of(machine: Machine, root: Path) -> Iterator[Finding]:
    words = [shlex.quote(str(machine.shown(root)))] if len(machine.trees) > 1 else []
    kept = cassettes_in(root)
    used = {one.path for one in kept if _is_written(machine, one.test)}
    modules = {one.module for one in kept if _defined_in(machine.base / one.module) is not None}
    for unused in find(
        kept,
        Seen(used, {}, modules),
        lambda module: exists_in(module, machine.base),
        lambda one: recorded_tests(one.path),
    ):
        yield warn(
            f"{machine.shown(Path(unused.path))}: {unused.why}",
            " ".join(["qchannel cassettes prune --yes", *words]),
        )


def _is_written(machine: Machine, test: str) -> bool:
    """Whether a test may be there, or one of those that share a cassette."""
    module, _, rest = node_of(test).partition("::")
    path = machine.base / module
    if scope_of(test) in ("package", "session"):
        return any(path in one.parents for one in machine.tests if one.name != "conftest.py")
    known = _defined_in(path) or {}
    for name in (part.partition("[")[0] for part in rest.split("::") if rest):
        if name not in known:
            return "*" in known
        if known[name]:
            break
    return path.is_file()


@lru_cache(maxsize=256)
def _defined_in(path: Path) -> Mapping[str, bool] | None:
    """The names that a module has, and whether what is in them is written elsewhere, too.

    ``None`` where it cannot be read.
    """
    if (tree := tree_of(path)) is None:
        return None
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.setdefault(node.name, False)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = bool(node.bases)
        elif isinstance(node, ast.ImportFrom):
            found.update((one.asname or one.name, True) for one in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, True)
    return found


def _git(machine: Machine) -> Iterator[Finding]:
    for root in _trees(machine):
        yield from _git_of(machine, root)


def _git_of(machine: Machine, root: Path) -> Iterator[Finding]:
    files = [*index_files(root), *sorted((root / BLOBS).rglob("*.gz"))]
    ignored = _ignored(machine, [path for path in files if path.is_file()])
    if ignored:
        folder = machine.shown(root).as_posix()
        lines = shlex.quote(rf"!/{folder}/\n!/{folder}/**\n")
        command = f"printf {lines} >> .gitignore"
        yield fail(f"git ignores {machine.shown(ignored[0])}: nobody else has it", command)
    own = root / OWN
    is_kept = own.is_dir() and (machine.here / ".git").exists()
    if is_kept and _ignored(machine, [root / QUARANTINE / "x.yaml"]) == []:
        target = shlex.quote(str(machine.shown(own / ".gitignore")))
        yield warn(
            f"git does not ignore {machine.shown(own)}, where recordings lie that must not be kept",
            f"printf '*\\n' > {target}",
        )


def _ignored(machine: Machine, paths: list[Path]) -> list[Path] | None:
    """Those of some files that git ignores; ``None`` where there is no git, or it is silent."""
    if not paths:
        return []
    try:
        done = subprocess.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"],  # noqa: S607 - the person's git
            cwd=machine.here,
            input=b"\0".join(map(os.fsencode, paths)),
            capture_output=True,
            check=False,
            timeout=_GIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return [Path(os.fsdecode(one)) for one in done.stdout.split(b"\0") if one]


def _writing(machine: Machine) -> Iterator[Finding]:
    root = next(iter(_trees(machine)), machine.trees[0])
    above = next(one for one in (root, *root.parents) if one.exists())
    shown = machine.shown(above)
    if root.is_symlink() and not root.exists():
        shown = machine.shown(root)
        yield fail(
            f"{shown} is a link to what is not there, where the folder of cassettes should be",
            commands.moved(shown, shown.with_name(f"{shown.name}.bak")),
        )
    elif not above.is_dir():
        yield fail(
            f"{shown} is a file, where the folder of cassettes should be",
            commands.moved(shown, shown.with_name(f"{shown.name}.bak")),
        )
        return
    if not os.access(above, os.W_OK | os.X_OK):
        yield warn(f"nobody may write to {shown}", f"chmod u+wx {shlex.quote(str(shown))}")
    for name in ("TMPDIR", "TEMP", "TMP"):
        said = machine.environ.get(name)
        if said and not (os.access(said, os.F_OK) and Path(said).is_dir()):
            yield fail(f"{name} names {said}, which is no folder", unset(name))
    free = machine.free(above)
    if free < _LEAST_BYTES:
        yield fail(f"{free // 1_000_000} MB are free on the disk of {shown}", "pip cache purge")


def _folder(machine: Machine) -> str:
    trees = _trees(machine)
    if not trees:
        return f"no folder {machine.shown(machine.trees[0])}"
    return ", ".join(f"{len(cassettes_in(one))} in {machine.shown(one)}" for one in trees)


def _age(machine: Machine) -> str:
    most = machine.set_to("max_age")
    return (
        f"none older than {counted(most, 'day')}"
        if isinstance(most, float)
        else "no maximum age is set"
    )


CHECKS: Final = (
    Check(
        "cassettes",
        "recordings can be read, and were fetched from git's large file storage",
        _whole,
        _folder,
    ),
    Check(
        "stale",
        "none is older than `qchannel_max_age`",
        _young,
        _age,
    ),
    Check(
        "unused",
        "each recording has its test still",
        _used,
        lambda _: "each has one",
    ),
    Check(
        "git",
        "git ignores no recording, and does ignore the quarantine",
        _git,
        lambda _: "ignores no cassette",
    ),
    Check(
        "writing",
        "the folder can be written to, the disk has room, `TMPDIR` is there",
        _writing,
        lambda m: f"{m.free(m.base) // 1_000_000_000} GB free",
    ),
)
