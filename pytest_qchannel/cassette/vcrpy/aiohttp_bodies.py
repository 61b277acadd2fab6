"""aiohttp's ``json=`` and ``data=`` as the bytes that go over the wire, before vcrpy looks.

vcrpy takes what aiohttp was given for the body: a mapping of a form cannot be told from one of
JSON then, and what was sent is neither recorded nor compared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

__all__ = ["bodies_as_sent"]

_TYPE: Final = "Content-Type"


@contextmanager
def bodies_as_sent() -> Iterator[None]:
    """Around a test, within vcrpy's own patches; nothing where nobody has imported aiohttp."""
    client = sys.modules.get("aiohttp.client")
    if client is None:
        yield
        return
    send = client.ClientSession._request

    async def request(self: Any, method: str, url: Any, **words: Any) -> Any:
        return await send(self, method, url, **_as_bytes(self, words))

    with mock.patch.object(client.ClientSession, "_request", request):
        yield


def _as_bytes(session: Any, words: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a request with bytes for its body, and its content type as a header."""
    data, document = words.get("data"), words.get("json")
    if document is not None and data is None:
        body = session._json_serialize(document)
        content = body if isinstance(body, bytes) else body.encode("utf-8")
        return _with(session, words, content, "application/json")
    if data is None or isinstance(data, (bytes, bytearray, memoryview, str)):
        return words
    from aiohttp import BytesPayload, FormData

    try:
        form = data if isinstance(data, FormData) else FormData(data)
        payload = form()
    except (TypeError, ValueError):
        return words  # a file, a generator: no form
    if not isinstance(payload, BytesPayload):
        return words
    return _with(session, words, bytes(payload._value), payload.content_type)


def _with(session: Any, words: dict[str, Any], body: bytes, kind: str) -> dict[str, Any]:
    kept = {name: value for name, value in words.items() if name not in ("data", "json")}
    headers = session._prepare_headers(words.get("headers"))
    headers.setdefault(_TYPE, kind)
    return {**kept, "data": body, "headers": headers}
