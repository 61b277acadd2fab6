"""A cassette without times and versions, to tell whether a recording has anything else new."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlencode, urlsplit

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.ibm.table import ABLE_HEADER, asked_by

__all__ = ["timeless"]

_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
# As metrics of jobs tell the client that submitted.
_PACKAGES: Final = re.compile(rb"qiskit_ibm_runtime-\d[\w.,*+-]*")
_LENGTH: Final = "content-length"


def timeless(cassette: Cassette) -> Cassette:
    """The cassette with every time replaced by one and the same, its date included.

    Of the client and of Qiskit the version goes, and what only tells what the client can do: two
    clients that ask the same and are answered the same have one cassette. Lengths of bodies go,
    too: a time is not always written with as many digits.
    """
    return replace(
        cassette,
        provenance=replace(cassette.provenance, recorded_at="", client="", qiskit=""),
        interactions=tuple(
            replace(
                one,
                url=_plain(_asked(one).encode("utf-8", "replace")).decode(),
                request_body=_plain(one.request_body),
                request_headers=_without(one.request_headers, _LENGTH, ABLE_HEADER),
                response_body=_plain(one.response_body),
                response_headers=_without(one.response_headers, _LENGTH),
            )
            for one in cassette.interactions
        ),
        lines=(),
    )


def _asked(one: Interaction) -> str:
    query = urlencode(asked_by(one.method, one.url))
    return unquote(urlsplit(one.url)._replace(query=query).geturl())


def _plain(data: bytes) -> bytes:
    return _PACKAGES.sub(b"P", _TIME.sub(b"T", data))


def _without(headers: Headers, *names: str) -> Headers:
    return tuple(row for row in headers if row[0].lower() not in names)
