"""The REST services without the client: access tokens, and a session that knows its base URL."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import requests

from pytest_qchannel.channels.model import Account, Channel
from pytest_qchannel.crn import CRN
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import CLASSIC_AUTH, CLASSIC_RUNTIME, IAM, RUNTIME, base_url_of
from pytest_qchannel.ibm.cloud import API_KEY_GRANT
from pytest_qchannel.ibm.table import url_of

__all__ = ["ChannelSession", "access_token", "base_url", "logout_url", "open_session"]

API_VERSION: Final = "2025-05-01"
TIMEOUT_S: Final = 60


def base_url(account: Account) -> str:
    """The base of the runtime API for an account, its region read from the instance's CRN."""
    if account.channel.is_classic:
        return base_url_of(CLASSIC_RUNTIME)
    region = CRN.parse(account.instance.id).region if account.instance else "us-east"
    return base_url_of(RUNTIME, region)


def logout_url(channel: Channel) -> str | None:
    """Where an access token is given back; IAM has no such route."""
    return url_of(CLASSIC_AUTH, "POST /users/logout") if channel.is_classic else None


def access_token(account: Account) -> str:
    """A temporary access token for an account: IAM's for an API key, the classic login's else.

    Raises:
        QChannelError: The service refused the credential.
    """
    if account.channel.is_classic:
        answer = requests.post(
            url_of(CLASSIC_AUTH, "POST /users/loginWithToken"),
            json={"apiToken": account.secret.reveal()},
            timeout=TIMEOUT_S,
        )
        field = "id"
    else:
        answer = requests.post(
            url_of(IAM, "POST /identity/token"),
            data={
                "grant_type": API_KEY_GRANT,
                "apikey": account.secret.reveal(),
            },
            timeout=TIMEOUT_S,
        )
        field = "access_token"
    if answer.status_code != 200:
        raise QChannelError(
            f"no access token for channel {account.channel}: {answer.status_code}",
            facts=[("asked", answer.url), ("got", account.secret.hide(answer.text)[:300])],
            next=f"live, check the {account.channel.credential} in {account.secret.env_var}; where "
            "the test or its fault has ended the access, let the test expect that: "
            "with pytest.raises(QChannelError): qchannel.open_session()",
        )
    return str(answer.json()[field])


class ChannelSession(requests.Session):
    """A ``requests.Session`` for one channel: relative paths are below :attr:`base_url`.

    Absolute URLs go where they say, without the session's credentials unless they lie below
    :attr:`base_url` or are the logout.

    Attributes:
        base_url: The base of the runtime API, for the region of the instance in use.
        logout_url: Where an access token is given back; ``None`` where nothing takes it.
    """

    def __init__(self, account: Account, token: str) -> None:
        super().__init__()
        self.base_url = base_url(account)
        self.logout_url = logout_url(account.channel)
        if account.channel.is_classic:
            self._credentials = {"x-access-token": token}
        else:
            self._credentials = {"Authorization": f"Bearer {token}"}
            if account.instance is not None:
                self._credentials["Service-CRN"] = account.instance.id
            self._credentials["IBM-API-Version"] = API_VERSION
        self.headers.update({"Accept": "application/json", **self._credentials})

    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """As ``requests.Session.request``; ``url`` may be a path such as ``/jobs``."""
        text = url.decode() if isinstance(url, bytes) else url
        if not urlsplit(text).scheme:
            text = f"{self.base_url}/{text.lstrip('/')}"
        elif not text.startswith(self.base_url + "/") and text != self.logout_url:
            headers = {**dict.fromkeys(self._credentials), **(kwargs.pop("headers", None) or {})}
            kwargs["headers"] = headers
        return super().request(method, text, *args, **kwargs)

    def logout(self) -> requests.Response:
        """Gives the access token back; a second time gives 401. Only on the classic channel.

        Raises:
            QChannelError: The channel's services have no logout.
        """
        if self.logout_url is None:
            raise QChannelError(
                "IAM has no logout: its access tokens end by expiring",
                next="use qchannel_emulator.revoke_access_tokens() in the emulated lane",
            )
        return self.post(self.logout_url, timeout=TIMEOUT_S)


def open_session(account: Account) -> ChannelSession:
    """A session with a fresh access token."""
    return ChannelSession(account, access_token(account))
