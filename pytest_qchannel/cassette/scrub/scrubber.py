"""A whole interaction: URL, headers and bodies of both sides."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_qchannel.cassette.interaction import Headers, Interaction
from pytest_qchannel.cassette.scrub.echoes import Asked
from pytest_qchannel.cassette.scrub.headers import HEADERS, UNNEEDED
from pytest_qchannel.cassette.scrub.looks import is_name, is_plain, is_word
from pytest_qchannel.cassette.scrub.prose import VOCABULARY
from pytest_qchannel.cassette.scrub.standins import Standins
from pytest_qchannel.cassette.scrub.tree import RewriteParams, Walker, grown
from pytest_qchannel.cassette.scrub.values import Values
from pytest_qchannel.hosts import is_public_host
from pytest_qchannel.ibm.fields import ERRORS
from pytest_qchannel.ibm.route import Fields, Route
from pytest_qchannel.ibm.table import Found, find
from pytest_qchannel.reading import MOST_UNPACKED
from pytest_qchannel.wire import FORM_TYPE

__all__ = ["Scrubbed", "Scrubber", "Unknown"]

_NOTHING: Final[Fields] = {}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that no rule names, and what was done about it: its value is gone.

    Attributes:
        route: The method and rule of the route, or ``no known route``.
        place: ``request`` or ``response``, and the header, field or JSON path.
    """

    route: str
    place: str

    @property
    def _is_header(self) -> bool:
        return self.place.split()[1] == "header"

    def __str__(self) -> str:
        """One line, with what to do."""
        done = "it was dropped" if self._is_header else "its value was replaced"
        return (
            f"{self.route}: {self.place} is not known to be safe to keep; {done} "
            "(a newer pytest-qchannel may know it; if none does, report this line: "
            "qchannel docs scrubbing)"
        )


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """An interaction as it may be stored.

    Attributes:
        interaction: It.
        unknown: What no rule names.
        has_lost_echo: Whether its answer said a word of an earlier request that a replay lacks.
    """

    interaction: Interaction
    unknown: tuple[Unknown, ...] = ()
    has_lost_echo: bool = False


class Scrubber:
    """Scrubs the interactions of one cassette, in order.

    Args:
        secrets: Values that are never kept, even where a rule keeps what is there.
        rewrite_params: Called with a program's id and a job's params, or with nothing and a
            result that cannot stay as it is, it gives what is stored for them: circuits in words,
            say. Its answer is stored as it is, if the gate lets it pass. Without it, numbers and
            options are kept, and circuits are not.
        standins: Those that there are already.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        rewrite_params: RewriteParams | None = None,
        standins: Standins | None = None,
    ) -> None:
        self.standins = standins or Standins()
        self._rewrite_params = rewrite_params
        self._values = Values(self.standins, self._link, is_public_host, tuple(secrets))

    def value(self, rule: str, text: str) -> str:
        """One text by the rule of that name, with the stand-ins of this cassette."""
        return self._values.scrub(rule, text)

    def scrub(self, interaction: Interaction, asked: Asked | None = None) -> Scrubbed:
        """The interaction as it may be stored; never raises on what a server may answer.

        Args:
            interaction: What is scrubbed.
            asked: What was asked, where that was more: a job, whose params are kept otherwise.
        """
        found = _found(interaction.method, interaction.url)
        route = found.route if found else None
        method = interaction.method.upper()
        name = f"{method} {route.rule}" if route else "no known route"
        unknown: dict[Unknown, None] = {}

        def reporter(side: str) -> Callable[[str], None]:
            def report(place: str) -> None:
                place = re.sub(r"\[\d+\]", "[]", place)  # of a list's items, one is enough
                unknown.setdefault(Unknown(name, f"{side} {place}"))

            return report

        self._values.own_tags |= set(_tags_sent(interaction))
        # Before the body: a path's job id is a job's, whatever the body calls it.
        url = self._url(interaction.url, found, reporter("request"))
        asking, answering = reporter("request"), reporter("response")
        request_body = self._sent(interaction, route, asking)
        self._values.echoes.ask(
            asked or Asked(interaction), Interaction("GET", url, request_body=request_body)
        )
        response_body = self._answered(interaction, route, answering)
        return Scrubbed(
            Interaction(
                test=interaction.test,
                method=interaction.method if is_word(interaction.method) else "GET",
                url=url,
                request_headers=self._headers(
                    "request", interaction.request_headers, len(request_body), asking
                ),
                request_body=request_body,
                status=interaction.status,
                response_headers=self._headers(
                    "response",
                    interaction.response_headers,
                    None if method == "HEAD" else len(response_body),
                    answering,
                ),
                response_body=response_body,
            ),
            tuple(unknown),
            self._values.echoes.has_lost,
        )

    def _sent(self, one: Interaction, route: Route | None, report: Callable[[str], None]) -> bytes:
        """The body of a request."""
        fields, form = (route.sent, route.form) if route else (_NOTHING, _NOTHING)
        body = _decoded(one.request_headers, one.request_body, report)
        return self._body(body, _media_type(one.request_headers), fields, "text", report, form)

    def _answered(
        self, one: Interaction, route: Route | None, report: Callable[[str], None]
    ) -> bytes:
        """The body of an answer."""
        fields, text = ERRORS, "prose"
        if one.status < 400:
            fields, text = (route.answered, route.text) if route else (_NOTHING, "log")
        body = _decoded(one.response_headers, one.response_body, report)
        return self._body(body, _media_type(one.response_headers), fields, text, report)

    def _link(self, url: str) -> str:
        if not is_public_host((urlsplit(url).hostname or "").lower()):
            raise ValueError("no URL of the service")
        return self._url(url, _found("GET", url), lambda _: None)

    def _url(self, url: str, found: Found | None, report: Callable[[str], None]) -> str:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            report("URL")
            return self.standins.of("object_url", url)
        if not is_public_host(host):
            known = self.standins.known("host", host)
            if known is None:
                return self.standins.of("object_url", url)
            return f"{parts.scheme}://{known}{self._unknown_path(parts.path, report)}"
        if found is not None:
            made = {
                kind: quote(self._values.scrub(kind, unquote(value)), safe="")
                for kind, value in found.args.items()
            }
            path = found.path(made)
        else:
            path = self._unknown_path(parts.path, report)
        fields = found.route.query if found else _NOTHING
        query = self._pairs(parts.query, fields, report, "query field", "asked")
        return f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "")

    def _unknown_path(self, path: str, report: Callable[[str], None]) -> str:
        report("path")
        segments = []
        for segment in path.split("/"):
            words = re.findall(r"[a-z]+", segment.lower())
            is_known = re.fullmatch(r"[A-Za-z_-]*|v\d{1,2}", segment) and all(
                word in VOCABULARY for word in words
            )
            segments.append(segment if is_known else self.standins.of("segment", segment))
        return "/".join(segments)

    def _pairs(
        self, text: str, fields: Fields, report: Callable[[str], None], what: str, unknown: str
    ) -> str:
        """A query or a form, field by field, in the order they were sent; ``unknown`` is a rule."""
        kept = []
        for at, (name, value) in enumerate(parse_qsl(text, keep_blank_values=True)):
            rule = fields.get(name)
            if rule is not None:
                kept.append((name, self._values.scrub(rule, value)))
            elif is_name(name) and self._values.may_stay(name) and is_plain(name):
                report(f"{what} {name}")
                kept.append((name, self._values.scrub(unknown, value)))
            else:
                report(f"{what} number {at + 1}")
        return urlencode(kept)

    def _headers(
        self, side: str, headers: Headers, length: int | None, report: Callable[[str], None]
    ) -> Headers:
        """The headers that stay; without a length, that of a body that is not sent stays, too."""
        kept = []
        for name, value in headers:
            rule = HEADERS[side].get(name.lower())
            if rule == "length":
                told = value if length is None and value.isdecimal() else str(length or 0)
                kept.append((name, told))
            elif rule is not None:
                kept.append((name, self._values.scrub(rule, value)))
            elif name.lower() not in UNNEEDED:
                shown = name if is_name(name) and self._values.may_stay(name) else "of its own name"
                report(f"header {shown}")
        return tuple(kept)

    def _body(
        self,
        body: bytes,
        media_type: str,
        fields: Fields,
        text_rule: str,
        report: Callable[[str], None],
        form: Fields | None = None,
    ) -> bytes:
        if not body:
            return b""
        if media_type == FORM_TYPE or (form and not fields):
            scrubbed = self._pairs(
                body.decode("utf-8", "replace"), form or {}, report, "form field", "text"
            )
            return scrubbed.encode()
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return self._values.scrub(text_rule, body.decode("utf-8", "replace")).encode()
        walker = Walker(self._values, report, self._rewrite_params)
        try:
            kept = walker.walk(document, grown(fields))
        except RecursionError:
            report("body, which is nested too deeply")
            return b"null"
        return json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "replace"
        )


def _found(method: str, url: str) -> Found | None:
    """The route of a request; its path's variables in the order of the rule."""
    try:
        parts = urlsplit(url)
        return find(method.upper(), (parts.hostname or "").lower(), parts.path)
    except ValueError:
        return None


def _tags_sent(request: Interaction) -> Iterator[str]:
    """The tags that a request names, in its query or its body: they stand in the test itself."""
    with suppress(ValueError):
        yield from (v for n, v in parse_qsl(urlsplit(request.url).query) if n == "tags")
    yield from request.tags_sent


def _media_type(headers: Headers) -> str:
    sent = (value for name, value in headers if name.lower() == "content-type")
    return next(sent, "").partition(";")[0].strip().lower()


def _decoded(headers: Headers, body: bytes, report: Callable[[str], None]) -> bytes:
    """The body without its ``Content-Encoding``; nothing of it where that cannot be opened."""
    names = [value.lower().strip() for name, value in headers if name.lower() == "content-encoding"]
    if not names or not body or names == ["identity"]:
        return body
    for bits in (47, -15) if names[0] in ("gzip", "x-gzip", "deflate") else ():
        stream = zlib.decompressobj(bits)
        try:
            opened = stream.decompress(body, MOST_UNPACKED)
        except zlib.error:
            continue
        if stream.eof:
            return opened
    try:
        json.loads(body)  # a client that decodes leaves the header: vcrpy, requests
    except (ValueError, RecursionError):
        report("body, whose Content-Encoding could not be undone")
        return b""
    return body
