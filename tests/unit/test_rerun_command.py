"""The command that starts a run once more, with one option more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.errors import NetworkBlocked
from pytest_qchannel.network.guard import NetworkGuard


def test_a_step_keeps_the_options_that_the_run_was_started_with() -> None:
    """What the user saw: ``pytest --qchannel-world=w.toml`` of a run with --qchannel-everywhere.

    Pasted, it was another run, and ended with another error. An option that is given once more
    takes the place of the one that was there.
    """
    typed = ("--qchannel-everywhere", "--qchannel-world=old world.toml", "--qchannel-seed=7")
    rerun_command.started(rerun_command.Start(Path(), Path(), typed=typed))
    try:
        assert (
            rerun_command.again("--qchannel-world=new world.toml")
            == "pytest --qchannel-everywhere --qchannel-seed=7 '--qchannel-world=new world.toml'"
        )
        assert rerun_command.words_of("") == []
    finally:
        rerun_command.ended()
    assert rerun_command.again("--qchannel-seed=8") == "pytest --qchannel-seed=8"


def test_a_host_more_is_allowed_beside_those_that_are() -> None:
    """An option on the command line takes the place of the ini key: the hosts there were lost."""
    guard = NetworkGuard("test_it.py::test_a", ["db.example.org"], lambda _: None)
    with pytest.raises(NetworkBlocked, match=r"=db\.example\.org,api\.example\.org"):
        guard.refuse("api.example.org")
