"""One value, by the name of one rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from ahocorasick_rs import AhoCorasick

from pytest_qchannel.cassette.scrub.echoes import Echoes
from pytest_qchannel.cassette.scrub.looks import (
    UUID,
    is_doc_url,
    is_drawn,
    is_harmless,
    is_plain,
    is_tag,
)
from pytest_qchannel.cassette.scrub.parts import all_parts, parts_of
from pytest_qchannel.cassette.scrub.prose import UNKNOWN, is_known, scrub_prose
from pytest_qchannel.cassette.scrub.standins import DRAWN, SHAPES, Standins
from pytest_qchannel.cassette.standin_shapes import WORD, is_standin
from pytest_qchannel.hosts import SOCKET_HOSTS

__all__ = ["Values"]

_CRN: Final = re.compile(
    r"crn:(?P<version>v\d):(?P<cname>[a-z-]{0,20}):(?P<ctype>[a-z-]{0,12})"
    r":(?P<service>[a-z0-9.-]{0,40}):(?P<region>[a-z0-9-]{0,24})"
    r":(?P<scope>[^:]*):(?P<instance>[^:]*):(?P<kind>[^:]*):(?P<resource>[^:]*)"
)
_MIME: Final = re.compile(
    r"([a-z*]{1,20}/[a-z0-9.*+-]{1,60})(\s*;\s*charset=\"?([A-Za-z0-9-]{1,20}))?"
)
LEAST_KNOWN: Final = 8
"""A shorter value that has a stand-in, a tag say, may be a part of any word."""

_DRAWN: Final = frozenset({"job_id", "session_id", "task_id"})
"""Kinds of ids that the service draws."""

_CUT: Final = _DRAWN | {"account", "guid"}
"""Kinds of ids of which a test may cut a part."""

_ORIGIN: Final = re.compile(r"qiskit|qiskit_ibm_runtime~(?:sampler|estimator)\.py|emulated")
"""What the client calls itself in its header ``X-Qx-Client-Application``, and the emulator."""

_SCHEMES: Final = frozenset({"bearer", "apikey", "basic", "token"})


class Values:
    """Scrubs texts by rule.

    Args:
        standins: Of this cassette.
        link: Scrubs a URL of the service; raises ``ValueError`` for one that is none.
        is_served: Whether a host name is one of IBM's public ones.
        secrets: Values that are never kept, whatever rule keeps them.

    Attributes:
        own_tags: Tags that the code under test named itself: they stay where they are plain.
        echoes: What it has sent: the service says it again.
    """

    def __init__(
        self,
        standins: Standins,
        link: Callable[[str], str],
        is_served: Callable[[str], bool],
        secrets: tuple[str, ...],
    ) -> None:
        self.standins = standins
        self._link = link
        self._is_served = is_served
        self._secrets = secrets
        self._known: AhoCorasick | None = None
        self._known_of = 0
        self._parts: dict[str, str] = {}
        self._parts_of = 0
        self.own_tags: set[str] = set()
        self.echoes = Echoes()
        self._rewriters: Mapping[str, Callable[[str], str]] = {
            "keep": self._keep,
            "public": lambda text: text if self.may_stay(text) and is_harmless(text) else WORD,
            "search": lambda text: self._own_word(text, is_searched=True),
            "asked": self._asked,
            "prose": self._prose,
            "text": lambda text: WORD if text else "",
            "log": self._log,
            "mime": self._mime,
            "doc_url": lambda text: text if is_doc_url(text) and self.may_stay(text) else WORD,
            "authorization": self._authorization,
            "crn": self.crn,
            "hgp": self._hgp,
            "instance_id": self._instance_id,
            "workload_id": self._workload_id,
            "link": self._link_or_object,
            "base_url": self._base_url,
            "backend": self._keep,
            "origin": lambda text: text if not text or _ORIGIN.fullmatch(text) else WORD,
        }

    def scrub(self, rule: str, text: str) -> str:
        """A text by the rule of that name.

        Raises:
            KeyError: There is no such rule for a single text.
        """
        if rule == "tag" and text in self.own_tags:
            return self._own_word(text)
        if rule == "tag" and (known := self.any_standin(text)):  # as the id of a job
            return known
        if rule in SHAPES:
            return self.standins.of(rule, text)
        return self._rewriters[rule](text)

    def _own_word(self, text: str, *, is_searched: bool = False) -> str:
        """A tag of the test itself, or what it searches for: in a replay it may be another one."""
        if known := self.standins.known("word", text):
            return known
        if not (is_searched and self._is_cut(text)) and (kept := self._own_tag(text)) is not None:
            return kept
        return self.any_standin(text) or self.standins.of("word", text)

    def _asked(self, text: str) -> str:
        """The value of a field of the query that no table names."""
        if known := self.any_standin(text):
            return known
        if is_drawn(text):
            return self.standins.of("word", text)
        words = re.split("[, ]", text)
        return self._keep(text) if all(map(is_known, words)) else WORD if text else ""

    def _is_cut(self, text: str) -> bool:
        """Whether a text is a part of an id, however short."""
        return any(
            text in value and text != value
            for kind, value in self.standins.replaced()
            if kind in _DRAWN and DRAWN.fullmatch(value)
        )

    def _holds_part(self, text: str) -> bool:
        """Whether a part of an id is in a text."""
        if self._parts_of != self.standins.count:
            ids = (value for kind, value in self.standins.replaced() if kind in _CUT)
            self._parts = dict(all_parts(one for one in ids if DRAWN.fullmatch(one)))
            self._parts_of = self.standins.count
        return any(part in self._parts for part in parts_of(text))

    def _own_tag(self, text: str) -> str | None:
        """A word of the test itself, where it is plain: the ids in it are kept in step."""
        kept = rest = text
        for kind, value in tuple(self.standins.replaced()):
            if kind in _DRAWN and DRAWN.fullmatch(value) and value in rest:
                rest = rest.replace(value, "id")
                kept = kept.replace(value, self.standins.of(kind, value))
        is_plain_one = self.may_stay(rest) and is_tag(rest) and not self._holds_part(rest)
        return kept if is_plain_one else None

    def may_stay(self, text: str) -> bool:
        """Whether no known secret, and nothing that has a stand-in, is in a text."""
        if self._known is None or self._known_of != self.standins.count:
            # A tag can be a word of the service: "estimator".
            replaced = [
                value
                for kind, value in self.standins.replaced()
                if len(value) >= LEAST_KNOWN and not is_known(value)
                if not _is_made_up(kind, value)
            ]
            self._known = AhoCorasick([*self._secrets, *replaced])
            self._known_of = self.standins.count
        return not self._known.find_matches_as_indexes(text)

    def any_standin(self, word: str) -> str | None:
        """The stand-in of a value, of whatever kind it was."""
        made: str | None = None
        for kind in SHAPES:
            made = made or self.standins.known(kind, word)
        if made is None and _CRN.fullmatch(word):
            made = self.crn(word)
        return made

    def _keep(self, text: str) -> str:
        return text if self.may_stay(text) and is_plain(text) else WORD

    def _prose(self, text: str) -> str:
        had_lost = self.echoes.has_lost
        scrubbed = scrub_prose(text, self._in_step, self._echo)
        if UNKNOWN not in scrubbed:
            self.echoes.has_lost = had_lost  # what is no echo as a whole was made of some
        if not is_harmless(scrubbed):  # together with the words around it: "token: mine"
            scrubbed = scrub_prose(text, self._in_step, partial(self.echoes.of, as_it_is=False))
        return scrubbed if not any(secret in scrubbed for secret in self._secrets) else WORD

    def _in_step(self, word: str) -> str | None:
        made = self.any_standin(word)
        kinds = (kind for kind in _DRAWN if self.standins.known(kind, word))
        is_given = not any(_is_made_up(kind, word) for kind in kinds)
        in_step = made is None or self.echoes.is_in_step(word, made, is_given=is_given)
        return made if in_step else None

    def _echo(self, word: str) -> str | None:
        return self.echoes.of(word, as_it_is=self.may_stay(word))

    @staticmethod
    def _log(text: str) -> str:
        lines = len(text.splitlines())
        return f"{WORD}: a log of {lines} lines was here\n" if text.strip() else ""

    @staticmethod
    def _mime(text: str) -> str:
        kinds = [_MIME.match(part.strip().lower()) for part in text.split(",")]
        shown = [
            kind[1] + (f"; charset={kind[3]}" if kind[3] else "")
            for kind in kinds
            if kind is not None
        ]
        return ", ".join(shown)

    def _authorization(self, text: str) -> str:
        scheme, _, value = text.strip().partition(" ")
        if scheme.lower() not in _SCHEMES or not value:
            return WORD
        value = value.strip()
        kind = "api_key" if scheme.lower() == "apikey" else "access_token"
        # The classic platform takes the API token itself as a bearer.
        if kind == "access_token" and (known := self.standins.known("api_key", value)):
            return f"{scheme} {known}"
        return f"{scheme} {self.standins.of(kind, value)}"

    def crn(self, text: str) -> str:
        """A CRN with account and instance replaced; another text by a stand-in of its shape."""
        found = _CRN.fullmatch(text.strip())
        if found is None:
            return self.standins.of("guid", text) if UUID.fullmatch(text) else WORD if text else ""
        kept = {name: found[name] for name in ("cname", "ctype", "service", "region")}
        if not all(is_harmless(part) for part in kept.values()):
            return WORD
        scope = found["scope"]
        if scope:
            scope = "a/" + self.standins.of("account", scope.partition("/")[2] or scope)
        instance = self.standins.of("guid", found["instance"])
        resource = WORD if found["resource"] else ""
        kind = found["kind"] if found["kind"].isalpha() and len(found["kind"]) < 20 else ""
        return ":".join(("crn", found["version"], *kept.values(), scope, instance, kind, resource))

    def _hgp(self, text: str) -> str:
        parts = text.split("/")
        if len(parts) != 3:
            return WORD
        kinds = zip(("hub", "group", "project"), parts, strict=True)
        return "/".join(self.standins.of(kind, part) for kind, part in kinds)

    def _instance_id(self, text: str) -> str:
        if text.startswith("crn:"):
            return self.crn(text)
        if text.count("/") == 2:
            return self._hgp(text)
        known = self.any_standin(text)
        if known is not None:
            return known
        return self.standins.of("guid" if UUID.fullmatch(text) else "instance", text)

    def _workload_id(self, text: str) -> str:
        return self.standins.known("session_id", text) or self.standins.of("job_id", text)

    def _link_or_object(self, text: str) -> str:
        try:
            return self._link(text)
        except ValueError:
            return self.standins.of("object_url", text)

    def _base_url(self, text: str) -> str:
        if text == "None":
            return text  # a device's configuration has it, in these words
        try:
            parts = urlsplit(text)
            host, path = (parts.hostname or "").lower(), parts.path
        except ValueError:
            return WORD
        if parts.scheme not in ("https", "http", "wss", "ws") or not is_plain(path.strip("/")):
            return WORD
        kept = host if self._is_served(host) or host in SOCKET_HOSTS else ""
        return f"{parts.scheme}://{kept or self.standins.of('host', host)}{path}"

    def any_json(self, value: object) -> object:
        """A value that no rule names: the same JSON type, and nothing of it."""
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return 0
        if isinstance(value, str):
            return value if is_standin(value) and len(value) <= len(WORD) else WORD if value else ""
        return type(value)() if isinstance(value, list | dict) else None


def _is_made_up(kind: str, value: str) -> bool:
    """Whether an id is no service's: a test asks for it in vain, and may use the word elsewhere."""
    return kind in _DRAWN and not DRAWN.fullmatch(value)
