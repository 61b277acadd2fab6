"""The tables: every route has rules, every rule exists, ids are stable, the docs show them."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from docs.scrubbing import render
from pytest_qchannel.cassette.gate import PATTERNS
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.scrub import RULES, Scrubber
from pytest_qchannel.cassette.scrub.headers import HEADERS, UNNEEDED
from pytest_qchannel.cassette.scrub.standins import SHAPES
from pytest_qchannel.cassette.standin_shapes import WORD
from pytest_qchannel.ibm.fields import ERRORS
from pytest_qchannel.ibm.table import ROUTES

OF_BODIES: Final = frozenset({"unknown", "drop", "params", "payload"})
"""Rules for a field of a JSON body, and for no text that stands alone."""

LOOKS: Final = (
    "", "word", "5c0b3f2e-94d1-4a7b-8e36-f1a2b3c4d5e6", "d41a8f0c3b9e4c7281f5a60b7e92c3d4",
    "d1f7k2m9q4s8t3v6w0xz", "IBMid-66200XY7Z1", "2001:db8::7",
)  # fmt: skip


def test_every_rule_can_scrub_a_text_of_every_look() -> None:
    """The first recording that met a rule without a function ended with ``KeyError``."""

    def fails(rule: str, text: str) -> bool:
        try:
            Scrubber().value(rule, text)
        except KeyError:
            return True
        return False

    rules = RULES.keys() - OF_BODIES - {"length"}
    assert {rule for rule in rules for text in LOOKS if fails(rule, text)} == set(), (
        "a stand-in is made in SHAPES of standins.py, from a number of its own in _CODES there; "
        "all else is done in Values of values.py"
    )


def test_what_is_no_json_has_a_rule_for_texts() -> None:
    named = {rule for side in HEADERS.values() for rule in side.values()}
    for route in (one for ones in ROUTES.values() for one in ones):
        named |= {*route.query.values(), *route.form.values(), route.text, *route.variables}
    assert named & OF_BODIES == set()


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
    assert {ERRORS[name] for name in fields} == {"origin"}


@pytest.mark.parametrize("name", ["iamid-7-5-abcde-fghij", "of_ada~flow.py", "qiskit~of_ada.py"])
def test_of_who_asked_and_who_answered_only_our_own_names_stay(name: str) -> None:
    assert Scrubber().value("origin", name) == WORD
    for own in ("qiskit", "qiskit_ibm_runtime~sampler.py", "emulated", ""):
        assert Scrubber().value("origin", own) == own


def test_no_header_is_both_kept_and_dropped() -> None:
    assert not UNNEEDED & {name for side in HEADERS.values() for name in side}


def test_the_docs_are_up_to_date() -> None:
    from pathlib import Path

    path = Path(__file__).parents[4] / "docs" / "scrubbing.md"
    assert path.read_text(encoding="utf-8") == render(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("method", "url", "status", "body"),
    [
        (
            "POST",
            "https://iam.cloud.ibm.com/identity/token",
            400,
            {
                "errorCode": "BXNIM0109E",
                "context": {
                    "url": "https://iam.cloud.ibm.com",
                    "startTime": "28.11.2026 04:57:00:123 UTC",
                    "endTime": "28.11.2026 04:57:00:123 UTC",
                    "elapsedTime": "0",
                },
            },
        ),
        (
            "GET",
            "https://quantum.cloud.ibm.com/api/v1/backends/ibm_a/configuration",
            200,
            {"url": "None"},
        ),
    ],
)
def test_what_names_nobody_is_kept(method: str, url: str, status: int, body: object) -> None:
    """What the user saw: a test that reads it was green when recorded, and red in each replay."""
    sent = Interaction(method, url, status=status, response_body=json.dumps(body).encode())
    assert json.loads(Scrubber(()).scrub(sent).interaction.response_body) == body
