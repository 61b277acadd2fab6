"""What a text looks like: the last check of everything that a rule would keep."""

from __future__ import annotations

import functools
import re
from typing import Final

__all__ = ["is_doc_url", "is_harmless", "is_name", "is_plain", "is_time", "is_word"]

_SUSPECT: Final = re.compile(
    r"[A-Za-z0-9.+%_-]@[A-Za-z0-9-]"  # e-mail
    r"|crn:|IBMid-|eyJ[A-Za-z0-9_-]{6}|-----BEGIN"
    r"|(?i:\b(?:bearer|apikey|basic)\s+\S{8})"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)"  # IPv4, also where a sentence ends
    r"|(?<![0-9:])(?:[0-9a-fA-F]{0,4}:){4,}"  # IPv6
    r"|(?<![0-9A-Za-z:])(?:[0-9a-fA-F]{1,4}:)+(?::[0-9a-fA-F]{1,4})+(?![0-9A-Za-z])"
    r"|(?<![\d.])\d{3,5}(?:[ -]\d{3,4}){2,3}(?![\d.])|\+\d[\d ()-]{7,}\d"  # cards, telephones
    r"|xox[a-z]-[A-Za-z0-9-]{8}"  # a token of groups
    r"|(?:^|[\s\"'=(,:])(?:~|\.{0,2})/[\w.-]*[A-Za-z][\w.-]*|[A-Za-z]:\\|\\\\[A-Za-z]"  # paths
    r"|/(?:home|Users)/[\w.-]|~[\w.-]+/[\w.-]*[A-Za-z]"
    r"|://"
    # A random run: letters and digits mixed, long.
    r"|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{18,}"
    r"|(?<![A-Za-z0-9])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{14,}"
    r"|(?=[A-Za-z_+/-]{0,40}[0-9])[A-Za-z0-9_+/-]{44,}={0,2}"
    r"|%[0-9A-Fa-f]{2}|\\u[0-9a-fA-F]{4}|&#"  # encoded, by whomever
)
_PLAIN: Final = re.compile(r"[\w .,:;+*()\[\]{}<>='\"|!?#^~$&/-]{0,100}")
_WORD: Final = re.compile(r"[\w.+-]{0,80}")
_NAME: Final = re.compile(r"\w[\w.\[\] -]{0,59}")
_PAULI: Final = re.compile(r"[IXYZ01+\-lr]{1,500}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_DOC_URL: Final = re.compile(
    r"https://cloud\.ibm\.com/apidocs/quantum-computing#error-handling"
    r"|https://docs\.quantum-computing\.ibm\.com/errors"
    r"|https://(?:(?:docs\.)?quantum|(?:quantum\.)?cloud)(?:\.cloud)?\.ibm\.com/docs/"
    r"[a-z0-9/_-]{0,80}(?:#[A-Za-z0-9_-]{1,40})?"
)


@functools.lru_cache(maxsize=16_384)
def is_harmless(text: str) -> bool:
    """Whether nothing in a text of any length looks like a secret, an address or a path."""
    return text.isprintable() and not _SUSPECT.search(text)


@functools.lru_cache(maxsize=16_384)
def is_plain(text: str) -> bool:
    """Whether a text is short, and nothing in it looks like a secret, an address or a path."""
    return bool(_PLAIN.fullmatch(text)) and is_harmless(text)


def is_word(text: str) -> bool:
    """Whether a text is one short word, a version, a time or a Pauli string."""
    if _PAULI.fullmatch(text) or _TIME.fullmatch(text):
        return True
    return bool(_WORD.fullmatch(text)) and is_harmless(text)


def is_time(text: str) -> bool:
    """Whether a text is a date, or a time in ISO 8601."""
    return bool(_TIME.fullmatch(text))


def is_name(text: str) -> bool:
    """Whether a text can be the key of a JSON object that is kept."""
    return bool(_NAME.fullmatch(text)) and is_harmless(text)


def is_doc_url(text: str) -> bool:
    """Whether a text is the URL of a page of IBM's public documentation."""
    return bool(_DOC_URL.fullmatch(text))
