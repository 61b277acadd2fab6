"""A dotenv file with credentials (``--qchannel-secrets``), for machines without a CI's secrets."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import dotenv

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.reading import read_small
from pytest_qchannel.rerun_command import quoted

__all__ = ["environ_with"]


def environ_with(file: Path | None, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment with what a secrets file adds to it; an empty variable is an unset one.

    Raises:
        UsageProblem: The file cannot be read, others may read it, or git tracks it.
    """
    said = {name: value for name, value in environ.items() if value}
    return said if file is None else {**_secrets_file(file), **said}


def _secrets_file(path: Path) -> dict[str, str]:
    """The variables of a file that nobody else may read and that git does not track.

    Raises:
        UsageProblem: It cannot be read, others may read it, or git tracks it.
    """
    try:
        state = path.stat()
        text = read_small(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise _refused(path, f"cannot be read: {said}", "name a dotenv file") from None
    if os.name == "posix" and state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _refused(path, "may be read by others", f"chmod 600 {quoted(str(path))}")
    if _is_tracked(path):
        raise _refused(
            path,
            "is tracked by git, and so are its secrets",
            f"git rm --cached {quoted(str(path))}, name it in .gitignore, and make new keys: the "
            "old ones are in the history",
        )
    values = dotenv.dotenv_values(stream=StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value}


def _is_tracked(path: Path) -> bool:
    """Whether git knows the file; without git, or outside of a repository, nobody does."""
    file = path.resolve()  # of a link git has where it leads to, and not what is written there
    # A repository of somebody else, as in a container of CI, is one, too.
    command = ["git", "-c", "safe.directory=*", "--literal-pathspecs", "ls-files"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and the name of a file behind "--"
            [*command, "--error-unmatch", "--", file.name],
            cwd=file.parent,
            # A hook of git names its own repository, and no place of this one.
            env={name: text for name, text in os.environ.items() if not name.startswith("GIT_")},
            capture_output=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _refused(path: Path, headline: str, advice: str) -> UsageProblem:
    return UsageProblem(f"the file of --qchannel-secrets {headline}", where=str(path), next=advice)
