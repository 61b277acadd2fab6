"""assert_authenticated and assert_logged_out, against fakes of the client and of a session."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.assertions import assert_authenticated, assert_logged_out
from pytest_qchannel.errors import ExpectationFailed, NetworkBlocked, UsageProblem

SECRET = "s3cr3t-Key_0123456789"
FALLBACK = (
    "Unable to retrieve IBM Cloud access token. API Key will be used instead. "
    f"Error: Provided API key could not be found, apikey={SECRET}"
)


class IBMNotAuthorizedError(Exception):
    """Named as the client's; compared by name."""


class ChildOfNotAuthorized(IBMNotAuthorizedError):
    pass


class FakeService:
    """Like QiskitRuntimeService: ``jobs`` sends GET /jobs, and may warn first."""

    def __init__(self, error: Exception | None = None, warns: tuple[Warning, ...] = ()) -> None:
        self._error = error
        self._warns = warns
        self._channel = "ibm_cloud"
        self.calls: list[dict[str, Any]] = []

    def jobs(self, **arguments: Any) -> list[object]:
        self.calls.append(arguments)
        for warning in self._warns:
            warnings.warn(warning, stacklevel=1)
        if self._error is not None:
            raise self._error
        return []


def answer(status: int, text: str = "") -> SimpleNamespace:
    return SimpleNamespace(status_code=status, text=text)


class FakeSession:
    """Like the fixture qchannel_rest: paths are joined to ``base_url`` by the session."""

    base_url = "https://quantum.cloud.ibm.com/api/v1"

    def __init__(
        self, got: SimpleNamespace | Exception, headers: dict[str, Any] | None = None
    ) -> None:
        self._got = got
        bearer = {"Authorization": f"Bearer {SECRET}"}
        self.headers: dict[str, Any] = bearer if headers is None else headers
        self.asked: list[str] = []

    def get(self, url: str, **_: Any) -> SimpleNamespace:
        self.asked.append(url)
        if isinstance(self._got, Exception):
            raise self._got
        return self._got


class ClassicSession(FakeSession):
    logout_url: str | None = "https://auth.quantum-computing.ibm.com/api/users/logout"

    def __init__(self, got: SimpleNamespace, again: SimpleNamespace | Exception) -> None:
        super().__init__(got, {"x-access-token": SECRET})
        self._again = again
        self.logouts = 0

    def logout(self) -> SimpleNamespace:
        self.logouts += 1
        if isinstance(self._again, Exception):
            raise self._again
        return self._again


def failure(check: Callable[[Any], None], target: Any) -> str:
    with pytest.raises(ExpectationFailed) as caught:
        check(target)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None  # a chained error would print its own, unscrubbed text
    text = str(caught.value)
    assert SECRET not in text
    assert "where:" in text
    assert "next:" in text
    return text


# -- assert_authenticated ----------------------------------------------------------------------


def test_service_that_answers_is_authenticated() -> None:
    service = FakeService()
    assert_authenticated(service)
    assert service.calls == [{"limit": 1}]


def test_service_that_refuses_is_not_authenticated() -> None:
    text = failure(assert_authenticated, FakeService(IBMNotAuthorizedError(f"Bearer {SECRET}")))
    assert text.startswith("assert_authenticated: the service refused the credential")
    assert "FakeService, channel ibm_cloud, GET /jobs?limit=1" in text
    assert "IBMNotAuthorizedError: Bearer ***" in text


def test_service_that_breaks_proves_nothing() -> None:
    text = failure(assert_authenticated, FakeService(ValueError(f'{{"apikey": "{SECRET}"}}')))
    assert "gave neither 200 nor 401" in text
    assert 'ValueError: {"apikey": ***}' in text


@pytest.mark.parametrize("error", [None, IBMNotAuthorizedError("401")])
@pytest.mark.parametrize("action", ["error", "ignore", "default"])
def test_silent_fallback_to_the_api_key_fails(error: Exception | None, action: Any) -> None:
    """The client only warns when IAM fails, and a lenient service takes the key."""
    service = FakeService(error, (UserWarning(FALLBACK), UserWarning("another")))
    with warnings.catch_warnings(record=True):
        warnings.simplefilter(action)
        text = failure(assert_authenticated, service)
    assert "the access token could not be had, and the API key itself travelled" in text
    assert "Unable to retrieve IBM Cloud access token" in text
    assert "https://iam.cloud.ibm.com/identity/token" in text


def test_other_warnings_are_issued_again() -> None:
    with pytest.warns(UserWarning, match="usage limit") as caught:
        assert_authenticated(FakeService(warns=(UserWarning("near the usage limit"),)))
    assert caught[0].filename == __file__


def test_other_warnings_obey_the_filters_of_the_test() -> None:
    service = FakeService(warns=(UserWarning("near the usage limit"),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="near"):
            assert_authenticated(service)
        warnings.filterwarnings("ignore", module=__name__)
        assert_authenticated(service)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"authorization": f"bearer {SECRET}".encode()},
        {"x-access-token": SECRET, "Accept": None},
    ],
)
def test_session_with_an_access_token_is_authenticated(headers: dict[str, Any]) -> None:
    session = FakeSession(answer(200, "{}"), headers)
    assert_authenticated(session)
    assert session.asked == ["/jobs?limit=1"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Authorization": f"apikey {SECRET}"}, "the session carries the API key itself"),
        ({}, "the session carries no access token"),
        ({"Authorization": "Bearer "}, "the session carries no access token"),
        ({"Authorization": f"Basic {SECRET}"}, "the session carries no access token"),
    ],
)
def test_session_without_an_access_token_fails(headers: dict[str, Any], words: str) -> None:
    text = failure(assert_authenticated, FakeSession(answer(200), headers))
    assert words in text
    assert "Authorization: Bearer <access token>" in text


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (answer(401, f'{{"access_token": "{SECRET}"}}'), "the service refused the credential"),
        (answer(503, "maintenance"), "503 maintenance"),
        (OSError(f"apikey {SECRET}"), "OSError: apikey ***"),
    ],
)
def test_session_that_is_refused_fails(got: Any, words: str) -> None:
    text = failure(assert_authenticated, FakeSession(got))
    assert words in text
    assert "https://quantum.cloud.ibm.com/api/v1, GET /jobs?limit=1" in text


@pytest.mark.parametrize("check", [assert_authenticated, assert_logged_out])
@pytest.mark.parametrize("target", [object(), None, SimpleNamespace(get=print)])
def test_other_targets_are_a_usage_problem(check: Callable[[Any], None], target: Any) -> None:
    with pytest.raises(UsageProblem, match=r"(?s)base_url.*qchannel_service or qchannel_rest"):
        check(target)


@pytest.mark.parametrize("check", [assert_authenticated, assert_logged_out])
def test_rules_of_the_kit_pass_through(check: Callable[[Any], None]) -> None:
    with pytest.raises(NetworkBlocked):
        check(FakeService(NetworkBlocked("no network here")))
    with pytest.raises(NetworkBlocked):
        check(FakeSession(NetworkBlocked("no network here")))


# -- assert_logged_out -------------------------------------------------------------------------


@pytest.mark.parametrize("error", [IBMNotAuthorizedError("401"), ChildOfNotAuthorized("401")])
def test_service_that_refuses_is_logged_out(error: Exception) -> None:
    assert_logged_out(FakeService(error))


def test_service_that_answers_is_not_logged_out() -> None:
    text = failure(assert_logged_out, FakeService())
    assert text.startswith("assert_logged_out: the access token still works")
    assert "wanted: IBMNotAuthorizedError (a 401)" in text


def test_service_that_breaks_is_not_logged_out() -> None:
    text = failure(assert_logged_out, FakeService(RuntimeError(f"500 for Bearer {SECRET}")))
    assert "the service gave something else than 401" in text
    assert "RuntimeError: 500 for Bearer ***" in text


def test_refused_api_key_tells_nothing_about_the_access_token() -> None:
    service = FakeService(IBMNotAuthorizedError("401"), (UserWarning(FALLBACK),))
    text = failure(assert_logged_out, service)
    assert "the API key itself travelled, so the answer tells nothing about an access token" in text
    text = failure(assert_logged_out, FakeSession(answer(401), {}))
    assert "no access token travelled" in text


def test_session_that_is_refused_is_logged_out() -> None:
    assert_logged_out(FakeSession(answer(401)))


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (answer(200, f'{{"token": "{SECRET}"}}'), "the access token still works"),
        (answer(403, "forbidden"), "403 forbidden"),
        (OSError("refused"), "OSError: refused"),
    ],
)
def test_session_that_gets_something_else_is_not_logged_out(got: Any, words: str) -> None:
    assert words in failure(assert_logged_out, FakeSession(got))


def test_classic_session_is_refused_a_second_logout() -> None:
    session = ClassicSession(answer(401), answer(401))
    assert_logged_out(session)
    assert session.logouts == 1


@pytest.mark.parametrize(
    ("again", "words"),
    [(answer(204), "204"), (answer(500, f"Bearer {SECRET}"), "500"), (OSError("cut"), "OSError")],
)
def test_second_logout_that_is_not_refused_fails(again: Any, words: str) -> None:
    text = failure(assert_logged_out, ClassicSession(answer(401), again))
    assert text.startswith("assert_logged_out: a second logout was not refused")
    assert "POST https://auth.quantum-computing.ibm.com/api/users/logout" in text
    assert words in text


def test_live_access_token_is_not_logged_out_by_the_check() -> None:
    session = ClassicSession(answer(200), answer(204))
    failure(assert_logged_out, session)
    assert session.logouts == 0


def test_channel_without_logout_needs_no_second_one() -> None:
    session = ClassicSession(answer(401), answer(500))
    session.logout_url = None
    assert_logged_out(session)
    assert session.logouts == 0


def test_an_answer_that_repeats_the_credential_is_shown_without_it() -> None:
    session = FakeSession(answer(500, f"no user has {SECRET} today"))
    with pytest.raises(ExpectationFailed) as raised:
        assert_authenticated(session)
    assert SECRET not in str(raised.value)
    assert "no user has <secret the session's credential> today" in str(raised.value)


def test_an_error_of_the_second_logout_is_shown_without_the_credential() -> None:
    session = ClassicSession(answer(401), OSError(f"lost {SECRET}"))
    with pytest.raises(ExpectationFailed) as raised:
        assert_logged_out(session)
    assert SECRET not in str(raised.value)
    assert "OSError: lost <secret the session's credential>" in str(raised.value)
