"""The complaint about a fault that was declared and never happened."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import find_host
from pytest_qchannel.journal import Exchange

__all__ = ["FaultNotMet", "unmet"]

_SHOWN: Final = 3


class FaultNotMet(QChannelError):
    """A test passed without the trouble that it declared."""


def unmet(
    faults: Iterable[Fault], journal: Iterable[Exchange], where: str | None = None
) -> list[FaultNotMet]:
    """A complaint for each fault that never happened and is not optional.

    Args:
        faults: Those that were declared.
        journal: What was sent, oldest first.
        where: The test.
    """
    sent = list(journal)
    return [
        _complaint(fault, sent, where)
        for fault in faults
        if not fault.strikes and not fault.is_optional
    ]


def _complaint(fault: Fault, sent: list[Exchange], where: str | None) -> FaultNotMet:
    seen = counted(fault.seen, "job" if fault.is_about_jobs else "request")
    looked = f"{counted(sent, 'request')}, {seen} that it is about"
    if fault.seen:
        looked += f", the first {fault.skip} of which it lets through (skip={fault.skip})"
    elif fault.account in ("token_revoked", "token_expired"):
        looked += " (those with a valid access token)"
    lines = [str(exchange) for exchange in _closest(fault, sent)]
    return FaultNotMet(
        f"the fault '{fault}' never happened",
        where=where,
        facts=[("looked", looked)],
        closest="\n".join(lines) or "nothing was sent",
        next=f"send what it waits for ({fault.route}), mend the fault, or declare it with "
        "optional=True",
    )


def _closest(fault: Fault, sent: list[Exchange]) -> list[Exchange]:
    """The exchanges most like those that the fault waits for, in the order they were sent."""
    wanted, services = fault.route, fault.route.services

    def likeness(exchange: Exchange) -> tuple[float, int]:
        host = find_host(exchange.host, exchange.path)
        below = exchange.path[len(host.base) :] if host else exchange.path
        points = difflib.SequenceMatcher(None, wanted.path, below).ratio()
        points += exchange.method == wanted.method
        points += host is not None and host.service in services
        return points, exchange.number

    best = sorted(sent, key=likeness, reverse=True)[:_SHOWN]
    return sorted(best, key=lambda exchange: exchange.number)
