"""Who can be logged in as in a lane, and what to say where nobody can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import UsageProblem

__all__ = ["Accounts"]


class Accounts(NamedTuple):
    """The accounts of a lane, by channel.

    Attributes:
        held: Each channel's account.
        where: Where they are from, for errors: a world, a cassette.
        owner: Who has them, as ``the cassette``.
        advice: What to do where a channel has none; ``{channel}`` stands for its name.
        if_empty: The same where there is no account at all.
    """

    held: Mapping[str, HeldAccount]
    where: str
    owner: str
    advice: str
    if_empty: str

    def of(self, channel: Channel) -> HeldAccount:
        """The account for a channel.

        Raises:
            UsageProblem: There is none.
        """
        found = self.held.get(channel.name)
        if found is None:
            advice = self.advice if self.held else self.if_empty
            raise UsageProblem(
                f"{self.owner} has no account for the channel {channel}",
                where=self.where,
                next=advice.format(channel=channel),
            )
        return found
