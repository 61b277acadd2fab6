"""A fault from the words that declare it: the same ones in markers, fixtures and world files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from pytest_qchannel.emulator.faults.answers import NAMES
from pytest_qchannel.emulator.faults.model import (
    EVERY,
    LOGIN_SERVICES,
    RUNTIME_SERVICES,
    AccountTrouble,
    Body,
    Fault,
    RouteMatch,
    segments,
)
from pytest_qchannel.emulator.world.progression import STUCK
from pytest_qchannel.emulator.world.records import JobEnding
from pytest_qchannel.errors import nearest
from pytest_qchannel.hosts import known_hosts
from pytest_qchannel.wire import Drop

__all__ = ["JOB_TROUBLES", "WORDS", "parse_fault"]

JOB_TROUBLES: Final = ("failed", "cancelled", "too_long", "stuck")
INTERNAL_ERROR: Final = 9999
RAN_TOO_LONG: Final = 1305

_ANSWER: Final = ("status", "code", "message", "retry_after_s", "processed")
_ROUTE: Final = ("route", "service", "host", *_ANSWER, "delay_s", "drop", "body")
_JOB: Final = ("job", "reason", "code", "backend")
_ACCOUNT: Final = ("account", "account_name")
_ALWAYS: Final = ("skip", "times", "optional")

WORDS: Final = tuple(dict.fromkeys((*_ROUTE, *_JOB, *_ACCOUNT, *_ALWAYS)))
"""Every word that a declaration may hold."""

_METHODS: Final = ("*", "GET", "POST", "PUT", "PATCH", "DELETE")


def parse_fault(table: Mapping[str, Any]) -> Fault:
    """The fault that a table declares; a new one each time, as it counts.

    Args:
        table: Words of :data:`WORDS` and their values; ``docs/faults.md`` tells what they mean.

    Raises:
        ValueError: A word is unknown or does not fit the others, or a value is wrong; the message
            says so in plain words, with the valid ones.
    """
    for word in table:
        if word not in WORDS:
            raise ValueError(f"unknown word {word!r} in a fault{_hint(word, WORDS)}")
    kinds = [word for word in ("route", "job", "account") if word in table]
    if len(kinds) != 1:
        said = " and ".join(kinds) or "none of them"
        raise ValueError(
            f"a fault names one of route, job and account, this one {said}: "
            "write route = 'POST /jobs', or job = 'failed', or account = 'token_revoked'"
        )
    (kind,) = kinds
    allowed = {"route": _ROUTE, "job": _JOB, "account": _ACCOUNT}[kind]
    for word in table:
        if word not in allowed and word not in _ALWAYS:
            raise ValueError(f"{word} does not go with {kind}; {kind} takes {', '.join(allowed)}")
    fault = {"route": _about_requests, "job": _about_jobs, "account": _about_accounts}[kind](table)
    fault.skip = _whole(table, "skip", 0, least=0)
    fault.times = _times(table, fault.times)
    fault.is_optional = _flag(table, "optional")
    return fault


def _about_requests(table: Mapping[str, Any]) -> Fault:
    route = _route(table)
    fault = Fault(
        "",
        route,
        delay_s=_seconds(table, "delay_s"),
        drop=_choice(table, "drop", get_args(Drop)),
        body=_choice(table, "body", get_args(Body)),
        is_processed=_flag(table, "processed"),
    )
    if "status" in table:
        fault.status = _whole(table, "status", 0, least=0)
        if fault.status not in NAMES:
            valid = ", ".join(map(str, NAMES))
            raise ValueError(f"status {fault.status} is no refusal that is served; use {valid}")
        fault.code = _code(table)
        fault.message = _text(table, "message")
        if "retry_after_s" in table:
            fault.retry_after_s = _whole(table, "retry_after_s", 0, least=0)
    elif lonely := [word for word in _ANSWER if word in table]:
        raise ValueError(f"{lonely[0]} needs a status, which is {_none_given('status = 503')}")
    if fault.drop and (fault.status or fault.body):
        raise ValueError("drop leaves no answer: it goes neither with status nor with body")
    if not (fault.status or fault.drop or fault.body or fault.delay_s):
        raise ValueError(f"the fault of {route} does nothing; give status, delay_s, drop or body")
    fault.label = f"{route}: {_deeds(fault)}"
    return fault


def _deeds(fault: Fault) -> str:
    deeds = [f"{fault.delay_s:g} s late"] if fault.delay_s else []
    if fault.status:
        deeds.append(f"status {fault.status}" + (" after processing" * fault.is_processed))
    if fault.drop == "connect":
        deeds.append("no connection")
    elif fault.drop:
        deeds.append(f"connection dropped {fault.drop} processing")
    if fault.body:
        deeds.append(f"{fault.body} body")
    return ", ".join(deeds)


def _about_jobs(table: Mapping[str, Any]) -> Fault:
    trouble = _choice(table, "job", JOB_TROUBLES)
    backend, reason = _text(table, "backend"), _text(table, "reason")
    code = _whole(table, "code", 0, least=1) if "code" in table else None
    label = f"job: {trouble}" + (f" on {backend}" if backend else "")
    if trouble in ("too_long", "stuck") and (reason or code):
        raise ValueError(f"job = {trouble!r} takes neither reason nor code")
    route = RouteMatch("POST", "/jobs", RUNTIME_SERVICES)
    if trouble == "stuck":
        return Fault(label, route, progression=STUCK, backend=backend)
    ending = {
        "failed": JobEnding("fail", reason or "Internal error.", code or INTERNAL_ERROR),
        "cancelled": JobEnding("cancel", reason or "Cancelled by the service.", code),
        "too_long": JobEnding("cancel", "Ran too long", RAN_TOO_LONG),
    }[str(trouble)]
    if trouble == "failed":
        label += f" with {ending.code}"
    return Fault(label, route, ending=ending, backend=backend)


def _about_accounts(table: Mapping[str, Any]) -> Fault:
    trouble: AccountTrouble | None = _choice(table, "account", get_args(AccountTrouble))
    name = _text(table, "account_name")
    label = f"account: {trouble}" + (f" of {name}" if name else "")
    fault = Fault(label, account=trouble, account_name=name)
    if trouble == "maintenance":
        fault.route = RouteMatch(services=RUNTIME_SERVICES)
        fault.status, fault.times = 503, EVERY
    elif trouble == "iam_down":
        fault.route = RouteMatch(services=LOGIN_SERVICES)
        fault.status, fault.times = 503, EVERY
    elif trouble in ("credential_revoked", "used_up") and table.get("times", 1) != 1:
        raise ValueError(f"account = {trouble!r} lasts once it has come; it takes no times")
    return fault


def _route(table: Mapping[str, Any]) -> RouteMatch:
    from pytest_qchannel.emulator.services import ROUTES  # it imports us

    text = " ".join(_text(table, "route").split())
    service, host = _text(table, "service"), _text(table, "host")
    if service and service not in ROUTES:
        raise ValueError(f"{service!r} is no service{_hint(service, ROUTES)}")
    if host and host not in known_hosts():
        raise ValueError(f"{host!r} is no host that is served{_hint(host, known_hosts())}")
    services = frozenset({service} if service else ())
    if text == "*":
        return RouteMatch("*", "*", services, host)
    method, _, path = text.partition(" ")
    method = method.upper()
    if method not in _METHODS or not (path.startswith("/") or path == "*"):
        raise ValueError(
            f"route {text!r} is none: write a method and a path, as 'POST /jobs', "
            "'GET /jobs/<job_id>' or '* /backends', or '*' for every request"
        )
    known = {
        f"{route.method} {route.rule}": route
        for name in services or ROUTES
        for route in ROUTES[name]
    }
    if not any(
        method in ("*", route.method) and (path == "*" or _may_be(path, route.rule))
        for route in known.values()
    ):
        where = f" of the service {service}" if service else ""
        raise ValueError(f"the emulator has no route {text!r}{where}{_hint(text, known)}")
    return RouteMatch(method, path, services, host)


def _may_be(path: str, rule: str) -> bool:
    """Whether requests of a route can have such a path.

    A word for a variable is believed beside a word of the rule only: or ``/job`` were a plan's id.
    """
    wanted, known = segments(path), segments(rule)
    pairs = list(zip(wanted, known, strict=False))
    return (
        len(wanted) == len(known)
        and all("*" in pair or pair[0] == pair[1] for pair in pairs)
        and (any(one == other for one, other in pairs) or set(wanted) == {"*"})
    )


def _hint(word: str, valid: Iterable[str]) -> str:
    close = nearest(str(word), valid)
    return f", did you mean {close!r}?" if close else f"; use one of {', '.join(sorted(valid))}"


def _none_given(example: str) -> str:
    return f"not given: add {example}"


def _text(table: Mapping[str, Any], word: str) -> str:
    value = table.get(word, "")
    if not isinstance(value, str) or (word in table and not value.strip()):
        raise ValueError(f"{word} = {value!r} is no text")
    return value


def _flag(table: Mapping[str, Any], word: str) -> bool:
    value = table.get(word, False)
    if not isinstance(value, bool):
        raise ValueError(f"{word} = {value!r} is neither true nor false")
    return value


def _choice(table: Mapping[str, Any], word: str, valid: tuple[str, ...]) -> Any:
    if word not in table:
        return None
    value = table[word]
    if value not in valid:
        raise ValueError(f"{word} = {value!r} is not known{_hint(str(value), valid)}")
    return value


def _whole(table: Mapping[str, Any], word: str, default: int, *, least: int) -> int:
    value = table.get(word, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{word} = {value!r} is no whole number from {least}")
    return value


def _seconds(table: Mapping[str, Any], word: str) -> float:
    value = table.get(word, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{word} = {value!r} is no number of seconds from 0")
    return float(value)


def _code(table: Mapping[str, Any]) -> int | str | None:
    value = table.get("code")
    if value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
        return value
    raise ValueError(f"code = {value!r} is neither a number nor a text")


def _times(table: Mapping[str, Any], default: int | None) -> int | None:
    if table.get("times", 1) == "every":
        return EVERY
    if isinstance(table.get("times"), str):
        raise ValueError(f"times = {table['times']!r} is neither a whole number nor 'every'")
    return _whole(table, "times", 1, least=1) if "times" in table else default
