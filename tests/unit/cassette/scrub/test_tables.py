"""The tables: every route has rules, every rule exists, ids are stable, the docs show them."""

from __future__ import annotations

import re

import pytest

from docs.scrubbing import render
from pytest_qchannel.cassette.gate import PATTERNS
from pytest_qchannel.cassette.scrub import ROUTES, RULES
from pytest_qchannel.cassette.scrub.headers import HEADERS, UNNEEDED
from pytest_qchannel.cassette.scrub.routes import ERRORS, HOSTS
from pytest_qchannel.cassette.scrub.standins import SHAPES
from pytest_qchannel.emulator import services
from pytest_qchannel.hosts import HOSTS as EMULATED_HOSTS


def _shape(rule: str) -> str:
    return re.sub(r"<\w+>", "<>", rule)


EMULATED = [
    (service, route.method, route.rule)
    for service in services.ROUTES
    for route in services.ROUTES[service]
]


@pytest.mark.parametrize(("service", "method", "rule"), EMULATED, ids=lambda part: str(part))
def test_every_emulated_route_has_rules(service: str, method: str, rule: str) -> None:
    named = [
        one
        for one in ROUTES
        if service in one.services and one.method == method and _shape(one.rule) == _shape(rule)
    ]
    assert len(named) == 1


def test_no_route_has_rules_that_nothing_serves() -> None:
    emulated = {(service, method, _shape(rule)) for service, method, rule in EMULATED}
    ours = {(service, one.method, _shape(one.rule)) for one in ROUTES for service in one.services}
    assert ours == emulated


@pytest.mark.parametrize("host", EMULATED_HOSTS, ids=lambda host: host.name + host.base)
def test_every_emulated_host_is_known(host: object) -> None:
    name, base, service = (getattr(host, part) for part in ("name", "base", "service"))
    assert any(
        ours == service and re.fullmatch(names, name) and below == base
        for ours, names, below in HOSTS
    )


def test_every_rule_that_is_named_exists() -> None:
    named = {rule for side in HEADERS.values() for rule in side.values()} | set(ERRORS.values())
    for route in ROUTES:
        for fields in (route.query, route.form, route.sent, route.answered):
            named |= set(fields.values())
            named |= set(re.findall(r"\{(\w+)\}", " ".join(fields)))
        named |= {route.text} | set(re.findall(r"<(\w+)>", route.rule))
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


def test_no_header_is_both_kept_and_dropped() -> None:
    assert not UNNEEDED & {name for side in HEADERS.values() for name in side}


def test_the_docs_are_up_to_date() -> None:
    from pathlib import Path

    path = Path(__file__).parents[4] / "docs" / "scrubbing.md"
    assert path.read_text(encoding="utf-8") == render(path.read_text(encoding="utf-8"))
