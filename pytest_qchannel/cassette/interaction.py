"""One request with the response that it got, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pytest_qchannel.counted import counted
from pytest_qchannel.crn import CRN_HEADER
from pytest_qchannel.wire import Request, Response, json_object

__all__ = ["Headers", "Interaction", "with_length"]

Headers = tuple[tuple[str, str], ...]
"""Names and values in the order of the wire; a name may come more than once."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its response, the bodies as the bytes that went over the wire.

    Not shown by ``repr``: a failed comparison of two of them must not print what they hold.

    Attributes:
        method: In capitals, as ``GET``.
        url: The whole URL, its query included, still percent-encoded.
        request_headers: Names and values, in order.
        request_body: Empty where there was none.
        status: The HTTP status of the response.
        response_headers: Names and values, in order.
        response_body: Empty where there was none.
        test: The test that sent it, in a recording that several tests share; empty where all of
            them did, as a fixture that lives longer.
    """

    method: str
    url: str
    request_headers: Headers = ()
    request_body: bytes = b""
    status: int = 200
    response_headers: Headers = ()
    response_body: bytes = b""
    test: str = ""

    @property
    def crns(self) -> list[str]:
        """The instances that its headers name: one, most often."""
        sent = self.request_headers
        return [unquote(text).strip() for name, text in sent if name.lower() == CRN_HEADER]

    @property
    def tags_sent(self) -> list[str]:
        """The tags that its body names."""
        has_tags = b'"tags"' in self.request_body  # most bodies are spared the reading
        tags = json_object(self.request_body).get("tags") if has_tags else None
        return [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []

    def request(self) -> Request:
        """What was sent, as what stands before a source has it."""
        parts = urlsplit(self.url)
        return Request(
            method=self.method,
            host=(parts.hostname or "").lower(),
            path=parts.path,
            headers={name.lower(): value for name, value in self.request_headers},
            query_string=parts.query,
            body=self.request_body,
        )

    def response(self) -> Response:
        """What was answered; of headers that came more than once the last."""
        return Response(self.status, self.response_body, dict(self.response_headers))

    def __repr__(self) -> str:
        """Sizes only: an interaction that has not been scrubbed is full of secrets."""
        return (
            f"<Interaction {self.method}, {counted(self.request_body, 'byte')} sent, "
            f"status {self.status}, {counted(self.response_body, 'byte')} answered>"
        )


def with_length(headers: Headers, body: bytes) -> Headers:
    """Headers in which the length, where they tell it, is that of another body."""
    return tuple(
        (name, str(len(body)) if name.lower() == "content-length" else value)
        for name, value in headers
    )
