"""One request with the response that it got, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Headers", "Interaction"]

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
    """

    method: str
    url: str
    request_headers: Headers = ()
    request_body: bytes = b""
    status: int = 200
    response_headers: Headers = ()
    response_body: bytes = b""

    def __repr__(self) -> str:
        """Sizes only: an interaction that has not been scrubbed is full of secrets."""
        return (
            f"<Interaction {self.method}, {len(self.request_body)} bytes sent, "
            f"status {self.status}, {len(self.response_body)} bytes answered>"
        )
