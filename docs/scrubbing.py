"""The tables of ``docs/scrubbing.md``; ``python docs/generate.py`` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_qchannel.cassette.gate import PATTERNS
from pytest_qchannel.cassette.scrub import RULES
from pytest_qchannel.cassette.scrub.headers import HEADERS
from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _rules() -> str:
    rows = ([one.id, f"`{one.name}`", one.action, one.reason] for one in RULES.values())
    return table(["id", "rule", "what it does", "why"], rows)


def _headers() -> str:
    rows = (
        [side, f"`{name}`", f"`{rule}`"] for side in HEADERS for name, rule in HEADERS[side].items()
    )
    return table(["side", "header", "rule"], rows)


def _size(route: Route) -> int:
    return sum(len(one) for one in (route.query, route.form, route.sent, route.answered))


def _routes() -> str:
    rows = []
    # What a service shares with another one is shown once: as the one has it that has more.
    shown: dict[str, Route] = {}
    for one in (one for ones in ROUTES.values() for one in ones):
        shown[one.key] = max(one, shown.get(one.key, one), key=_size)
    for route in shown.values():
        tables = (route.query, route.form, route.sent, route.answered)
        rows.append([f"`{route.key}`", *(str(len(fields)) for fields in tables)])
    return table(["route", "query fields", "form fields", "paths sent", "paths answered"], rows)


def _patterns() -> str:
    return table(["id", "looks for", "why"], ([one.id, one.name, one.reason] for one in PATTERNS))


PARTS = {"rules": _rules, "headers": _headers, "routes": _routes, "patterns": _patterns}


def render(text: str) -> str:
    """The text with each generated part as the tables have it now."""
    for name, part in PARTS.items():
        mark = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        made = part()
        text = mark.sub(lambda found, made=made: f"{found[1]}{made}\n{found[2]}", text)  # type: ignore[misc]
    return text
