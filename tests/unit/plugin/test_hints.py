"""What tests that never use us are told: it ends no run, and says nothing that is not so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests

from pytest_qchannel.plugin.fixture_names import name_nearest
from pytest_qchannel.plugin.forgotten import host_refused_in, is_for_want_of_account
from pytest_qchannel.plugin.hints import Hints

JOBS = "https://quantum.cloud.ibm.com/api/v1/jobs"
IAM = "https://iam.cloud.ibm.com/identity/token"


class Raises:
    """A test double that is asked for nothing but what it is made for."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class RaisesAsText:
    def __str__(self) -> str:
        raise ValueError("no text")


class RaisesAsBool:
    url = "http://x"

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


class FailsTheTest:
    @property
    def url(self) -> str:
        pytest.fail("nobody asks for this")


class WithoutCause(Exception):
    def __getattribute__(self, name: str) -> Any:
        if name in ("__cause__", "__context__"):
            raise RuntimeError(name)
        return super().__getattribute__(name)


class WithoutNotes(Exception):
    def add_note(self, note: str) -> None:
        raise RuntimeError(note)


WithoutNotes.__name__ = "AccountNotFoundError"
OfNoModule = type("OfNoModule", (Exception,), {"__module__": None})


def answered(status: int, url: Any = JOBS) -> requests.HTTPError:
    response: Any = SimpleNamespace(status_code=status, request=SimpleNamespace(url=url))
    return requests.HTTPError("refused", response=response)


def unanswered(request: Any) -> requests.ConnectionError:
    return requests.ConnectionError("no way", request=request)


ODD = [
    KeyError(["a"]),
    KeyError({"a": 1}),
    KeyError(),
    answered(401, "http://[broken"),
    answered(401, RaisesAsText()),
    unanswered(Raises()),
    unanswered(RaisesAsBool()),
    unanswered(FailsTheTest()),
    WithoutCause("x"),
    WithoutNotes("x"),
    OfNoModule("x"),
]


def told(error: BaseException, request: pytest.FixtureRequest) -> str:
    """What the report of a test says in the end that ended with an error."""

    def fail() -> None:
        raise error

    report: Any = SimpleNamespace(longrepr="as pytest has it")
    Hints.test_failed(request.node, pytest.CallInfo.from_call(fail, "call"), report)
    return str(report.longrepr)


@pytest.mark.parametrize("error", ODD, ids=lambda one: type(one).__name__)
def test_a_hint_ends_no_run(error: BaseException, request: pytest.FixtureRequest) -> None:
    """Any suite with ``raise KeyError(["a"])`` ended with INTERNALERROR and exit 3."""
    assert told(error, request) == "as pytest has it"
    assert not getattr(error, "__notes__", ())


def test_no_other_hint_ends_a_run_but_who_stops_it_does(request: pytest.FixtureRequest) -> None:
    raising: Any = Raises()
    Hints.collection_failed(request.config, SimpleNamespace(longrepr=RaisesAsText()))  # type: ignore[arg-type]
    Hints.run_ends(raising)

    class Stopped:
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    stopped: Any = Stopped()
    with pytest.raises(KeyboardInterrupt):
        Hints.run_ends(stopped)


def test_a_variable_of_an_account_is_one_by_its_name() -> None:
    assert is_for_want_of_account(KeyError("QISKIT_IBM_TOKEN"))
    for key in (["QISKIT_IBM_TOKEN"], {"QISKIT_IBM_TOKEN": 1}, "PATH", ("QISKIT_IBM_TOKEN",)):
        assert not is_for_want_of_account(KeyError(key))
    assert not is_for_want_of_account(ValueError("QISKIT_IBM_TOKEN"))


@pytest.fixture(params=[False, True], ids=["without the client", "with the client"])
def has_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whether ``qiskit_ibm_runtime`` is loaded."""
    name = "qiskit_ibm_runtime"
    if request.param:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    else:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return request.param


HOSTS: list[tuple[str, Callable[[bool], bool]]] = [
    (JOBS, lambda has_client: True),
    ("https://api.quantum.ibm.com/api/backends", lambda has_client: True),
    (IAM, lambda has_client: has_client),
    ("https://globalcatalog.cloud.ibm.com/api/v1/x", lambda has_client: has_client),
    ("https://api.us-south.assistant.watson.cloud.ibm.com/x", lambda has_client: False),
    ("https://abc.cloudant.ibm.com/x", lambda has_client: False),
    ("https://containers.cloud.ibm.com/x", lambda has_client: False),
    ("https://example.com/api/v1/jobs", lambda has_client: False),
]


@pytest.mark.parametrize(("url", "counts"), HOSTS)
def test_only_a_host_that_is_emulated_counts(
    url: str, counts: Callable[[bool], bool], has_client: bool
) -> None:
    """A test of Watson was told that it lacks a fixture of ours, which emulates no Watson.

    IBM's login and its search are for all of its cloud: they count beside the client only.
    """
    request = requests.Request("GET", url).prepare()
    assert bool(host_refused_in(unanswered(request))) is counts(has_client)
    assert bool(host_refused_in(answered(401, url))) is counts(has_client)
    assert bool(host_refused_in(answered(400, url))) is (url == IAM and has_client)
    assert host_refused_in(answered(404, url)) is None


def test_what_a_mock_answered_was_asked_and_not_reached(request: pytest.FixtureRequest) -> None:
    """The user saw ``reached`` where nothing was sent."""
    error = answered(401)
    assert " asked: quantum.cloud.ibm.com\n" in told(error, request)
    assert not getattr(error, "__notes__", ())


@pytest.mark.parametrize(
    ("asked", "closest"),
    [("qchanel", "qchannel"), ("q_channel", "qchannel"), ("qchannel_servce", "qchannel_service")]
    + [("ibm_clod_service", "ibm_cloud_service")]
    + [(name, None) for name in ("qa_channel", "qa_channel_service", "my_channel", "q_channel_x")],
)
def test_a_fixture_of_somebody_else_is_no_mistyped_one(asked: str, closest: str | None) -> None:
    """Who lacked their ``qa_channel`` was told that ``qchannel`` is closest."""
    listed = "available fixtures: ibm_cloud_service, qchannel, qchannel_service, tmp_path"
    shown = SimpleNamespace(errorstring=f"fixture '{asked}' not found\n {listed}\n")
    report: Any = SimpleNamespace(longrepr=shown)
    name_nearest(report)
    told = f"\n closest: {closest}" if closest else ""
    assert shown.errorstring == f"fixture '{asked}' not found{told}\n {listed}\n"
