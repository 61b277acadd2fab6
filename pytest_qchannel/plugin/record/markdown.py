"""The record of a run as Markdown, for the page of a CI step: failures first, with what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pytest_qchannel.plugin.record.shown import visible

__all__ = ["markdown_of"]

_MOST_FAILURES: Final = 50
_LONGEST: Final = 400
_LONGEST_STEP: Final = 4_000
"""Of what mends a failure: cut off, it does not work as it is pasted."""
_BAD: Final = ("failed", "error")

_PLAIN: Final = re.compile(
    r"[a-z0-9 ,./-]|(?<=[a-z0-9])_(?=[a-z0-9])|:(?![/a-z0-9])|::", re.IGNORECASE
)
"""What Markdown reads as itself, whatever stands around it."""


def markdown_of(document: dict[str, Any], lines: Sequence[str]) -> str:
    """A heading, a table of failures, one of lanes, and the lines of the terminal.

    Args:
        document: The record, without secrets.
        lines: What the terminal says.
    """
    tests = document["tests"]
    counts = Counter(one["outcome"] for one in tests)
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    heading = f"## qchannel: {said or 'no test used it'}"
    return "\n".join([heading, "", *_failures(tests), *_lanes(tests), *_list(lines), "", ""])


def _failures(tests: Iterable[dict[str, Any]]) -> Iterator[str]:
    failed = [one for one in tests if one["outcome"] in _BAD]
    if not failed:
        return
    yield from ("| failed | next |", "| --- | --- |")
    for one in failed[:_MOST_FAILURES]:
        error = one["error"] or {}
        command = error.get("next") or one["rerun"]
        said = f"{code(one['id'])}<br>{escaped(error.get('headline', ''))}"
        yield f"| {said} | {code(command, _LONGEST_STEP)} |"
    if (more := len(failed) - _MOST_FAILURES) > 0:
        yield f"| and {more} more | |"
    yield ""


def _lanes(tests: Iterable[dict[str, Any]]) -> Iterator[str]:
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in tests:
        if one["lane"] is not None:
            rows.setdefault((one["lane"], one["channel"] or ""), []).append(one)
    if not rows:
        return
    yield "| lane | channel | tests | failed | requests | jobs | QPU seconds |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for (lane, channel), found in sorted(rows.items()):
        failed = sum(one["outcome"] in _BAD for one in found)
        jobs = [job for one in found for job in one["jobs"]]
        known = [job["qpu_seconds"] for job in jobs if job["qpu_seconds"] is not None]
        about = "about " if any(one["is_estimate"] for one in known) else ""
        seconds = f"{about}{round(sum(one['value'] for one in known), 2):g}" if known else ""
        requests = sum(one["request_count"] for one in found)
        cells = (escaped(lane), escaped(channel), len(found), failed, requests, len(jobs), seconds)
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def _list(lines: Iterable[str]) -> list[str]:
    return [f"- {escaped(one)}" for one in lines]


def code(text: str, most: int = _LONGEST) -> str:
    """A text in the letters of code."""
    return f"<code>{escaped(text, most)}</code>"


def escaped(text: str, most: int = _LONGEST) -> str:
    """A text that Markdown and HTML show as it is: no mark-up, no link, no image, no column."""
    line = visible(text, most)
    kept, at = list[str](), 0
    while at < len(line):
        found = _PLAIN.match(line, at)
        one = found[0] if found else line[at]
        kept.append(one if found or not one.isascii() else f"&#{ord(one)};")
        at += len(one)
    return re.sub(r"(?i)(?<=www)\.", "&#46;", "".join(kept))
