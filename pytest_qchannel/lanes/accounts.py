"""Who can be logged in as in a lane, and what to say where nobody can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pytest_qchannel.cassette.accounts import HeldAccount
from pytest_qchannel.channels.credentials import own_variable
from pytest_qchannel.channels.model import Channel, Instance
from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["Accounts"]


class Accounts(NamedTuple):
    """The accounts of a lane, by channel.

    Attributes:
        held: Each channel's account.
        where: Where they are from, for errors: a world, a cassette.
        owner: Who has them, as ``the cassette``.
        advice: What to do where a channel has none; ``{channel}`` stands for its name, ``{token}``
            for the variable of its credential.
        if_empty: The same where there is no account at all, or no instance of one.
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
                next=_for(channel, advice),
            )
        return found

    def instance(
        self, channel: Channel, name: str, instances: Sequence[Instance]
    ) -> Instance | None:
        """The instance of that name or id, or the first one where there is no name.

        Raises:
            UsageProblem: There is none of that name.
        """
        if not name:
            return next(iter(instances), None)
        for one in instances:
            if name in (one.name, one.id):
                return one
        names = [one.name for one in instances]
        raise UsageProblem(
            f"{self.owner} has no instance {name!r} on the channel {channel}",
            where=self.where,
            closest=nearest(name, names),
            next=f"name one of {', '.join(names)}" if names else _for(channel, self.if_empty),
        )


def _for(channel: Channel, advice: str) -> str:
    return advice.format(channel=channel, token=own_variable(channel, "TOKEN"))
