"""Reports of several runs as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.page.merge import merged, read_report
from tests.unit.page.report_kit import case_of, heavy_hexagons, report_of, run_of

ROOT = Path(__file__).parents[3]
LINE = {"qubits": 3, "coupling": [[0, 1], [1, 2]]}


def leg(number: int, client: str, **changes: Any) -> dict[str, Any]:
    tests = [case_of(0, client=client), case_of(1, client=client)]
    return report_of(0, run=run_of(number, client=client), tests=tests, **changes)


def test_tests_of_all_legs_with_the_run_that_each_is_of() -> None:
    whole = merged([leg(1, "0.34.0"), leg(2, "0.51.0")])
    assert [one["id"] for one in whole["runs"]] == ["run-1", "run-2"]
    assert [(one["client"], one["run"]) for one in whole["tests"]] == [
        *(("0.34.0", 0), ("0.34.0", 0)),
        *(("0.51.0", 1), ("0.51.0", 1)),
    ]
    assert whole["run"] == run_of(
        0, id="run-1+run-2", started_at="2026-11-27T11:00:00+00:00", duration_s=123.0,
        client="0.34.0, 0.51.0", settings=[],
    )  # fmt: skip


def test_what_is_put_together_follows_the_schema_of_the_docs() -> None:
    schema = json.loads((ROOT / "docs" / "report-schema.json").read_bytes())
    legs = [leg(n, "0.51.0") for n in (1, 2)]
    assert list(Draft202012Validator(schema).iter_errors(merged(legs))) == []


def test_seconds_are_added_where_they_are_known() -> None:
    first = leg(1, "0.34.0", qpu_seconds={"used": 2.5, "held": 0, "budget": None, "estimate": 4.0})
    second = leg(2, "0.51.0", qpu_seconds={"used": 1.0, "budget": None, "estimate": None})
    whole = merged([first, second])
    assert whole["qpu_seconds"] == {"used": 3.5, "held": 0, "budget": None, "estimate": 4.0}


def test_a_run_in_two_reports_is_taken_once() -> None:
    one, two = leg(1, "0.34.0"), leg(2, "0.51.0")
    assert merged([merged([one, two]), two, one]) == merged([one, two])


def test_what_a_run_cost_is_counted_once() -> None:
    """In a report of two runs, one of which was known, the QPU seconds of both counted again."""
    cost = {"held": 0, "budget": None, "estimate": None}
    one = leg(1, "0.34.0", qpu_seconds={"used": 2.0, **cost})
    two = leg(2, "0.51.0", qpu_seconds={"used": 1.0, **cost})
    assert merged([one, merged([one, two])])["qpu_seconds"]["used"] == 3.0
    of_before = merged([one, two])  # as they were written before runs told it
    for run in of_before["runs"]:
        del run["qpu_seconds"]
    assert merged([of_before, leg(3, "0.40.1")])["qpu_seconds"]["used"] == 3.0


def test_merged_reports_merge_in_any_grouping() -> None:
    a, b, c = (
        leg(1, "0.34.0", devices={"qpu": LINE}),
        leg(2, "0.40.1", devices={"qpu": heavy_hexagons()}),
        leg(3, "0.51.0", devices={"qpu": LINE}),
    )
    left, right = merged([merged([a, b]), c]), merged([a, merged([b, c])])
    assert [one["run"] for one in left["tests"]] == [one["run"] for one in right["tests"]]
    for whole in (left, right):  # the place of each run, whichever stands without one
        found = [whole["devices"].get(f"qpu@{n}", whole["devices"]["qpu"]) for n in range(3)]
        assert found == [LINE, heavy_hexagons(), LINE]


def test_a_circuit_that_one_run_drew_is_drawn() -> None:
    bare = {"c": {"qubits": 2, "depth": 3, "text": None, "layout": None}}
    drawn = {"c": {"qubits": 2, "depth": 3, "text": "q_0: -", "layout": None}}
    for circuits in ((bare, drawn), (drawn, bare)):
        legs = [leg(n, "0.51.0", circuits=one) for n, one in enumerate(circuits)]
        assert merged(legs)["circuits"] == drawn


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(report_of(2)), encoding="utf-8")
    assert read_report(tmp_path / "a.json") == report_of(2)


@pytest.mark.parametrize(
    ("text", "headline", "next_"),
    [
        (None, r"cannot read .*a\.json: No such file", "pytest --qchannel-report=FILE.json"),
        ("<html>", r"a\.json is no JSON: ", "pytest --qchannel-report=FILE.json"),
        ("[]", r"is no report of pytest-qchannel: 'version' is missing", "pytest --qchannel"),
        ('{"version": 1, "tests": []}', "'run' is missing", "pytest --qchannel"),
        (json.dumps(report_of(0, tests=[{}])), "a test has no id", "pytest --qchannel"),
        ('{"version": 2}', "of version 2, and this qchannel reads version 1", "pip install"),
    ],
)
def test_what_is_no_report_is_told(
    text: str | None, headline: str, next_: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem, match=headline) as caught:
        read_report(path)
    assert next_ in str(caught.value.next)
