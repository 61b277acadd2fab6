"""Between what a cassette calls an account and what its source calls it, both ways.

A cassette that is extended is replayed and recorded at once. The code under test knows the
source's names: it is logged in there. What it sends is looked up under the cassette's names, and
what the cassette answers gets the source's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import quote

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.cassette.interaction import Headers, Interaction, with_length
from pytest_qchannel.counted import counted

__all__ = ["OtherAccount", "Pair", "Translation"]

_CRN_PARTS: Final = 10
_SCOPE, _GUID = 6, 7


class OtherAccount(ValueError):
    """The source's account is not built like the one that was recorded; says how."""


class Pair(NamedTuple):
    """One value: the kind of its stand-in, the source's, and the cassette's."""

    kind: str
    real: str
    recorded: str


class Translation:
    """Renames one account.

    Args:
        recorded: The accounts of a cassette, by channel: stand-ins.
        real: Those of the source; channels that were not recorded do not matter.

    Attributes:
        pairs: What differs.

    Raises:
        OtherAccount: There are others, or other instances.
    """

    def __init__(
        self, recorded: Mapping[str, HeldAccount], real: Mapping[str, HeldAccount]
    ) -> None:
        found: dict[Pair, None] = {}
        for channel, account in recorded.items():
            if channel in real:
                found.update(dict.fromkeys(_pairs(channel, account, real[channel])))
        self.pairs = tuple(one for one in found if one.real != one.recorded)
        self._to_recorded = _Renaming({one.real: one.recorded for one in self.pairs})
        self._to_real = _Renaming({one.recorded: one.real for one in self.pairs})

    def to_recorded(self, sent: Interaction) -> Interaction:
        """A request as the cassette would have it; its body is what it was."""
        renaming = self._to_recorded
        headers = renaming.headers(sent.request_headers)
        return replace(sent, url=renaming.text(sent.url), request_headers=headers)

    def to_real(self, answer: Interaction) -> Interaction:
        """A recorded answer with the source's names."""
        body = self._to_real.data(answer.response_body)
        headers = self._to_real.headers(answer.response_headers)
        headers = with_length(headers, body) if body else headers  # of HEAD it is another's
        return replace(answer, response_headers=headers, response_body=body)


class _Renaming:
    """Replaces names where they stand as whole words, percent-encoded ones, too."""

    def __init__(self, names: Mapping[str, str]) -> None:
        encoded = {quote(old, safe=""): quote(new, safe="") for old, new in names.items()}
        self._names = {**encoded, **names}
        longest_first = sorted(self._names, key=len, reverse=True)
        words = "|".join(re.escape(name) for name in longest_first)
        begins = "(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))"
        self._word = re.compile(f"{begins}(?:{words})(?![A-Za-z0-9])") if words else None
        self._data = re.compile(self._word.pattern.encode()) if self._word else None

    def text(self, text: str) -> str:
        return self._word.sub(lambda one: self._names[one[0]], text) if self._word else text

    def headers(self, headers: Headers) -> Headers:
        return tuple((name, self.text(value)) for name, value in headers)

    def data(self, data: bytes) -> bytes:
        if self._data is None:
            return data
        return self._data.sub(lambda one: self._names[one[0].decode()].encode(), data)


def _pairs(channel: str, recorded: HeldAccount, real: HeldAccount) -> Iterator[Pair]:
    yield Pair("api_key", real.credential, recorded.credential)
    count, its_count = len(recorded.instances), len(real.instances)
    if count != its_count:
        raise OtherAccount(f"{channel} has {counted(its_count, 'instance')} now, and had {count}")
    for number, (old, new) in enumerate(zip(recorded.instances, real.instances, strict=True), 1):
        parts = list(_parts(old, new))
        known = {one.real: one.recorded for one in parts}
        if not parts or _Renaming(known).text(new.id) != old.id:
            raise OtherAccount(f"instance {number} of {channel} is of another kind or region now")
        yield from parts


def _parts(old: HeldInstance, new: HeldInstance) -> Iterator[Pair]:
    """What of an instance has stand-ins; nothing where the two are not built alike."""
    crns = old.id.split(":"), new.id.split(":")
    if len(crns[0]) == len(crns[1]) == _CRN_PARTS:
        accounts = (crn[_SCOPE].partition("/")[2] for crn in crns)
        yield Pair("account", *reversed(tuple(accounts)))
        yield Pair("guid", crns[1][_GUID], crns[0][_GUID])
    else:
        names = old.id.split("/"), new.id.split("/")
        if len(names[0]) != 3 or len(names[1]) != 3:
            return
        kinds = ("hub", "group", "project")
        yield from (Pair(*row) for row in zip(kinds, names[1], names[0], strict=True))
    if new.name != new.id:
        yield Pair("instance", new.name, old.name)
