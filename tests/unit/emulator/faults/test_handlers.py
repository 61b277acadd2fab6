"""The two handlers of faults alone, before something that is no emulator."""

from __future__ import annotations

import warnings

import pytest

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.faults.handler import with_faults
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.emulator.faults.raw_key import warning_of_raw_keys
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import EmulatorGap, QChannelError, RawKeyWarning
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response, Trouble

ASKED = Request("GET", "quantum.cloud.ibm.com", "/api/v1/jobs")
LOGIN = Request("POST", "iam.cloud.ibm.com", "/identity/token")
CLIENT = {
    "authorization": "apikey 1234",
    "x-qx-client-application": "qiskit-version-2/qiskit_ibm_runtime-0.51.0,qiskit-2.6.2*/qiskit",
}


def app(path: str = "/jobs", **fault: object) -> App:
    declared = parse_fault({"route": f"GET {path}", **fault})
    return App(World([], [], clock=Clock(lambda: 0.0)), faults=[declared])


def ok(_: Request) -> Response:
    return Response(200, b"{}")


def never(_: Request) -> Response:
    raise AssertionError("it was asked")


def test_a_refusal_keeps_the_request_and_looks_at_it() -> None:
    known, unknown = app(status=503), app("*", status=503)
    answer = with_faults(known)(ASKED, never)
    assert (answer.status, known.gaps) == (503, [])
    assert answer.trouble == Trouble("GET /jobs: status 503", None, is_lost=False)
    nowhere = Request("GET", "quantum.cloud.ibm.com", "/api/v1/nowhere")
    assert with_faults(unknown)(nowhere, never).status == 503
    assert [type(gap) for gap in unknown.gaps] == [EmulatorGap], "it would not be known later"


def test_what_was_answered_before_trouble_is_told() -> None:
    handle = with_faults(app(status=504, processed=True))
    answer = handle(ASKED, ok)
    assert answer.status == 504
    assert answer.trouble is not None
    assert answer.trouble.answered == Response(200, b"{}")
    with pytest.raises(ConnectionDropped) as caught:
        with_faults(app(drop="after"))(ASKED, ok)
    assert caught.value.trouble is not None
    assert caught.value.trouble.answered == Response(200, b"{}")
    assert caught.value.trouble.is_lost


def test_what_meets_no_fault_passes_as_it_is() -> None:
    handle = with_faults(app(status=503))
    assert handle(LOGIN, ok).trouble is None
    assert handle(ASKED, never).status == 503
    assert handle(ASKED, ok).trouble is None, "it has happened already"
    assert handle(Request("GET", "elsewhere.example", "/"), ok).status == 200


def dropped(_: Request) -> Response:
    raise ConnectionDropped("before", Trouble("drop", is_lost=True))


@pytest.mark.parametrize(
    ("login", "warned"),
    [
        (lambda _: Response(503, trouble=Trouble("status 503")), True),
        (lambda _: Response(200, trouble=Trouble("body malformed", is_lost=True)), True),
        (dropped, True),
        (lambda _: Response(200, trouble=Trouble("delay")), False),
        (lambda _: Response(400), False),
    ],
)
def test_a_raw_key_is_warned_of_once_after_trouble_with_the_login(
    login: Handle, warned: bool
) -> None:
    handle = warning_of_raw_keys([])
    try:
        handle(LOGIN, login)
    except ConnectionDropped:
        assert login is dropped
    sent = Request(ASKED.method, ASKED.host, ASKED.path, CLIENT)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert handle(sent, ok).status == 200
        handle(sent, ok)
    assert [one.category for one in told] == [RawKeyWarning] * warned


def test_the_warning_as_an_error_is_a_problem_too() -> None:
    problems: list[QChannelError] = []
    handle = warning_of_raw_keys(problems)
    handle(LOGIN, lambda _: Response(503, trouble=Trouble("status 503")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RawKeyWarning):
            handle(Request(ASKED.method, ASKED.host, ASKED.path, CLIENT), ok)
    (problem,) = problems
    assert problem.where == "GET https://quantum.cloud.ibm.com/api/v1/jobs"
