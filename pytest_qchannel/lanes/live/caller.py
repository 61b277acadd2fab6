"""What the live lane asks the services itself, with the real credentials: logins and look-ups.

Source: the login, the search for instances and the headers of the runtime service, as the client
sends them (``accounts/account.py``, ``api/auth.py`` of 0.51).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pytest_qchannel.cassette.accounts import HeldInstance
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.crn import CRN, CRN_HEADER
from pytest_qchannel.hosts import IAM, RUNTIME, SEARCH, Host, base_url_of, find_any_host
from pytest_qchannel.ibm.cloud import API_KEY_GRANT, INSTANCES, LIFETIME_S
from pytest_qchannel.ibm.table import url_of
from pytest_qchannel.lanes.live.access import Access
from pytest_qchannel.lanes.live.problems import LiveProblem
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import FORM_TYPE, ConnectionDropped, Handle, Request, json_object

__all__ = ["Caller", "LiveLoginFailed"]

_EARLY_S: Final = 300
"""How long before its end an access token is taken for ended."""

_REFUSALS: Final = (400, 401, 403)
"""What IAM and the search answer to a credential that they do not take."""

_REACHING: Final = (
    "qchannel doctor --only proxies --only certificates --only clock (it names what leads there; "
    "where that is right, a VPN is not there or a firewall is in the way)"
)
_LATER: Final = "try again later; if a proxy may be answering there: qchannel doctor --only proxies"


class LiveLoginFailed(LiveProblem):
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
        learned: Called with each access token, for whoever looks for secrets in what is written.
    """

    def __init__(
        self,
        channel: Channel,
        secret: Secret,
        send: Handle,
        now: Callable[[], float],
        learned: Callable[[Secret], None] = lambda _: None,
    ) -> None:
        self.channel = channel
        self._secret = secret
        self._send = send
        self._now = now
        self._learned = learned
        self._token: _Token | None = None
        self._instances: tuple[HeldInstance, ...] | None = None

    def access_token(self) -> str:
        """An access token that is valid for some minutes at least.

        Raises:
            LiveLoginFailed: IAM refused the key, or did not answer.
        """
        token = self._token
        # Two threads may both log in: a lock that is held while IAM thinks holds up the sweep, and
        # a process that is forked then for ever.
        if token is None or token.until - _EARLY_S < self._now():
            token = self._token = self._log_in()
        return token.value

    def access(self, crn: str) -> Access:
        """How an instance is asked, at the host of its region.

        Raises:
            LiveLoginFailed: See :meth:`access_token`.
        """
        parts = urlsplit(base_url_of(RUNTIME, CRN.parse(crn).region))
        host = find_any_host(parts.netloc, parts.path)
        if host is None:  # a region that is newer than the table
            host = Host(parts.netloc, parts.path, RUNTIME)
        headers = {"authorization": f"Bearer {self.access_token()}", CRN_HEADER: crn}
        return Access(host, headers)

    def instances(self) -> tuple[HeldInstance, ...]:
        """The instances of the account, as the search for them lists them, page by page.

        Raises:
            LiveLoginFailed: They could not be asked for.
        """
        if self._instances is None:
            found: dict[str, HeldInstance] = {}
            cursors: list[object] = [None]
            for cursor in cursors:  # the next page, as long as there is one that is new
                answered = self._page(cursor)
                for one in answered.get("items", ()):
                    found[one["crn"]] = HeldInstance(one["crn"], one.get("name") or one["crn"], "")
                following = answered.get("search_cursor")
                cursors += [following] if following and following not in cursors else []
            self._instances = tuple(found.values())
        return self._instances

    def _page(self, cursor: object) -> dict[str, Any]:
        """A page of the search for instances, the first one without a cursor."""
        headers = {
            "authorization": f"Bearer {self.access_token()}",
            "content-type": "application/json",
        }
        asked: dict[str, object] = {
            "query": INSTANCES,
            "fields": ["crn", "name"],
        }
        if cursor:
            asked["search_cursor"] = cursor
        parts = urlsplit(url_of(SEARCH, "POST /v3/resources/search"))
        body = json.dumps(asked).encode()
        return self._json(Request("POST", parts.netloc, parts.path, headers, "limit=100", body))

    def _log_in(self) -> _Token:
        form = urlencode({"grant_type": API_KEY_GRANT, "apikey": self._secret.reveal()}).encode()
        headers = {"content-type": FORM_TYPE}
        parts = urlsplit(url_of(IAM, "POST /identity/token"))
        request = Request("POST", parts.netloc, parts.path, headers, "", form)
        answered = self._json(request)
        token = answered.get("access_token")
        if not isinstance(token, str):
            raise self._failed("IAM gave no access token", _LATER)
        self._learned(Secret("an access token of this run", token))
        return _Token(token, self._now() + int(answered.get("expires_in") or LIFETIME_S))

    def _json(self, request: Request) -> dict[str, Any]:
        try:
            response = self._send(request)
        except ConnectionDropped as dropped:
            said = dropped.trouble.name if dropped.trouble else "no answer"
            raise self._failed(f"{request.host} gave no answer", _REACHING, said) from None
        answered = json_object(response.body)
        if response.status in _REFUSALS:
            raise LiveLoginFailed(
                f"{self.channel}: {request.host} answered with {response.status}",
                outcome="credentials",
                next=f"check the {self.channel.credential} in {self._secret.env_var}",
            )
        if response.status != 200 or not answered:
            raise self._failed(f"{request.host} answered with {response.status}", _LATER)
        return answered

    def _failed(
        self,
        headline: str,
        next: str,  # noqa: A002 - the message's own word
        error: str = "",
    ) -> LiveLoginFailed:
        """What was not the credential's fault."""
        not_refused = f"the {self.channel.credential} in {self._secret.env_var}"
        return LiveLoginFailed(
            f"{self.channel}: {headline}",
            outcome="service",
            facts=[*([("error", error)] if error else []), ("not refused", not_refused)],
            next=next,
        )
