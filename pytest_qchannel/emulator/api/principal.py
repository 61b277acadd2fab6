"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_qchannel.emulator.world.records import Account, Instance

__all__ = ["Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The account behind a request and, where the request names one, its instance."""

    account: Account
    instance: Instance | None = None
