"""Texts from a remote service, made fit for a message: short and without credentials."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["scrub_text"]

_LIMIT: Final = 400

_RULES: Final = (
    (re.compile(r"(?i)\b(bearer|apikey)(\s+)[^\s\"',;]+"), r"\1\2***"),
    (
        re.compile(
            r"(?i)([\"']?(?:api_?token|api_?key|access_token|refresh_token|password|token)[\"']?"
            r"\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s&,;}\"']+)"
        ),
        r"\1***",
    ),
    (re.compile(r"(?i)(x-access-token[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]+"), r"\1***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "***"),
    (re.compile(r"\b[0-9a-fA-F]{64,}\b"), "***"),
)


def scrub_text(text: str) -> str:
    """``text`` without credentials, cut to a few lines."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= _LIMIT else text[:_LIMIT] + "..."
