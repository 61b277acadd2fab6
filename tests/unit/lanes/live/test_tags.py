"""The tags of a live run's jobs, which the code under test does not see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_qchannel.ibm.route import Route
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.tags import (
    BadTags,
    has_own_tags,
    number_of,
    run_of,
    tagged,
    untagged,
)
from tests.unit.lanes.live.live_kit import Run, job_body

ROWS = {route.key: route for route in ROUTES["runtime"]}


def route(key: str) -> Route:
    return ROWS[key]


def test_three_tags_are_added_behind_the_codes_own() -> None:
    assert tagged(None, "r", "qchannel-r-7") == ["qchannel", "qchannel-r", "qchannel-r-7"]
    assert tagged(["b", "a"], "r", "qchannel-r-7")[:2] == ["b", "a"]
    assert len(tagged(list("abcde"), "r", "qchannel-r-7")) == 8


def test_tags_that_only_look_alike_may_be_sent() -> None:
    tagged(["qchannel-demo", "qchannel2", "qchannel-rr"], "r", "qchannel-r-7")
    with pytest.raises(BadTags):
        tagged(["qchannel-r-demo"], "r", "qchannel-r-7")


@pytest.mark.parametrize(
    ("tags", "run", "number"),
    [
        (["qchannel", "qchannel-a", "qchannel-a-1"], "a", 1),
        # Entry 1 of the run "a" has the tag that all jobs of the run "a-1" have.
        (["qchannel-a-1-7", "x", "qchannel-a-1", "qchannel"], "a-1", 7),
        (["qchannel-a", "qchannel-a-1"], None, None),
        (["qchannel", "qchannel-a"], None, None),
        (["qchannel", "qchannel-a-1"], None, None),
        (None, None, None),
        ("qchannel", None, None),
        ([7, "qchannel"], None, None),
    ],
)
def test_a_job_tells_its_run_and_number(tags: object, run: str | None, number: int | None) -> None:
    assert run_of(tags) == run  # type: ignore[arg-type]
    assert number_of(tags) == number  # type: ignore[arg-type]


OURS = ["qchannel", "qchannel-r", "qchannel-r-7"]


@pytest.mark.parametrize(
    ("key", "body", "left"),
    [
        ("GET /jobs/<job_id>", {"tags": ["a", *OURS]}, {"tags": ["a"]}),
        ("GET /jobs/<job_id>", {"tags": None}, {"tags": None}),
        ("GET /jobs/<job_id>", {"id": "x"}, {"id": "x"}),
        ("GET /jobs", {"jobs": [{"tags": OURS}, {"id": "x"}, 7]},
         {"jobs": [{"tags": []}, {"id": "x"}, 7]}),
        ("GET /jobs", {"jobs": [{"tags": "qchannel"}]}, {"jobs": [{"tags": "qchannel"}]}),
        ("GET /jobs", {"jobs": None}, {"jobs": None}),
        ("GET /workloads", {"workloads": [{"tags": [*OURS, "qchannel-r-8"]}]},
         {"workloads": [{"tags": []}]}),
        ("GET /tags", {"tags": [*OURS, "b"]}, {"tags": ["b"]}),
        # Of this run also alone, as a search may cut the others off; of another run both.
        ("GET /tags", {"tags": ["qchannel-r-9", "qchannel-q-9"]}, {"tags": ["qchannel-q-9"]}),
        ("GET /tags", {"tags": ["qchannel-q", "qchannel-q-9"]}, {"tags": []}),
        ("GET /tags", {"tags": ["qchannel-demo"]}, {"tags": ["qchannel-demo"]}),
        ("GET /tags", [], []),
    ],
)  # fmt: skip
def test_answers_have_the_codes_own_tags_alone(key: str, body: object, left: object) -> None:
    assert has_own_tags(route(key))
    assert untagged(route(key), body, "r") == left  # type: ignore[arg-type]


def test_only_answers_about_jobs_have_tags_of_jobs() -> None:
    found = {key for key, one in ROWS.items() if has_own_tags(one)}
    assert found == {"GET /jobs", "GET /jobs/<job_id>", "GET /workloads", "GET /tags"}
    # Those of instances are the person's.
    assert not any(has_own_tags(one) for one in ROUTES["search"])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_lists_hide_them(run: Run) -> None:
    run.submitted(tags=["mine"])
    for path, name in (("/jobs", "jobs"), ("/workloads", "workloads")):
        [row] = json.loads(run.ask("GET", path).body)[name]
        assert row["tags"] == ["mine"]
    assert json.loads(run.ask("GET", "/tags", query="search=qchannel").body) == {"tags": []}
    assert json.loads(run.ask("GET", "/tags", query="search=min").body) == {"tags": ["mine"]}


def test_they_stay_when_a_test_sets_its_jobs_tags(run: Run) -> None:
    """Without them nobody would find the job to clean it up."""
    remote = run.submitted(tags=["old"])
    assert run.ask("PUT", f"/jobs/{remote}/tags", {"tags": ["new"]}).status == 204
    assert run.jobs[0].tags == ["new", "qchannel", "qchannel-a-run", run.entry.tag]
    assert run.job(remote)["tags"] == ["new"]
    with pytest.raises(LiveRefused, match="6 tags") as it:
        run.ask("PUT", f"/jobs/{remote}/tags", {"tags": list("abcdef")})
    assert len(run.test.problems) == 1
    found = re.match(
        r"give it at most (\d+) tags of (\d+) characters, none of", it.value.next or ""
    )
    assert found, it.value.next
    most = [f"{n:0{found[2]}}" for n in range(int(found[1]))]
    assert run.ask("PUT", f"/jobs/{remote}/tags", {"tags": most}).status == 204
    # What is no list of tags is the service's to refuse.
    assert run.ask("PUT", f"/jobs/{remote}/tags", []).status == 400


@pytest.mark.parametrize("theirs", [["x"], ["x", "qchannel", "qchannel-q", "qchannel-q-3"]])
def test_those_of_other_peoples_jobs_stay(run: Run, theirs: list[str]) -> None:
    send = run.wire(run.request("POST", "/jobs", job_body(backend="ibm_first", tags=theirs)))
    remote = json.loads(send.body)["id"]
    with pytest.raises(LiveRefused, match="this run has not made that job"):
        run.ask("PUT", f"/jobs/{remote}/tags", {"tags": ["y"]})
    assert run.jobs[0].tags == theirs


@pytest.mark.parametrize("run", ["a", "a-1"])
@pytest.mark.parametrize("own", [["qchannel-b-1", "qchannel-b"], ["qchannel-a"]])
def test_a_job_is_of_one_run_alone(run: str, own: list[str]) -> None:
    """With such tags of its own a job was another run's: its lost answer was not found again."""
    if (run, own) == ("a", ["qchannel-a"]):
        with pytest.raises(BadTags, match="lane's own"):
            tagged(own, run, f"qchannel-{run}-5")
        return
    with pytest.raises(BadTags, match="looks like the lane's own"):
        tagged(own, run, f"qchannel-{run}-5")
    assert tagged(["qchannel-b"], run, f"qchannel-{run}-5")[0] == "qchannel-b"
