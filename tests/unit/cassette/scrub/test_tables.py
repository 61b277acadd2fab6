"""The tables: every route has rules, every rule exists, ids are stable, the docs show them."""

from __future__ import annotations

import re

from docs.scrubbing import render
from pytest_qchannel.cassette.gate import PATTERNS
from pytest_qchannel.cassette.scrub import RULES
from pytest_qchannel.cassette.scrub.headers import HEADERS, UNNEEDED
from pytest_qchannel.cassette.scrub.standins import SHAPES
from pytest_qchannel.ibm.fields import ERRORS
from pytest_qchannel.ibm.table import ROUTES


def test_every_rule_that_is_named_exists() -> None:
    named = {rule for side in HEADERS.values() for rule in side.values()} | set(ERRORS.values())
    for route in (one for ones in ROUTES.values() for one in ones):
        for fields in (route.query, route.form, route.sent, route.answered):
            named |= set(fields.values())
            named |= set(re.findall(r"\{(\w+)\}", " ".join(fields)))
        named |= {route.text, *route.variables}
    assert named - {"backend"} <= set(RULES)


def test_ids_are_unique_and_every_rule_has_a_reason() -> None:
    for ids, reasons in (
        ([rule.id for rule in RULES.values()], [rule.reason for rule in RULES.values()]),
        ([one.id for one in PATTERNS], [one.reason for one in PATTERNS]),
    ):
        assert len(set(ids)) == len(ids)
        assert ids == sorted(ids)
        assert all(reasons)


def test_every_kind_of_standin_is_a_rule() -> None:
    assert set(SHAPES) - {"segment"} <= set(RULES)


def test_no_header_that_identifies_a_session_of_iam_is_kept() -> None:
    """Seen around every answer of IAM; where one is recorded, nobody needs to be told of it."""
    named = {"akamai-grn", "transaction-id", "x-correlation-id", "x-request-id"}
    assert named <= UNNEEDED
    fields = {"context.instanceId", "context.host", "context.clusterName"}
    assert {ERRORS[name] for name in fields} == {"drop"}


def test_no_header_is_both_kept_and_dropped() -> None:
    assert not UNNEEDED & {name for side in HEADERS.values() for name in side}


def test_the_docs_are_up_to_date() -> None:
    from pathlib import Path

    path = Path(__file__).parents[4] / "docs" / "scrubbing.md"
    assert path.read_text(encoding="utf-8") == render(path.read_text(encoding="utf-8"))
