"""Declarations: what each word means, and what is refused, in words that help."""

from __future__ import annotations

import contextlib
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.fault_words import tables
from pytest_qchannel.emulator.faults.parse import (
    WORDS,
    AccountWords,
    JobWords,
    RequestWords,
    Words,
    parse_fault,
)
from pytest_qchannel.emulator.world.jobs import JobEnding
from pytest_qchannel.emulator.world.progression import STUCK
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.markers import FAULT, told_of, usage_of
from pytest_qchannel.plugin.marker_arguments import ACCEPT

DOCS = Path(__file__).parents[4] / "docs" / "faults.md"


@pytest.mark.parametrize(
    ("table", "label"),
    [
        ({"route": "POST /jobs", "status": 503}, "POST /jobs: status 503"),
        ({"route": "post   /jobs", "drop": "after"}, "POST /jobs: connection dropped after"),
        ({"route": "GET /jobs", "drop": "connect"}, "GET /jobs: no connection"),
        (
            {"route": "POST /jobs", "status": 504, "processed": True, "delay_s": 0.5},
            "POST /jobs: 0.5 s late, status 504 after processing",
        ),
        ({"route": "*", "body": "truncated"}, "any request: truncated body"),
        ({"route": "*", "service": "iam", "delay_s": 1}, "any request to iam: 1 s late"),
        ({"route": "GET *", "status": 500}, "GET *: status 500"),
        ({"job": "failed"}, "job: failed with 9999"),
        ({"job": "stuck", "backend": "ibm_torino"}, "job: stuck on ibm_torino"),
        ({"account": "iam_down"}, "account: iam_down"),
        ({"account": "used_up", "account_name": "a"}, "account: used_up of a"),
    ],
)
def test_a_fault_is_named_by_what_it_does(table: dict[str, Any], label: str) -> None:
    assert str(parse_fault(table)).startswith(label)


def test_how_often() -> None:
    once = parse_fault({"route": "POST /jobs", "status": 503})
    assert (once.skip, once.times, once.is_optional) == (0, 1, False)
    some = parse_fault(
        {"route": "POST /jobs", "status": 503, "skip": 2, "times": 3, "optional": True}
    )
    assert (some.skip, some.times, some.is_optional) == (2, 3, True)
    assert [some.count() for _ in range(7)] == [False, False, True, True, True, False, False]
    assert (some.seen, some.strikes, some.is_spent) == (5, 3, True)
    ever = parse_fault({"route": "POST /jobs", "status": 503, "times": "every"})
    assert all(ever.count() for _ in range(100))
    assert not ever.is_spent


def test_outages_last_unless_told_otherwise() -> None:
    assert parse_fault({"account": "maintenance"}).times is None
    assert parse_fault({"account": "iam_down", "times": 2}).times == 2
    assert parse_fault({"account": "token_revoked"}).times == 1


def test_jobs_are_given_their_end() -> None:
    assert parse_fault({"job": "failed"}).ending == JobEnding("fail", "Internal error.", 9999)
    mine = parse_fault({"job": "failed", "reason": "Warm.", "code": 1011})
    assert mine.ending == JobEnding("fail", "Warm.", 1011)
    assert parse_fault({"job": "too_long"}).ending == JobEnding("cancel", "Ran too long", 1305)
    cancelled = parse_fault({"job": "cancelled"}).ending
    assert cancelled is not None
    assert (cancelled.event, cancelled.code) == ("cancel", None)
    stuck = parse_fault({"job": "stuck"})
    assert (stuck.ending, stuck.progression) == (None, STUCK)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"rout": "POST /jobs"}, "unknown word 'rout' in a fault, did you mean 'route'?"),
        ({"status": 503}, "one of route, job and account, this one none of them"),
        ({"route": "*", "job": "failed"}, "this one route and job"),
        ({"job": "failed", "status": 503}, "status does not go with job; job takes job, reason"),
        ({"account": "used_up", "drop": "before"}, "drop does not go with account"),
        ({"route": "POST /jobs"}, "does nothing; give status, delay_s, drop or body"),
        ({"route": "/jobs", "status": 503}, "write a method and a path, as 'POST /jobs'"),
        ({"route": "FETCH /jobs", "status": 503}, "route 'FETCH /jobs' is none"),
        ({"route": "POST /job", "status": 503}, "no route 'POST /job', did you mean 'POST /jobs'"),
        ({"route": "PUT /jobs", "status": 503}, "the emulator has no route 'PUT /jobs'"),
        (
            {"route": "POST /jobs", "service": "iam", "status": 503},
            "no route 'POST /jobs' of the service iam",
        ),
        ({"route": "*", "service": "runtme", "status": 503}, "did you mean 'runtime'?"),
        (
            {"route": "*", "host": "quantum.cloud.ibm.con", "status": 503},
            "did you mean 'quantum.cloud.ibm.com'?",
        ),
        ({"route": "*", "status": 418}, "status 418 is no refusal that is served; use 400, 401"),
        ({"route": "*", "status": 200}, "status 200 is no refusal"),
        ({"route": "*", "status": True}, "status = True is no whole number"),
        ({"route": "*", "drop": "before", "code": 7}, "code needs a status"),
        ({"route": "*", "delay_s": 1, "retry_after_s": 7}, "retry_after_s needs a status"),
        ({"route": "*", "drop": "x"}, "drop = 'x' is not known; use one of after, before"),
        ({"route": "*", "drop": "befor"}, "did you mean 'before'?"),
        ({"route": "*", "drop": "after", "body": "malformed"}, "drop leaves no answer"),
        ({"route": "*", "delay_s": -1}, "delay_s = -1 is no number of seconds"),
        ({"route": "*", "delay_s": float("nan")}, "delay_s = nan is no number"),
        ({"route": "*", "status": 500, "times": 0}, "times = 0 is no whole number from 1"),
        ({"route": "*", "status": 500, "times": "evry"}, "neither a whole number nor 'every'"),
        ({"route": "*", "status": 500, "skip": -1}, "skip = -1 is no whole number from 0"),
        ({"route": "*", "status": 500, "optional": "yes"}, "neither true nor false"),
        ({"route": "*", "status": 500, "code": 1.5}, "code = 1.5 is neither a number nor a text"),
        ({"route": 7, "status": 500}, "route = 7 is no text"),
        ({"job": "fails"}, "job = 'fails' is not known, did you mean 'failed'?"),
        ({"job": "stuck", "reason": "x"}, "takes neither reason nor code"),
        ({"job": "failed", "code": "1011"}, "code = '1011' is no whole number"),
        ({"account": "token_revokd"}, "did you mean 'token_revoked'?"),
        ({"account": "used_up", "times": 2}, "takes no times"),
    ],
)
def test_what_makes_no_sense_is_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_fault(table)


_VALUES = st.one_of(
    st.sampled_from(
        ["POST /jobs", "*", "GET /jobs/<job_id>", "after", "malformed", "failed", "stuck", "every"]
    ),
    st.sampled_from(["iam_down", "used_up", "runtime", "quantum.cloud.ibm.com", 503, 1, True]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
)


@given(st.dictionaries(st.sampled_from(WORDS) | st.text(), _VALUES, max_size=5))
def test_any_table_is_a_fault_or_a_plain_refusal(table: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):
        fault = parse_fault(table)
        assert str(fault)
        assert fault.strikes == 0


def test_every_route_of_the_tables_can_be_declared() -> None:
    for service, routes in ROUTES.items():
        for route in routes:
            fault = parse_fault(
                {"route": f"{route.method} {route.rule}", "service": service, "status": 500}
            )
            assert fault.route.path == route.rule


def test_the_marker_takes_the_same_words() -> None:
    assert tuple(inspect.signature(ACCEPT[FAULT]).parameters) == WORDS
    # What `pytest --markers` says of it.
    assert set(re.findall(r"(\w+)=", usage_of(FAULT))) <= set(WORDS)
    meaning = told_of(FAULT)[1]
    kinds = [re.findall(r"\w+", part) for part in re.findall(r": (.+?)(?:;|\.)", meaning)]
    specs = (RequestWords, JobWords, AccountWords)
    assert [set(kind) for kind in kinds] == [
        *({*spec.own()} for spec in specs), {one.name for one in fields(Words)}
    ]  # fmt: skip


@pytest.mark.parametrize("name", tables())
def test_the_tables_of_the_docs_are_those_of_the_code(name: str) -> None:
    text = DOCS.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}:.*?-->\n(.*?)\n<!-- end of {name} -->", text, re.DOTALL)
    assert found, name
    assert found[1] == tables()[name], "run python docs/generate.py"
