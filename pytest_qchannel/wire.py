"""What goes over the wire, as plain data: requests, responses, and errors that are responses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeGuard
from urllib.parse import parse_qs

__all__ = [
    "FORM_TYPE",
    "ApiError",
    "ConnectionDropped",
    "Drop",
    "Handle",
    "Json",
    "Link",
    "Request",
    "Response",
    "Trouble",
    "compact",
    "is_int",
    "is_number",
    "json_object",
    "whole_body",
]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that JSON can write; what was read has lists and dicts."""

Drop = Literal["connect", "before", "after"]
"""When a connection was lost: none was made; before, or after, the request was processed."""

# With the charset: without it the client guesses the encoding of each result, slowly.
JSON_TYPE = "application/json; charset=utf-8"
FORM_TYPE = "application/x-www-form-urlencoded"


def whole_body(body: Any) -> bytes:
    """A body as an HTTP library is given it: nothing, text, bytes, a file, or parts of either."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return b"".join(map(whole_body, body or ()))


def compact(data: object) -> bytes:
    """JSON without spaces, as services send it."""
    return json.dumps(data, separators=(",", ":")).encode()


def json_object(text: bytes | str) -> dict[str, Any]:
    """The object that JSON says; empty where it is none, or nested too deeply to be read."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def is_int(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number: for Python ``True`` is one."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number: for Python ``True`` is one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _no_number(word: str) -> float:
    """Python's ``NaN`` and ``Infinity`` are no JSON."""
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text[:40])


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: header names in lower case, query values as lists, path undecoded."""

    method: str
    host: str
    path: str
    # Not shown: on its way to a real service it has a real credential in either.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_string: str = ""
    body: bytes = field(default=b"", repr=False)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name, percent-decoded, in the order they were sent."""
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def authorization(self) -> tuple[str, str]:
        """The scheme of ``Authorization`` in lower case, and what follows it; empty without."""
        scheme, _, value = self.headers.get("authorization", "").strip().partition(" ")
        return scheme.lower(), value.strip()

    def first(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query field."""
        values = self.query.get(name)
        return values[0] if values else default

    def json(self) -> Json:
        """The body read as JSON, whatever ``Content-Type`` says: old clients send none.

        Raises:
            ValueError: The body is not JSON in UTF-8, or nested too deeply to be read.
        """
        try:
            value: Json = json.loads(
                self.body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite
            )
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return value

    def form(self) -> dict[str, str]:
        """The body read as a URL-encoded form; of a repeated field the first value counts."""
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an answer met on its way, for those who write down what was answered.

    Attributes:
        name: What the journal calls it.
        answered: What the service had answered; ``None`` where it was never asked.
        is_lost: Whether the client got no answer, or a part of it only.
    """

    name: str
    answered: Response | None = None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, its body as bytes; ``trouble`` never goes over the wire."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    trouble: Trouble | None = field(default=None, repr=False, compare=False)

    @classmethod
    def json(
        cls, data: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A response whose body is ``data`` as compact JSON."""
        return cls(status, compact(data), {"Content-Type": JSON_TYPE, **(headers or {})})

    @classmethod
    def raw_json(cls, body: bytes) -> Response:
        """A 200 whose body is JSON already, served as it is."""
        return cls(200, body, {"Content-Type": JSON_TYPE})


Handle = Callable[[Request], Response]
"""What gives the answer to a request: where answers come from, or whatever stands before it."""

Link = Callable[[Request, Handle], Response]
"""Stands before a :data:`Handle`, and may change, refuse, or write down what passes."""


class ConnectionDropped(Exception):
    """There is no answer: the front doors raise what the network would have made of that.

    Attributes:
        how: ``connect``: no connection was made. ``before`` and ``after``: it was closed before,
            or after, the request was processed; a client cannot tell the two apart.
        trouble: What it met.
    """

    def __init__(self, how: Drop, trouble: Trouble | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.trouble = trouble


class ApiError(Exception):
    """A refusal in the service's own shape, raised by whoever handles the request."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response
