"""What a text looks like: the last check of everything that a rule would keep."""

from __future__ import annotations

import functools
import re
from typing import Final

from pytest_qchannel.ibm.fields import ERROR_PAGES

__all__ = [
    "UUID",
    "is_doc_url",
    "is_drawn",
    "is_harmless",
    "is_name",
    "is_plain",
    "is_tag",
    "is_time",
    "is_word",
]

_LONG_RUN: Final = r"(?=[A-Za-z_+/-]{0,40}[0-9])[A-Za-z0-9_+/-]{44,}={0,2}"
_SECRETS: Final = (
    r"crn:|IBMid-|eyJ[A-Za-z0-9_-]{6}|-----BEGIN",
    r"(?i:\b(?:bearer|apikey|basic)\s+\S{8})",
    r"(?i:(?:api[_-]?key|token|passw(?:or[dt]|d)|pwd|secret|credentials?)[\"']?\s*[=:]\s*\S{4})",
    r"xox[a-z]-[A-Za-z0-9-]{8}|A[KS]IA[A-Z0-9]{12}|AIza[\w-]{20}|hf_[A-Za-z]{20}|glpat-[\w-]{12}",
    r"\bsk-[\w-]{16}|github_pat_|\bSG\.[\w-]{10}|ya29\.[\w-]{8}",
    # A random run: letters and digits mixed, long.
    r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{18,}",
    r"(?<![A-Za-z0-9])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{14,}",
    r"(?<![A-Za-z0-9])(?=[0-9]*[A-F])(?=[A-F]*[0-9])[0-9A-F]{14,}",
    _LONG_RUN,
    r"(?<![\w+/-])(?=[A-Z0-9+/]*[a-z])(?=[a-z0-9+/]*[A-Z])(?=[A-Za-z+/]*[0-9])"
    r"[A-Za-z0-9+/]{32,}(?![\w-])",
    r"%[0-9A-Fa-f]{2}|\\u[0-9a-fA-F]{4}|&#",  # encoded, by whomever
)
_ADDRESSES: Final = (
    r"[\w.+%\"'-][@\uff20][\w\[-]",  # e-mail
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)",  # IPv4, also where a sentence ends
    r"\bip-\d{1,3}(?:-\d{1,3}){3}",  # the same in the name of a machine
    r"(?<![0-9:])(?:[0-9a-fA-F]{0,4}:){4,}",  # IPv6, and of a network card
    r"(?<![0-9A-Za-z:])(?:[0-9a-fA-F]{1,4}:)+(?::[0-9a-fA-F]{1,4})+(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z:])(?:[0-9a-fA-F]{2,4}:)+[0-9a-fA-F]{2,4}::",
    r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}(?![0-9A-Za-z-])",
    r"(?<![\w.])[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}(?![\w.])",
    r"(?<![\w.-])(?:[A-Za-z0-9-]+\.)+(?:com|net|org|local|localdomain|lan|corp|internal|intranet)"
    r"(?![\w.-])",
    r"://",
)
_NUMBERS: Final = (
    # Cards and telephones in groups, or beginning with a 0; no strings of bits.
    r"(?<![\d.])(?![01 -]+(?:[^\d -]|$))\d{3,5}(?:[ -]\d{3,4}){2,3}(?![\d.])|\+\d[\d ()-]{7,}\d",
    r"(?<![\w.])(?![01 /-]+(?:[^\d /-]|$))00?[1-9]\d{1,4}[ /-]?\d{2,4}[ /-]?\d{3,7}(?![\w.])",
    r"\(\d{3,5}\) ?\d{3}[ -]?\d{3,}|(?<![\d.])\d{3}\.\d{3}\.\d{4}(?![\d.])",
    r"(?<![\d.-])\d{3}-\d{2}-\d{4}(?![\d-])",  # of an insurance
    # Of a card, in groups or in one, whatever stands between them; a time in whatever unit has a 1.
    r"(?<![\d.])[2-6]\d{3}(?P<sep>[ \u00a0._-]?)"
    r"(?:\d{4}(?P=sep)\d{4}(?P=sep)\d{1,7}|\d{6}(?P=sep)\d{4,5})(?!\d)",
)
_PATHS: Final = (
    r"(?:^|[\s\"'=(,:])(?:~|\.{0,2})/[\w.-]*[^\W\d_][\w.-]*|[A-Za-z]:\\|\\\\[A-Za-z]",
    r"(?:^|[\s\"'=(,:/\\])(?:home|Users|root|mnt|Volumes)[/\\][\w.-]|~[\w.-]+/[\w.-]*[A-Za-z]",
    r"\$\{?[A-Z_]{2,}\}?[/\\]|%[A-Za-z_]{2,}%",
    r"\w[/\\][\w.-]+\.(?:py|ipynb|qpy|qasm|json|ya?ml|toml|ini|env|txt|csv|log|pem|key|npz?|pkl|h5)\b",
)
_LOOKS: Final = (*_SECRETS, *_ADDRESSES, *_NUMBERS, *_PATHS)
_SUSPECT: Final = re.compile("|".join(_LOOKS))
_SUSPECT_BUT_LONG: Final = re.compile("|".join(one for one in _LOOKS if one != _LONG_RUN))
_RUN: Final = re.compile(r"[A-Za-z0-9_+/-]{44,}")
# Words and numbers: of 3,000,000 random texts as long as a key, in six alphabets, one was of them.
_PART: Final = (
    r"(?>(?:(?:[A-Z]{0,4}[a-z]{2,24}){0,3}[A-Za-z]{0,2}[0-9]{0,4}|[A-Z]{3,8}s?[0-9]{0,4}"
    r"|[0-9]{1,8}[a-z]{0,2})(?![A-Za-z0-9]))"
)
_OF_WORDS: Final = re.compile(rf"{_PART}(?:[_+/-]{_PART})*")

_SHORT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,7}")
_PLAIN: Final = re.compile(r"[\w .,:;+*()\[\]{}<>='\"|!?#^~$&/-]{0,100}")
# With the signs of formulas, and pictures.
_TAG: Final = re.compile(
    r"(?:[\w .,:;+*()\[\]{}<>='\"|!?#^~$&/%-]"
    r"|[\u00a7\u00ab\u00b0\u00b1\u00b7\u00bb\u00d7\u00f7\u2013\u2014\u2018-\u201e\u2020-\u2022"
    r"\u00bf\u00a1\u2026\u20ac`]"
    r"|[\u2190-\u2214\u2216-\u22ff\u25a0-\u27ff\ufe0f\U0001f300-\U0001faff]){0,100}"
)
_WORD: Final = re.compile(r"[\w.+-]{0,80}")
_NAME: Final = re.compile(r"\w[\w.\[\] -]{0,59}")
_PAULI: Final = re.compile(r"[IXYZ01+\-lr]{1,500}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DRAWN: Final = re.compile(
    UUID.pattern + r"|(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}|\d{9,}(?:\.\d+)?|0\.\d{6,}"
)
_DOC_URL: Final = re.compile(
    r"https://(?:(?:docs\.)?quantum|(?:quantum\.)?cloud)(?:\.cloud)?\.ibm\.com/docs/"
    r"[a-z0-9/_-]{0,80}(?:#[A-Za-z0-9_-]{1,40})?"
)


@functools.lru_cache(maxsize=16_384)
def is_harmless(text: str) -> bool:
    """Whether nothing in a text of any length looks like a secret, an address or a path."""
    if _SHORT.fullmatch(text):  # most words of a circuit are
        return True
    return text.isprintable() and not _SUSPECT.search(text)


@functools.lru_cache(maxsize=16_384)
def is_plain(text: str) -> bool:
    """Whether a text is short, and nothing in it looks like a secret, an address or a path."""
    return bool(_PLAIN.fullmatch(text)) and is_harmless(text)


def is_tag(text: str) -> bool:
    """Whether a text that the test itself has is plain; words may be joined to a long one there."""
    if is_plain(text):
        return True
    return (
        bool(_TAG.fullmatch(text))
        and text.isprintable()
        and not _SUSPECT_BUT_LONG.search(text)
        and all(_OF_WORDS.fullmatch(run) for run in _RUN.findall(text))
    )


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


def is_drawn(text: str) -> bool:
    """Whether a text is one that a program makes anew each time: a UUID, a digest, a time."""
    return bool(_DRAWN.fullmatch(text))


def is_doc_url(text: str) -> bool:
    """Whether a text is the URL of a page of IBM's public documentation."""
    return text in ERROR_PAGES or bool(_DOC_URL.fullmatch(text))
