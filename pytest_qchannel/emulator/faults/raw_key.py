"""The raw API key: a client that could not log in falls back to sending it with its requests."""

from __future__ import annotations

import warnings

from pytest_qchannel.emulator.api.client_release import client_release
from pytest_qchannel.errors import QChannelError, RawKeyWarning
from pytest_qchannel.hosts import IAM, RUNTIME, find_host
from pytest_qchannel.ibm.releases import SENDS_ACCESS_TOKENS_SINCE, Version
from pytest_qchannel.wire import ConnectionDropped, Handle, Link, Request, Response, Trouble

__all__ = ["warning_of_raw_keys"]


def warning_of_raw_keys(problems: list[QChannelError], installed: Version | None = None) -> Link:
    """Warns, once, where trouble kept the client from logging in and it sent its API key.

    Args:
        problems: Where the warning is put if it is an error: the client swallows what some
            requests raise.
        installed: The client's release in this process, where it is the one that asks.
    """
    is_login_hit = False

    def handle(request: Request, answer: Handle) -> Response:
        nonlocal is_login_hit
        host = find_host(request.host, request.path)
        service = host.service if host is not None else ""
        try:
            response = answer(request)
        except ConnectionDropped:
            is_login_hit |= service == IAM
            raise
        finally:
            if is_login_hit and service == RUNTIME and _is_fallback(request, installed):
                is_login_hit = False
                _warn(request, problems)
        is_login_hit |= service == IAM and _is_kept(response.trouble, response.status)
        return response

    return handle


def _is_kept(trouble: Trouble | None, status: int) -> bool:
    """Whether trouble kept the client from its access token."""
    return trouble is not None and (trouble.is_lost or status >= 400)


def _is_fallback(request: Request, installed: Version | None) -> bool:
    """Whether a request of a client that logs in has the raw API key."""
    if not request.headers.get("authorization", "").lower().startswith("apikey "):
        return False
    release = client_release(request, installed)
    return release is not None and release >= SENDS_ACCESS_TOKENS_SINCE


def _warn(request: Request, problems: list[QChannelError]) -> None:
    said = "the client could not get an access token and fell back to sending the raw API key"
    where = f"{request.method} https://{request.host}{request.path}"
    try:
        warnings.warn(f"{said}: {where} had 'Authorization: apikey'", RawKeyWarning, stacklevel=2)
    except RawKeyWarning:
        problems.append(
            QChannelError(
                said,
                where=where,
                next="expect it with pytest.warns(pytest_qchannel.RawKeyWarning), or look "
                "why the code goes on without an access token",
            )
        )
        raise
