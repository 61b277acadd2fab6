"""Whatever the shape of a suite: nothing is looked up at IBM, and no key is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.probe_kit import KEY, Shape, observed, shapes


def _is_as_expected(shape: Shape, reports: list[tuple[str, str]]) -> bool:
    if shape.expected == "green":
        return [outcome for outcome, _ in reports] == ["passed"]
    return all(outcome == "failed" and shape.expected in text for outcome, text in reports)


@pytest.mark.slow
@pytest.mark.parametrize("args", [(), ("-n", "2")], ids=["environment", "file, two workers"])
def test_nothing_of_ibm_is_reached_and_the_key_is_not_sent(
    tmp_path: Path, args: tuple[str, ...]
) -> None:
    """What the user saw: ``def test(svc, qchannel)`` sent the person's own key to IBM.

    All shapes are one run: each is green, or refused by name.
    """
    expected = shapes()
    assert len(expected) >= 40
    run = observed(tmp_path, *args, is_saved=bool(args))
    assert [line for line in run.log if "ibm" in line.lower() or "key" in line] == []
    assert KEY not in run.said
    assert set(run.reports) == set(expected)
    wrong = {
        name: run.reports[name]
        for name, shape in expected.items()
        if not _is_as_expected(shape, run.reports[name])
    }
    assert wrong == {}
