"""Errors: what a traceback calls them, and what becomes of them between processes."""

from __future__ import annotations

import pickle
import traceback

import pytest

from pytest_qchannel.cassette.problems import CassetteMissing
from pytest_qchannel.errors import NetworkBlocked, QChannelError, UsageProblem


@pytest.mark.parametrize("kind", [QChannelError, UsageProblem, NetworkBlocked])
def test_a_traceback_shows_no_module(kind: type[QChannelError]) -> None:
    """Of the summary's line the path of a module had taken the place of the cause."""
    said = traceback.format_exception_only(kind("something", next="mend it"))
    assert "".join(said).startswith(f"{kind.__name__}: something\n")


def test_one_of_a_child_process_arrives_as_it_was() -> None:
    error = NetworkBlocked("reached for a host", where="a test", facts=[("why", "it did")])
    error.add_note("a note")
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is NetworkBlocked
    assert (str(arrived), arrived.headline, arrived.facts) == (
        str(error), error.headline, error.facts,
    )  # fmt: skip
    assert arrived.__notes__ == ["a note"]
    made = CassetteMissing.__new__(CassetteMissing, "a text")
    assert type(pickle.loads(pickle.dumps(made))) is CassetteMissing
