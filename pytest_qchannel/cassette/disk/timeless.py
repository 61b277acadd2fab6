"""A cassette without its times, to tell whether anything else is new in a recording."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Headers

__all__ = ["timeless"]

_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_LENGTH: Final = "content-length"


def timeless(cassette: Cassette) -> Cassette:
    """The cassette with every time replaced by one and the same, its date included.

    Lengths of bodies go, too: a time is not always written with as many digits.
    """
    return replace(
        cassette,
        provenance=replace(cassette.provenance, recorded_at=""),
        interactions=tuple(
            replace(
                one,
                url=_plain(unquote(one.url).encode("utf-8", "replace")).decode(),
                request_body=_plain(one.request_body),
                request_headers=_without_length(one.request_headers),
                response_body=_plain(one.response_body),
                response_headers=_without_length(one.response_headers),
            )
            for one in cassette.interactions
        ),
        lines=(),
    )


def _plain(data: bytes) -> bytes:
    return _TIME.sub(b"T", data)


def _without_length(headers: Headers) -> Headers:
    return tuple(row for row in headers if row[0].lower() != _LENGTH)
