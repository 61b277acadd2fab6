"""Interactions as vcrpy has them, both ways.

Source: ``vcr.request`` and ``vcr.serialize`` of vcrpy 7 to 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from vcr.request import Request

from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.wire import whole_body

__all__ = ["request_from_vcr", "request_to_vcr", "response_to_vcr"]


def request_to_vcr(interaction: Interaction) -> Request:
    """The request of an interaction as vcrpy has it."""
    headers: dict[str, str] = {}
    for name, value in interaction.request_headers:
        headers.setdefault(name, value)  # vcrpy keeps one value of a header, the first
    return Request(interaction.method, interaction.url, interaction.request_body or None, headers)


def response_to_vcr(interaction: Interaction) -> dict[str, object]:
    """The response of an interaction as vcrpy plays it."""
    headers: dict[str, list[str]] = {}
    for name, value in interaction.response_headers:
        headers.setdefault(name, []).append(value)
    try:
        message = HTTPStatus(interaction.status).phrase
    except ValueError:
        message = ""
    return {
        "status": {"code": interaction.status, "message": message},
        "headers": headers,
        "body": {"string": interaction.response_body},
    }


def request_from_vcr(request: Request, response: Mapping[str, Any] | None = None) -> Interaction:
    """An interaction from one request, and its response if there is one already."""
    response = response or {}
    status = response.get("status") or {"code": response.get("status_code", 200)}
    content = response.get("body") or {"string": response.get("content", b"")}
    return Interaction(
        method=request.method,
        url=request.uri,
        request_headers=_headers(request.headers),
        request_body=whole_body(request.body),
        status=int(status["code"]),
        response_headers=_headers(response.get("headers") or response.get("http_headers") or {}),
        response_body=whole_body(content["string"]),
    )


def _headers(headers: Any) -> Headers:
    return tuple(
        (str(name), value.decode("latin-1") if isinstance(value, bytes) else str(value))
        for name, values in dict(headers).items()
        for value in (values if isinstance(values, (list, tuple)) else [values])
    )
