"""``--qchannel-max-age``: an old cassette fails its test, and recording it anew mends that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, REST, recorded

OPTION = "--qchannel-max-age=30"


def _age(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Lets a cassette that is recorded now look as old as that."""
    from pytest_qchannel.cassette import versions
    from pytest_qchannel.cassette.provenance import now_text

    def then() -> str:
        from datetime import UTC, datetime, timedelta

        return now_text(datetime.now(UTC) - timedelta(days=days))

    monkeypatch.setattr(versions, "now_text", then)


def test_an_old_cassette_fails_and_is_mended(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _age(patch, 40)
        recorded(run, pytester)
    run(REST).assert_outcomes(passed=1)
    result = run(REST, OPTION)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteTooOld: the cassette is 40 days old, and at most 30 are allowed",
            # Without the last word, pasted, it left the cassette as old as it was.
            f"*next: *pytest *--qchannel-mode=record --qchannel-record-from=emulator {OPTION}",
        ]
    )
    run(REST, *RECORD, OPTION).assert_outcomes(passed=1)
    run(REST, OPTION).assert_outcomes(passed=1)


def test_a_young_one_passes(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester)
    result = run(REST, OPTION)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: *max_age=30.0 (from --qchannel-max-age)"])
