"""The index of a cassette: what its YAML file looks like.

It is laid out as vcrpy lays out a cassette (``version``, ``interactions``, ``request``,
``response``), with additions that vcrpy's loader skips: ``qchannel`` (our format), ``test``,
``tests`` (those that share it), ``passport`` and ``accounts`` before the interactions, and in an
interaction ``submitted``, what a job was in words, and ``test``, which of those sent it. A body
that is large or binary is not in the index but in a blob: ``string`` is empty then, and ``blob``
names it. The length of a body is no header there: the body has it. ``count`` and the ``check`` of
each entry find what was cut or edited: they are taken over what an entry says, so line endings and
layout may change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import responses
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from pytest_qchannel.cassette.accounts import HeldAccount, accounts_from_plain, accounts_to_plain
from pytest_qchannel.cassette.disk.mapped import Mapped
from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.cassette.problems import CassetteDamaged
from pytest_qchannel.cassette.provenance import Provenance
from pytest_qchannel.counted import counted

__all__ = ["FORMAT", "Cassette", "parse", "read_plain", "render", "settled"]

FORMAT: Final = 1

INLINE: Final = 512
"""A text body with more bytes than this goes into a blob."""

_HEAD: Final = (
    "# A cassette of pytest-qchannel: recorded, scrubbed, and replayed by the test below.\n"
    "# Do not edit it: record it anew. Bodies named by 'blob' lie in the folder 'blobs'.\n"
)
_TOP: Final = (
    *("qchannel", "version", "test", "tests", "passport", "accounts", "count", "check"),
    "interactions",
)

_LENGTH: Final = "Content-Length"

ReadBlob = Callable[[str, int | None], bytes]
"""From a blob's name and the line that names it to its content."""


@dataclass(frozen=True, slots=True)
class Cassette:
    """A recorded test.

    Attributes:
        test: The id of the test.
        provenance: Where the recording comes from.
        interactions: In the order in which they happened. The body of a submitted job is its
            form (see :mod:`..submitted.submission`) once the cassette has been stored.
        accounts: The accounts that the code under test used, by channel; stand-ins.
        lines: The line of each in the file, counted from 1; empty if it is not from a file.
        words: What each submitted, in words, or ``None``; empty if it is not from a file.
        tests: The tests that share it, by their ids; empty where it is of one test.
    """

    test: str
    provenance: Provenance
    interactions: tuple[Interaction, ...]
    accounts: Mapping[str, HeldAccount] = field(default_factory=dict)
    lines: tuple[int, ...] = field(default=(), compare=False)
    words: tuple[dict[str, object] | None, ...] = field(default=(), compare=False)
    tests: tuple[str, ...] = ()


def settled(one: Interaction) -> Interaction:
    """An interaction as a cassette can keep it: values of one header stand together.

    A message with a body has its length as its last header, whether it came in chunks or not.
    """
    return replace(
        one,
        request_headers=_with_length(_grouped(one.request_headers), one.request_body),
        response_headers=_with_length(_grouped(one.response_headers), one.response_body),
    )


def _grouped(headers: Headers) -> Headers:
    return tuple((name, value) for name, values in _by_name(headers).items() for value in values)


def _with_length(headers: Headers, body: bytes) -> Headers:
    rest, said = _apart(headers)
    own = str(len(body))
    return (*rest, (_LENGTH, own)) if body and not said - {own} else headers


def _without_length(headers: Headers, body: bytes) -> Headers:
    rest, said = _apart(headers)
    return rest if body and said == {str(len(body))} else headers


def _apart(headers: Headers) -> tuple[Headers, set[str]]:
    """The other headers, and what is said of the length."""
    rest = tuple(row for row in headers if row[0].lower() != _LENGTH.lower())
    return rest, {value for _, value in set(headers) - set(rest)}


def render(
    cassette: Cassette,
    submitted: Sequence[dict[str, object] | None],
    blob_of: Callable[[bytes], str],
) -> bytes:
    """The index file of a cassette, the same for the same cassette.

    Args:
        cassette: What to write.
        submitted: What each interaction submitted, in words; ``None`` for what is no submission.
        blob_of: Takes a body that goes into a blob and gives the blob's name.
    """
    writer = _Writer(blob_of)
    entries = [
        writer.entry(one, words)
        for one, words in zip(cassette.interactions, submitted, strict=True)
    ]
    top: dict[str, object] = {
        "qchannel": FORMAT,
        "version": 1,
        "test": cassette.test,
        **({"tests": list(cassette.tests)} if cassette.tests else {}),
        "passport": cassette.provenance.to_plain(),
        "accounts": accounts_to_plain(cassette.accounts),
        "count": len(entries),
    }
    top["check"] = _check(top)
    top["interactions"] = entries
    from pytest_qchannel.cassette.disk.strict_yaml import write_yaml  # here: it loads PyYAML

    return _HEAD.encode() + write_yaml(top)


class _Writer:
    def __init__(self, blob_of: Callable[[bytes], str]) -> None:
        self._blob_of = blob_of
        self._shared: dict[str, object] = {}

    def entry(self, one: Interaction, submitted: dict[str, object] | None) -> dict[str, object]:
        request = {
            "method": one.method,
            "uri": one.url,
            "headers": self._headers(one.request_headers, one.request_body),
            "body": None,
        }
        entry: dict[str, object] = {"test": one.test} if one.test else {}
        entry["request"] = request
        if submitted is not None:
            entry["submitted"] = submitted
        if submitted is not None or not _is_inline(one.request_body):
            entry["request_body"] = self._reference(one.request_body)
        elif one.request_body:
            request["body"] = one.request_body.decode("utf-8")
        entry["response"] = {
            "status": self._once({"code": one.status, "message": responses.get(one.status, "")}),
            "headers": self._headers(one.response_headers, one.response_body),
            "body": {"string": one.response_body.decode("utf-8")}
            if _is_inline(one.response_body)
            else {"string": "", **self._reference(one.response_body)},
        }
        entry["check"] = _check(entry)
        return entry

    def _headers(self, headers: Headers, body: bytes) -> object:
        named = _by_name(_without_length(headers, body))
        return self._once({name: self._once(values) for name, values in named.items()})

    def _once(self, value: object) -> object:
        """One object for equal ones: YAML then writes the second as a reference."""
        return self._shared.setdefault(json.dumps(value), value)

    def _reference(self, body: bytes) -> dict[str, object]:
        return {"blob": self._blob_of(body), "bytes": len(body)}


def read_plain(data: bytes, path: Path, test_id: str | None = None) -> object:
    """The plain data in an index, which need not be a whole cassette.

    Raises:
        CassetteDamaged: It is no YAML, or more than a cassette may be.
    """
    from pytest_qchannel.cassette.disk.strict_yaml import read_yaml  # here: it loads PyYAML

    return read_yaml(data, path, test_id)


def parse(data: bytes, path: Path, read_blob: ReadBlob, test_id: str | None = None) -> Cassette:
    """A cassette read from its index.

    Args:
        data: The file's bytes.
        path: The file, for errors.
        read_blob: Reads a blob.
        test_id: The test that the file should belong to, for errors.

    Raises:
        CassetteDamaged: The file is no index, or not the one that was written; says the line.
    """
    top = read_plain(data, path, test_id)
    reader = _Reader(path, test_id, read_blob)
    if not isinstance(top, Mapped) or "qchannel" not in top:
        raise CassetteDamaged(
            "this is no cassette of pytest-qchannel: it has no 'qchannel'",
            path=path,
            line=1,
            test_id=test_id,
            facts=[("hint", "a cassette of plain pytest-recording must be recorded anew")],
        )
    return reader.cassette(top)


_Kind = TypeVar("_Kind")


class _Reader:
    def __init__(self, path: Path, test_id: str | None, read_blob: ReadBlob) -> None:
        self._path, self._test_id, self._read_blob = path, test_id, read_blob

    def _damaged(
        self,
        said: str,
        line: int | None,
        next: str | None = None,  # noqa: A002
    ) -> CassetteDamaged:
        return CassetteDamaged(said, path=self._path, line=line, test_id=self._test_id, next=next)

    def cassette(self, top: Mapped) -> Cassette:
        version = self._get(top, "qchannel", int)
        if version != FORMAT:
            raise self._damaged(
                f"the cassette has format {version}; this version reads format {FORMAT}",
                top.line_of("qchannel"),
                "pip install --upgrade pytest-qchannel" if version > FORMAT else None,
            )
        if self._get(top, "version", int) != 1:
            raise self._damaged("vcrpy's 'version' is not 1", top.line_of("version"))
        self._only(top, _TOP)
        test = self._get(top, "test", str)
        self._test_id = self._test_id or test
        tests = tuple(self._get(top, "tests", list)) if "tests" in top else ()
        if not all(isinstance(one, str) for one in tests):
            raise self._damaged("'tests' is no list of texts", top.line_of("tests"))
        try:
            provenance = Provenance.from_plain(self._get(top, "passport", dict))
        except ValueError as problem:
            raise self._damaged(str(problem), top.line_of("passport")) from None
        try:
            accounts = accounts_from_plain(self._get(top, "accounts", dict))
        except ValueError as problem:
            raise self._damaged(str(problem), top.line_of("accounts")) from None
        entries = self._get(top, "interactions", list)
        count = self._get(top, "count", int)
        if count != len(entries):
            noted, has = counted(count, "interaction"), len(entries)
            wrong = f"the cassette is cut short or edited: it should have {noted} and has {has}"
            raise self._damaged(wrong, top.line_of("count"))
        plain = {name: value for name, value in top.items() if name != "interactions"}
        self._check(plain, top, "the beginning of the cassette")
        interactions, lines, words = [], [], []
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, Mapped):
                raise self._damaged(
                    f"interaction {number} is no mapping", top.line_of("interactions")
                )
            self._check(entry, entry, f"interaction {number}")
            interactions.append(self._interaction(entry))
            lines.append(entry.line)
            said = entry.get("submitted")
            words.append(said if isinstance(said, dict) else None)
        return Cassette(
            test, provenance, tuple(interactions), accounts, tuple(lines), tuple(words), tests
        )

    def _interaction(self, entry: Mapped) -> Interaction:
        self._only(entry, ("test", "request", "submitted", "request_body", "response", "check"))
        request = self._get(entry, "request", Mapped)
        self._only(request, ("method", "uri", "headers", "body"))
        response = self._get(entry, "response", Mapped)
        self._only(response, ("status", "headers", "body"))
        body = self._get(response, "body", Mapped)
        sent = request.get("body")
        if sent is not None and not isinstance(sent, str):
            raise self._damaged("'body' is neither text nor null", request.line_of("body"))
        request_body = (sent or "").encode("utf-8")
        if "request_body" in entry:
            request_body = self._blob(self._get(entry, "request_body", Mapped))
        status = self._get(self._get(response, "status", Mapped), "code", int)
        if not 100 <= status <= 599:
            raise self._damaged(f"{status} is no HTTP status", response.line_of("status"))
        answered = (
            self._blob(body) if "blob" in body else self._get(body, "string", str).encode("utf-8")
        )
        return Interaction(
            method=self._get(request, "method", str),
            url=self._url(request),
            request_headers=_with_length(self._headers(request), request_body),
            request_body=request_body,
            status=status,
            response_headers=_with_length(self._headers(response), answered),
            response_body=answered,
            test=self._get(entry, "test", str) if "test" in entry else "",
        )

    def _url(self, request: Mapped) -> str:
        url = self._get(request, "uri", str)
        try:
            parts = urlsplit(url)
            is_url = bool(parts.scheme and parts.hostname) and (parts.port or 0) >= 0
        except ValueError:
            is_url = False
        if not is_url:
            raise self._damaged("'uri' is no URL", request.line_of("uri"))
        return url

    def _blob(self, body: Mapped) -> bytes:
        self._only(body, ("string", "blob", "bytes"))
        name = self._get(body, "blob", str)
        if len(name) != 32 or set(name) - set("0123456789abcdef"):
            raise self._damaged(
                "the name of a blob is not 32 hexadecimal digits", body.line_of("blob")
            )
        content = self._read_blob(name, body.line_of("blob"))
        if len(content) != self._get(body, "bytes", int):
            raise self._damaged(f"blob {name} has another length", body.line_of("bytes"))
        return content

    def _headers(self, message: Mapped) -> Headers:
        found = []
        for name, values in self._get(message, "headers", Mapped).items():
            if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
                raise self._damaged(
                    f"the header {name[:40]!r} is no list of texts", message.line_of("headers")
                )
            found += [(name, value) for value in values]
        return tuple(found)

    def _get(self, mapping: Mapped, name: str, kind: type[_Kind]) -> _Kind:
        value = mapping.get(name)
        is_other_bool = isinstance(value, bool) and kind is not bool
        if name not in mapping:
            raise self._damaged(f"{name!r} is missing", mapping.line)
        if not isinstance(value, kind) or is_other_bool:
            wanted = "mapping" if kind in (Mapped, dict) else kind.__name__
            raise self._damaged(f"{name!r} is no {wanted}", mapping.line_of(name))
        return value

    def _only(self, mapping: Mapped, names: Sequence[str]) -> None:
        for name in mapping:
            if name not in names:
                raise self._damaged(f"{name[:40]!r} is not known here", mapping.line_of(name))

    def _check(self, plain: dict[str, object], mapping: Mapped, what: str) -> None:
        without = {name: value for name, value in plain.items() if name != "check"}
        if self._get(mapping, "check", str) != _check(without):
            raise self._damaged(f"{what} was edited after it was recorded", mapping.line)


def _check(entry: dict[str, object]) -> str:
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    # The letter keeps it from ever being read as a number.
    return "c" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _by_name(headers: Headers) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, value in headers:
        names.setdefault(name, []).append(value)
    return names


def _is_inline(body: bytes) -> bool:
    if len(body) > INLINE:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
