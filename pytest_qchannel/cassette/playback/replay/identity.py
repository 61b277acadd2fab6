"""Logins in a replay: answered anew each time, by nobody in particular, for as long as one likes.

A recorded access token lives an hour. So logins that succeeded are not in a cassette; in a replay
they are answered here, with a token whose times are those of the replay. Where a login failed when
it was recorded, all of that cassette's logins are kept, in order, and failures are replayed; of a
success the order alone counts. What carries the token is not looked at: the recorded answers say
whether it was accepted.

Source of the answers' fields: IAM's ``POST /identity/token`` and the classic platform's
``POST /users/loginWithToken``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from pytest_qchannel.cassette.interaction import Interaction, with_length
from pytest_qchannel.cassette.playback.matching import found_in
from pytest_qchannel.cassette.standin_shapes import HEX, WORD, standin_jwt
from pytest_qchannel.hosts import IAM
from pytest_qchannel.ibm import classic, cloud
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.wire import compact, json_object

__all__ = ["Identity", "is_login", "kept_logins"]

_JSON: Final = (("Content-Type", "application/json; charset=utf-8"),)


def is_login(request: Interaction) -> bool:
    """Whether a request asks for an access token."""
    found = found_in(request)
    return found is not None and found.route.action is Action.LOGIN


def kept_logins(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """The interactions without their logins, unless one of those failed: then all of them."""
    every = tuple(interactions)
    has_failed = any(one.status >= 400 and is_login(one) for one in every)
    return every if has_failed else tuple(one for one in every if not is_login(one))


class Identity:
    """Answers the logins of one replay.

    Args:
        recorded: The cassette's interactions; its logins are taken from them.
        own: The credentials that the cassette was recorded with: stand-ins.
        now: Seconds since the epoch.

    Attributes:
        has_refused_another: Whether a credential that is not in the cassette got a refusal of it.
    """

    def __init__(
        self, recorded: Iterable[Interaction], own: Iterable[str], now: Callable[[], float]
    ) -> None:
        self._now = now
        self._own = set(own)
        self._lock = threading.Lock()
        self._given = 0
        self._logins: dict[str, list[Interaction]] = {}
        for one in recorded:
            if is_login(one):
                self._logins.setdefault(_credential(one), []).append(one)
        self._at: dict[str, int] = {}
        self._stands_for: dict[str, str] = {}
        self.has_refused_another = False

    def answer(self, sent: Interaction) -> Interaction:
        """The answer to a login: the recorded failure whose turn it is, or a fresh token."""
        with self._lock:
            credential = _credential(sent)
            name = self._recorded_as(credential)
            logins = self._logins.get(name, [])
            at = self._at.get(name, 0)
            self._at[name] = at + 1
            if logins and (recorded := logins[min(at, len(logins) - 1)]).status >= 400:
                self.has_refused_another |= credential in self._stands_for
                return _to(sent, recorded)
            self._given += 1
            number = self._given
        issued_at = int(self._now())
        found = found_in(sent)
        is_iam = found is not None and found.host.service == IAM
        body = _iam(number, issued_at) if is_iam else _classic(number, issued_at)
        return Interaction(
            sent.method, sent.url, status=200, response_headers=_JSON, response_body=compact(body)
        )

    def state(self) -> Mapping[str, int]:
        """How many logins each credential has had."""
        with self._lock:
            return dict(self._at)

    def go_back(self, state: Mapping[str, int]) -> None:
        """Makes the logins be where they were; tokens are new ones all the same."""
        with self._lock:
            self._at = dict(state)

    def _recorded_as(self, credential: str) -> str:
        """The credential that a cassette has for one that was sent.

        One that is not the account's own stands for the first other one that is still free.
        """
        if credential in self._own or credential in self._logins:
            return credential
        if credential not in self._stands_for:
            taken = {*self._own, *self._stands_for.values()}
            free = (name for name in self._logins if name not in taken)
            self._stands_for[credential] = next(free, credential)
        return self._stands_for[credential]


def _to(sent: Interaction, refused: Interaction) -> Interaction:
    """A recorded refusal, with the program that asks now where it names the one that asked."""
    body = json_object(refused.response_body)
    context = body.get("context")
    if not isinstance(context, dict) or context.get("userAgent") != WORD:
        return refused
    agents = (value for name, value in sent.request_headers if name.lower() == "user-agent")
    context["userAgent"] = next(agents, "")
    made = compact(body)
    headers = with_length(refused.response_headers, made)
    return replace(refused, response_headers=headers, response_body=made)


def _iam(number: int, issued_at: int) -> Mapping[str, object]:
    return {
        "access_token": standin_jwt(number, issued_at, issued_at + cloud.LIFETIME_S),
        "refresh_token": "not_supported",
        "token_type": "Bearer",
        "expires_in": cloud.LIFETIME_S,
        "expiration": issued_at + cloud.LIFETIME_S,
        "scope": "ibm openid",
    }


def _classic(number: int, issued_at: int) -> Mapping[str, object]:
    created = datetime.fromtimestamp(issued_at, UTC)
    return {
        "id": f"{HEX}{number:0{128 - len(HEX)}x}",
        "ttl": classic.LIFETIME_S,
        "created": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "userId": f"{HEX}{1:08x}",
    }


def _credential(login: Interaction) -> str:
    """What a login was asked with; empty where it has none that its service reads."""
    text = login.request_body.decode("utf-8", "replace")
    found = found_in(login)
    if found is not None and found.route.form:
        return dict(parse_qsl(text)).get("apikey", "")
    return str(json_object(text).get("apiToken") or "")
