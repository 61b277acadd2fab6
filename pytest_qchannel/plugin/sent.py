"""What a failed test sent, in a section of its report: the journal's last exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.journal import Exchange
from pytest_qchannel.plugin.keys import JOURNAL, LANE
from pytest_qchannel.secret import hide_all

__all__ = ["TITLE", "lines_of", "show"]

TITLE: Final = "qchannel: what was sent"
_MOST: Final = 12
"""Lines for the last exchanges."""
_MOST_REFUSED: Final = 4
"""Lines for refusals before them."""
_LONGEST_URL: Final = 160
_LONGEST_WHY: Final = 240


def show(item: pytest.Item, report: pytest.TestReport) -> None:
    """Adds the section to the report of a part of a test that failed.

    It is a part of the failure's text where that has sections: so JUnit's report has it, too, and
    ``--show-capture=no`` does not take it away.
    """
    if (lane := item.stash.get(LANE, None)) is not None:
        item.stash[JOURNAL] = lane.requests
    journal = item.stash.get(JOURNAL, None)
    if journal is not None and report.when == "teardown":  # the last report
        del item.stash[JOURNAL]
    if journal is None or not report.failed:
        return
    said = hide_all("\n".join(lines_of(journal)), secrets_of_person())
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(TITLE, said, "-")
    else:  # as of a doctest
        report.sections.append((TITLE, said))


def lines_of(exchanges: Sequence[Exchange]) -> list[str]:
    """The last exchanges and earlier refusals, a line for each: polls that are alike share one."""
    if not exchanges:
        return ["no request was sent"]
    lines = list(_folded(exchanges))
    earlier = lines[:-_MOST]
    refused = [one for one in earlier if one[0].status >= 400 or not one[0].status]
    shown = [*refused[-_MOST_REFUSED:], *lines[-_MOST:]]
    told, before = [], exchanges[0].number - 1
    for first, last in shown:
        if (left_out := first.number - before - 1) > 0:
            told.append(f"... {left_out} more")
        told.append(_line(first, last))
        before = last.number
    return told


def _folded(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Exchange]]:
    """The first and the last of each row of exchanges that are alike."""
    first = last = exchanges[0]
    for one in exchanges[1:]:
        if _gist(one) != _gist(first):
            yield first, last
            first = one
        last = one
    yield first, last


def _gist(one: Exchange) -> tuple[object, ...]:
    return one.method, one.url, one.status, one.job_id, one.fault, one.why


def _line(first: Exchange, last: Exchange) -> str:
    number = f"#{first.number}" if first is last else f"#{first.number} to #{last.number}"
    job = f" job {first.job_id}" if first.job_id and first.job_id not in first.path else ""
    fault = f" (fault {first.fault})" if first.fault else ""
    why = f": {_cut(first.why, _LONGEST_WHY)}" if first.why else ""
    url = _cut(first.url, _LONGEST_URL)
    return f"{number} {first.method} {url} -> {first.status or 'no answer'}{job}{fault}{why}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
