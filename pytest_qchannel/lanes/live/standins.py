"""Stand-ins for a person's credentials: what code under test holds, while the door holds the real.

A key stands for a channel's API key, a JSON Web Token for an access token of IAM, with the times
of the real one: the client reads them there. Each lane has its own, so that a thread which outlives
its test is not taken for the next one. On the way out the real one takes its place, where a
credential belongs and nowhere else (the header ``Authorization``, the form of a login); on the way
in whatever is real is taken out of headers and body.

Source: IAM's login, ``Authorization: Bearer`` and ``apikey`` of the runtime service (IBM's API
descriptions); ``iat`` and ``exp`` are read by ibm-cloud-sdk-core and by the client's own ``auth``.
"""

from __future__ import annotations

import functools
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeGuard
from urllib.parse import parse_qsl, urlencode

import jwt

from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.hidden_keys import new_standin
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.emulator.api.refusals import Known, refuse, refuse_as
from pytest_qchannel.emulator.world.ended import remember_ended, said_of_ended
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import IAM, RUNTIME
from pytest_qchannel.ibm.cloud import LIFETIME_S
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import find
from pytest_qchannel.lanes.live.access import shown
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import ApiError, Handle, Link, Request, Response

__all__ = ["Loan", "StandIns"]

_AUTHORIZATION: Final = "authorization"
_SCHEMES: Final = ("bearer", "apikey", "basic")
_LOGIN_FIELDS: Final = ("apikey", "refresh_token")
_WITHHELD: Final = b"<withheld: the answer to a login that is no JSON object>"
_SHORT: Final = 2**16
"""An answer that is no longer is searched for a credential in every way that it can be written: one
that says back what it was sent is an error, or a page."""

_HIDDEN: Final = b"<real credential>"
_NO_TOKEN: Final = ("", "not_supported")
"""What IAM answers as a refresh token where there is none."""


class StandIns:
    """The stand-ins of one process.

    Those of ``keys`` hold for as long as the run: code that reads its environment when it is
    imported has one. All others are of one lane, and end with it (:class:`Loan`).

    Args:
        held: The real credential of each channel that has one.
        learned: Called with each access token that a login is answered with, for whoever looks for
            secrets in what is written.
        known: The stand-ins of some real credentials, where they are in use already.
    """

    def __init__(
        self,
        held: Mapping[Channel, Secret],
        learned: Callable[[Secret], None] = lambda _: None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.learned = learned
        self.held = {channel.name: secret.reveal() for channel, secret in held.items()}
        """By channel, what is real."""
        self.keys: Mapping[str, str] = {
            name: (known or {}).get(real) or new_standin() for name, real in self.held.items()
        }
        """By channel, what code logs in with that has read its key outside of a lane."""

    def lend(self) -> Loan:
        """The stand-ins of one lane."""
        return Loan(self)


class Loan:
    """The stand-ins of one lane, each for one real credential.

    Args:
        standins: Those of the process.
    """

    def __init__(self, standins: StandIns) -> None:
        self._learned = standins.learned
        self._lock = threading.Lock()
        self._real: dict[str, str] = {}
        self._standin: dict[str, str] = {}
        self.keys: Mapping[str, str] = {name: new_standin() for name in standins.held}
        """By channel, what the code under test logs in with."""
        for keys in (self.keys, standins.keys):
            for name, standin in keys.items():
                self._pair(standin, standins.held[name])
        self._of_run = frozenset(standins.keys.values())

    def end(self, where: str) -> None:
        """Ends them: who goes on with one is told of which lane it was.

        Args:
            where: The test.
        """
        with self._lock:
            remember_ended(self._real.keys() - self._of_run, where)
            self._real.clear()

    def link(self, where: Callable[[], str], problems: list[QChannelError]) -> Link:
        """Puts the real credentials in on the way out, and takes them out on the way in.

        Args:
            where: Gives the test, for errors.
            problems: Where a refusal is put, too: the code under test may swallow it.
        """

        def handle(request: Request, answer: Handle) -> Response:
            try:
                sent = self.outwards(request, where())
            except LiveRefused as refused:
                problems.append(refused)
                raise
            except ApiError as ended:
                return ended.response
            return self.inwards(request, answer(sent))

        return handle

    def outwards(self, request: Request, where: str = "") -> Request:
        """A request with the real credentials.

        Raises:
            ApiError: It has a stand-in of a lane that has ended.
            LiveRefused: It has a credential that is no stand-in.
        """
        if not _is_login(request):
            headers = dict(request.headers)
            said = headers.get(_AUTHORIZATION, "").strip()
            scheme, space, value = said.partition(" ")
            if scheme.lower() not in _SCHEMES:
                # Whole: what refuses another scheme, as http.client some letters, may show it.
                scheme, space, value = "", "", said
            if value.strip():
                real = self._real_of(value.strip(), request, where)
                headers[_AUTHORIZATION] = scheme + space + real
            return replace(request, headers=headers)
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        form = [
            (name, self._real_of(text, request, where) if name in _LOGIN_FIELDS and text else text)
            for name, text in fields
        ]
        return replace(request, body=urlencode(form).encode())

    def inwards(self, request: Request, response: Response) -> Response:
        """An answer without anything real; a login's has stand-ins that live as long."""
        if _is_login(request) and response.status < 400 and not self._learn(response):
            response = replace(response, body=_WITHHELD)
        with self._lock:
            known = sorted(self._standin.items(), key=lambda pair: -len(pair[0]))
        body, headers = response.body, dict(response.headers)
        for real, standin in known:
            body = body.replace(real.encode(), standin.encode())
            headers = {name: text.replace(real, standin) for name, text in headers.items()}
            if len(body) <= _SHORT:
                for written in _written(real):
                    body = body.replace(written, _HIDDEN)
                headers = {name: _hidden(real, text) for name, text in headers.items()}
        return replace(response, body=body, headers=headers)

    def _learn(self, response: Response) -> bool:
        """Whether it is known what is real in the answer of a login: all tokens in it are.

        Other kinds of logins have others, as ``delegated_refresh_token``.
        """
        try:
            answered = json.loads(response.body)
            tokens = {name: one for name, one in answered.items() if name.endswith("token")}
        except (ValueError, RecursionError, AttributeError):
            return False
        for name, token in tokens.items():
            if not _is_sendable(token) or token in _NO_TOKEN or token in self._standin:
                continue
            is_access = name == "access_token"
            expires_in = answered.get("expires_in")
            self._pair(_standin_jwt(token, expires_in) if is_access else new_standin(), token)
            word = name.removesuffix("token").replace("_", " ")
            self._learned(Secret(f"{'an' if is_access else 'a'} {word}token of this run", token))
        return True

    def _pair(self, standin: str, real: str) -> None:
        with self._lock:
            self._real[standin] = real
            self._standin.setdefault(real, standin)

    def _real_of(self, text: str, request: Request, where: str) -> str:
        with self._lock:
            found = self._real.get(text)
        if found is not None:
            return found
        if said := said_of_ended(text):
            raise _ended(request, said)
        names = [
            credentials.own_variable(one, "TOKEN")
            for one in CHANNEL_BY_NAME.values()
            if one.name in self.keys
        ]
        raise LiveRefused(
            "the code under test sent a credential that the live lane does not know",
            where=f"{where}, {shown(request)}",
            next="let the code read its key where it does every day (QISKIT_IBM_TOKEN): the "
            "fixtures put a stand-in there; the real one belongs into "
            f"{' or '.join(names)}, before pytest starts",
        )


def _ended(request: Request, said: str) -> ApiError:
    """The refusal of a credential, as its service has it, that says of which test it was.

    The test that runs now is not to blame: a thread of that other one asks.
    """
    found, trace = find(request.method, request.host, request.path), secrets.token_hex(16)
    service = found.route.service if found is not None else RUNTIME
    if service == IAM:
        return refuse(IAM, 400, "BXNIM0415E", f"Provided API key could not be found.{said}", trace)
    advice = f"{Known.BAD_CREDENTIALS.solution}{said}"
    return refuse_as(service, Known.BAD_CREDENTIALS, trace, advice=advice)


@functools.lru_cache(maxsize=64)
def _written(real: str) -> tuple[bytes, ...]:
    """A credential in every way to write it, as in base64; a short one is found by chance."""
    secret = Secret("", real)
    return tuple(one for one, _ in secret.encodings()) if secret.is_searchable else ()


def _hidden(real: str, text: str) -> str:
    for written in _written(real):
        text = text.replace(written.decode("latin-1"), _HIDDEN.decode())
    return text


def _is_sendable(token: object) -> TypeGuard[str]:
    return isinstance(token, str) and token.isascii()


def _is_login(request: Request) -> bool:
    found = find(request.method, request.host, request.path)
    return found is not None and found.route.action is Action.LOGIN


def _standin_jwt(real: str, expires_in: object) -> str:
    """A token with the times of a real one, signed with a key that nobody has."""
    try:
        claims = jwt.decode(real, options={"verify_signature": False, "verify_exp": False})
        times = {name: claims[name] for name in ("iat", "exp")}
    except (jwt.PyJWTError, KeyError):  # an opaque one: its answer says how long it lives
        now = int(time.time())
        lives = expires_in if isinstance(expires_in, int) else LIFETIME_S
        times = {"iat": now, "exp": now + lives}
    claims = {"jti": secrets.token_hex(8), **times}
    return jwt.encode(claims, secrets.token_bytes(32), algorithm="HS256")
