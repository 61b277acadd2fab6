"""What goes over the wire, as plain data: requests, responses, and errors that are responses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs

__all__ = ["ApiError", "Json", "Request", "Response"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that JSON can write; what was read has lists and dicts."""

# With the charset: without it the client guesses the encoding of each result, slowly.
JSON_TYPE = "application/json; charset=utf-8"


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
    headers: Mapping[str, str] = field(default_factory=dict)
    query_string: str = ""
    body: bytes = b""

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name, percent-decoded, in the order they were sent."""
        return parse_qs(self.query_string, keep_blank_values=True)

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
class Response:
    """One HTTP response, its body as bytes."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, data: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A response whose body is ``data`` as compact JSON."""
        body = json.dumps(data, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": JSON_TYPE, **(headers or {})})

    @classmethod
    def raw_json(cls, body: bytes) -> Response:
        """A 200 whose body is JSON already, served as it is."""
        return cls(200, body, {"Content-Type": JSON_TYPE})


class ApiError(Exception):
    """A refusal in the service's own shape; each service module has a function that builds it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response
