"""Variables have stand-ins while a live run goes on, and what they had before when it is over."""

from __future__ import annotations

import os

import pytest

from pytest_qchannel.channels.hidden_keys import HiddenKeys

OURS, CLIENTS, CLOUD = "QCHANNEL_IBM_CLOUD_TOKEN", "QISKIT_IBM_TOKEN", "IBM_CLOUD_API_KEY"


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (OURS, CLIENTS, CLOUD):
        monkeypatch.setenv(name, "a-real-key")


def test_one_key_has_one_standin_and_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLOUD, "another-real-key")
    hidden = HiddenKeys()
    hidden.take()
    assert os.environ[OURS] == os.environ[CLIENTS] != os.environ[CLOUD]
    assert {os.environ[OURS], os.environ[CLOUD]}.isdisjoint({"a-real-key", "another-real-key"})
    assert hidden.environ()[OURS] == "a-real-key"
    assert hidden.standins() == {
        "a-real-key": os.environ[OURS],
        "another-real-key": os.environ[CLOUD],
    }
    monkeypatch.setenv(CLIENTS, "of-a-fixture")  # what somebody has set since then stays
    hidden.end()
    assert (os.environ[OURS], os.environ[CLOUD]) == ("a-real-key", "another-real-key")
    assert os.environ[CLIENTS] == "of-a-fixture"


def test_what_a_conftest_sets_later_is_taken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = HiddenKeys()
    hidden.take()
    before = os.environ[OURS]
    monkeypatch.setenv(CLOUD, "from-a-vault")
    hidden.take()
    assert os.environ[OURS] == before, "it is known by now"
    assert hidden.environ()[CLOUD] == "from-a-vault" != os.environ[CLOUD]


def test_a_worker_has_the_standins_of_its_controller() -> None:
    controller = HiddenKeys()
    controller.take()
    inherited = dict(os.environ)
    worker = HiddenKeys(controller.taken)
    worker.take()
    assert dict(os.environ) == inherited
    assert worker.environ()[OURS] == "a-real-key"
    assert worker.standins() == controller.standins()
    controller.end()


def test_a_key_is_taken_under_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """``MY_TOKEN: ${{ secrets.KEY }}`` stood beside it, and code under test had the real one."""
    theirs = {"MY_TOKEN": "a-real-key", "MY_URL": "https://me:a-real-key@host.example/"}
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    hidden = HiddenKeys()
    hidden.take()
    assert os.environ["MY_TOKEN"] == os.environ[OURS]
    assert os.environ["MY_URL"] == f"https://me:{os.environ[OURS]}@host.example/"
    assert not any("a-real-key" in value for value in os.environ.values())
    worker = HiddenKeys(hidden.taken)
    inherited = dict(os.environ)
    for one in (hidden, worker):
        one.take()
        assert theirs.items() <= one.environ().items()
    assert dict(os.environ) == inherited
    hidden.end()
    assert theirs.items() <= os.environ.items()
