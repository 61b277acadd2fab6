"""The settings of a run of pytest, as commands know them that start none."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pytest_qchannel import ini_file
from pytest_qchannel.options import OPTIONS, Option
from pytest_qchannel.settings import Settings, resolve

__all__ = ["Word", "project_settings", "said_of", "settings_here", "words_of_runs"]

_ADDOPTS: Final = "PYTEST_ADDOPTS"


class Word(NamedTuple):
    """A word of the options that every run of pytest gets, and who gives it.

    Attributes:
        text: The word; ``-p NAME`` is one.
        source: The variable, or empty for the ini file.
    """

    text: str
    source: str = ""


def words_of_runs(ini: ini_file.Values, environ: Mapping[str, str]) -> tuple[Word, ...]:
    """The options of every run: ``addopts`` of the ini file, then ``PYTEST_ADDOPTS``."""
    said = ini.get("addopts", "")
    in_file = [str(one) for one in said] if isinstance(said, list) else _split(str(said))
    return (
        *(Word(text) for text in _paired(in_file)),
        *(Word(text, _ADDOPTS) for text in _paired(_split(environ.get(_ADDOPTS, "")))),
    )


def said_of(flag: str, words: Sequence[Word]) -> str | None:
    """What the options of every run say of one, the last of them."""
    said = [word.text.partition("=") for word in words]
    return next((value or "1" for name, _, value in reversed(said) if name == flag), None)


def project_settings(
    ini: ini_file.Values,
    words: Sequence[Word],
    environ: Mapping[str, str],
    options: Iterable[Option] = OPTIONS,
    ini_path: Path | None = None,
) -> Settings:
    """The settings of a run of pytest in a project.

    Args:
        ini: What the file says that configures pytest.
        words: The options of every run.
        environ: The environment.
        options: Those that are asked for; all others have their defaults.
        ini_path: The file, for errors.

    Raises:
        UsageProblem: A value of one of them is not valid.
    """
    asked = list(options)
    of_ini = {one.name: ini.get(one.ini_key) for one in asked}
    return resolve(
        {one.name: said_of(one.flag, words) for one in asked},
        {},
        {one.env_var: environ.get(one.env_var, "") for one in asked},
        {name: said for name, said in of_ini.items() if said not in ("", [])},
        ini_path=ini_path,
    )


def settings_here(*names: str) -> tuple[Settings, Path]:
    """The settings of a run in the working directory, and the folder that cassettes start from.

    Args:
        names: Of the settings that are asked for; by default all of them.

    Raises:
        UsageProblem: A value of one of them is not valid.
    """
    path, values = next(ini_file.found_from(Path.cwd()), (None, {}))
    asked = [one for one in OPTIONS if one.name in names or not names]
    words = words_of_runs(values, os.environ)
    settings = project_settings(values, words, os.environ, asked, path)
    return settings, path.parent if path else Path.cwd()


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is not closed: pytest says so
        return text.split()


def _paired(words: list[str]) -> list[str]:
    """The words with ``-p NAME`` and ``--option value`` of ours as one."""
    found: list[str] = []
    flags = {option.flag for option in OPTIONS if not option.is_switch}
    for word in words:
        if found and found[-1] == "-p":
            found[-1] = f"-p {word}"
        elif found and found[-1] in flags:
            found[-1] = f"{found[-1]}={word}"
        elif word.startswith("-p") and len(word) > 2 and word[2] != " ":
            found.append(f"-p {word[2:]}")
        else:
            found.append(word)
    return found
