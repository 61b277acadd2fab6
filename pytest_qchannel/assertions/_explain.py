"""Texts from a remote service, made fit for a message: short and without credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.secret import Secret, hide_all

__all__ = ["explain_error", "scrub_text"]

_LIMIT: Final = 400
_FLAGS: Final = re.IGNORECASE | re.DOTALL

_NAMES: Final = (
    r"api[-_]?token|api[-_]?key|bearer|(?:x-)?access[-_]?token|refresh[-_]?token|id[-_]?token"
    r"|client[-_]?secret|password|passcode|ims[-_]user[-_]id"
)
_VALUE: Final = (
    r"""(?:\*\*\*(?=[\s,}\])&]|$)|\\+"(?:(?!\\").)*\\*"?"""  # JSON inside a JSON string
    r"""|b?"(?:\\.|[^"\\])*"?"""
    r"""|b?'(?:\\.|[^'\\])*'?"""
    r"""|(?:(?:bearer|apikey|basic)\s+)?[^\s&"']+)"""
)
# In order: a named field swallows its whole value before the rules for loose values look at it.
_RULES: Final = (
    (re.compile(rf"""((?:{_NAMES})(?:\\*["'])?\s*[:=]\s*){_VALUE}""", _FLAGS), r"\g<1>***"),
    # The bare word "token" is prose unless it is quoted as a field's name.
    (re.compile(rf"""(\\*["']token\\*["']\s*[:=]\s*){_VALUE}""", _FLAGS), r"\g<1>***"),
    # A job's id is short and public; a classic login's is an access token of 64 characters or more.
    (re.compile(r"""((["'])id\2\s*:\s*)(["'])(?:(?!\3).){40,}\3?""", _FLAGS), r"\g<1>***"),
    (re.compile(r"""\b(bearer|apikey|basic)(?:\s|%20|\+)+[^\s"']+""", _FLAGS), r"\g<1> ***"),
    (re.compile(r"eyJ[\w=-]+(?:\.[\w=-]*){1,2}"), "***"),
    (re.compile(r"[0-9a-f]{64,}", _FLAGS), "***"),
    (re.compile(r"(://)[^/\s@:]+:[^/\s@]+@"), r"\g<1>***@"),
)
_LOGIN_ANSWER: Final = re.compile(r"""["']ttl["']\s*:""")
_ANY_ID: Final = re.compile(r"""((["'])id\2\s*:\s*)(["'])(?:\\.|(?!\3).)*\3?""", re.DOTALL)


def scrub_text(text: str, secrets: Iterable[Secret] = ()) -> str:
    """``text`` without credentials, on one line of at most 400 characters.

    Args:
        text: What a service said.
        secrets: What is known of the credentials in it; what looks like one leaves in any case.
    """
    text = hide_all(text, secrets)
    if _LOGIN_ANSWER.search(text):
        text = _ANY_ID.sub(r"\g<1>***", text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= _LIMIT else text[: _LIMIT - 3] + "..."


def explain_error(error: BaseException, secrets: Iterable[Secret] = ()) -> str:
    """An exception as ``Kind: text``, scrubbed."""
    text = scrub_text(str(error), secrets)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
