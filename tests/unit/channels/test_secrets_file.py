"""A dotenv file with credentials, beside the variables of the environment."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from pytest_qchannel.channels.secrets_file import environ_with
from pytest_qchannel.errors import UsageProblem


def test_a_variable_wins_over_the_file_unless_it_is_empty(tmp_path: Path) -> None:
    """In CI the secrets of a fork are empty variables: ``qchannel cleanup`` took these."""
    file = tmp_path / "live.env"
    file.write_text("FIRST=of-the-file\nSECOND=of-the-file\nTHIRD=\n", encoding="utf-8")
    file.chmod(0o600)
    environ = {"FIRST": "", "SECOND": "of-the-environment", "FOURTH": ""}
    assert environ_with(file, environ) == {"FIRST": "of-the-file", "SECOND": "of-the-environment"}
    assert environ_with(None, environ) == {"SECOND": "of-the-environment"}


def test_the_command_that_mends_it_can_be_pasted(tmp_path: Path) -> None:
    file = tmp_path / "my secrets.env"
    file.write_text("A=b\n", encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(UsageProblem) as problem:
        environ_with(file, {})
    assert shlex.split(problem.value.next or "") == ["chmod", "600", str(file)]


def test_what_is_too_large_to_be_one_is_not_read(tmp_path: Path) -> None:
    """A file of gigabytes, which a link may lead to, was read whole."""
    file = tmp_path / "large.env"
    with file.open("wb") as made:
        made.truncate(10 * 2**30)
    with pytest.raises(UsageProblem, match="cannot be read: it is larger than 16 MB"):
        environ_with(file, {})


@pytest.mark.parametrize(
    "variables", [{}, {"GIT_DIR": "elsewhere"}, {"GIT_INDEX_FILE": "elsewhere"}], ids=str
)
def test_a_file_that_git_tracks_is_found_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Through a link, in a hook of git, and in a container with another user it was read."""
    repository = tmp_path / "repository"
    repository.mkdir()
    file = repository / "live.env"
    file.write_text("A=b\n", encoding="utf-8")
    file.chmod(0o600)
    for words in (["init", "-q"], ["add", file.name]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container
        os.chown(repository, 65_534, 65_534)
    link = tmp_path / "link.env"
    link.symlink_to(file)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for named in (file, link):
        with pytest.raises(UsageProblem, match="tracked by git"):
            environ_with(named, {})
