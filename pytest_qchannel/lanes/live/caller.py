"""What the live lane asks the services itself, with the real credentials: logins and look-ups.

Source: the login, the search for instances and the headers of the runtime service, as the client
sends them (``accounts/account.py``, ``api/auth.py`` of 0.51).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pytest_qchannel.cassette.accounts import HeldInstance
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.crn import CRN
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import IAM, RUNTIME, SEARCH, base_url_of
from pytest_qchannel.ibm.table import url_of
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response

__all__ = ["API_VERSION", "Caller", "LiveLoginFailed"]

API_VERSION: Final = "2025-05-01"
_EARLY_S: Final = 300
"""How long before its end an access token is taken for ended."""

_GRANT: Final = "urn:ibm:params:oauth:grant-type:apikey"


class LiveLoginFailed(QChannelError):
    """IAM did not take the real credential, or did not answer."""


@dataclass(frozen=True)
class _Token:
    value: str
    until: float


class Caller:
    """Asks the services as one channel's account.

    Args:
        channel: The channel.
        secret: Its real API key.
        send: Sends a request as it is.
        now: The time, in seconds since the epoch.
    """

    def __init__(
        self, channel: Channel, secret: Secret, send: Handle, now: Callable[[], float]
    ) -> None:
        self.channel = channel
        self._secret = secret
        self._send = send
        self._now = now
        self._token: _Token | None = None
        self._lock = threading.Lock()
        self._instances: tuple[HeldInstance, ...] | None = None

    def access_token(self) -> str:
        """An access token that is valid for some minutes at least.

        Raises:
            LiveLoginFailed: IAM refused the key, or did not answer.
        """
        with self._lock:
            if self._token is None or self._token.until - _EARLY_S < self._now():
                self._token = self._log_in()
            return self._token.value

    def request(
        self, method: str, path: str, crn: str, body: Mapping[str, Any] | None = None
    ) -> Response:
        """The answer of the runtime service, at the region of an instance.

        Args:
            method: The HTTP method.
            path: Below the base of the API, with its query.
            crn: The instance.
            body: What is sent as JSON.

        Raises:
            ConnectionDropped: There is no answer.
            LiveLoginFailed: See :meth:`access_token`.
        """
        headers = {
            "authorization": f"Bearer {self.access_token()}",
            "service-crn": crn,
            "ibm-api-version": API_VERSION,
        }
        url = base_url_of(RUNTIME, CRN.parse(crn).region) + path
        return self._ask(method, url, headers, body)

    def instances(self) -> tuple[HeldInstance, ...]:
        """The instances of the account, as the search for them lists them.

        Raises:
            LiveLoginFailed: They could not be asked for.
        """
        if self._instances is None:
            headers = {"authorization": f"Bearer {self.access_token()}"}
            asked = {"query": "service_name:quantum-computing", "fields": ["crn", "name"]}
            url = url_of(SEARCH, "POST /v3/resources/search") + "?limit=100"
            answered = self._json(self._ask("POST", url, headers, asked))
            self._instances = tuple(
                HeldInstance(one["crn"], one.get("name") or one["crn"], "")
                for one in answered.get("items", ())
            )
        return self._instances

    def _log_in(self) -> _Token:
        form = urlencode({"grant_type": _GRANT, "apikey": self._secret.reveal()}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        parts = urlsplit(url_of(IAM, "POST /identity/token"))
        request = Request("POST", parts.netloc, parts.path, headers, "", form)
        answered = self._json(self._answer(request))
        token = answered.get("access_token")
        if not isinstance(token, str):
            raise self._failed("IAM gave no access token")
        return _Token(token, self._now() + int(answered.get("expires_in") or 3600))

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: Mapping[str, Any] | None
    ) -> Response:
        parts = urlsplit(url)
        sent = b""
        if body is not None:
            headers["content-type"] = "application/json"
            sent = json.dumps(body, separators=(",", ":")).encode()
        request = Request(method, parts.netloc, parts.path, headers, parts.query, sent)
        return self._send(request)

    def _answer(self, request: Request) -> Response:
        try:
            return self._send(request)
        except ConnectionDropped as dropped:
            said = dropped.trouble.name if dropped.trouble else "no answer"
            raise self._failed(f"{request.host} gave no answer", said) from None

    def _json(self, response: Response) -> dict[str, Any]:
        try:
            answered = json.loads(response.body)
        except ValueError:
            answered = None
        if response.status != 200 or not isinstance(answered, dict):
            raise self._failed(f"the login was answered with {response.status}")
        return answered

    def _failed(self, headline: str, error: str = "") -> LiveLoginFailed:
        return LiveLoginFailed(
            f"{self.channel}: {headline}",
            facts=[("error", error)] if error else [],
            next=f"check the {self.channel.credential} in {self._secret.env_var}, and whether "
            "https://quantum.cloud.ibm.com is there",
        )
