"""What a test is told whose session was refused: which instance can have one."""

from __future__ import annotations

from pytest_qchannel.channels.model import Channel
from pytest_qchannel.emulator.api.refusals import Known
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import QChannelError

__all__ = ["session_hint"]


def session_hint(world: World, error: str, channel: Channel | None) -> str | None:
    """The instances with dedicated sessions, in words; ``None`` where an error is about others.

    Args:
        world: The emulated world.
        error: What the client made of the refusal.
        channel: The channel in use, if one is.
    """
    if channel is None or f'"code":{Known.NO_SESSIONS.code},' not in error:
        return None
    account = next((one for one in world.accounts if channel.name in one.channels), None)
    instances = list(account.instances.values()) if account is not None else []
    able = [one.name for one in instances if one.plan.has_sessions and one.devices]
    if not able:
        return None
    said = "has" if len(able) == 1 else "have"
    return str(
        QChannelError(
            f"{', '.join(able)} {said} dedicated sessions",
            facts=[("why", "a session is opened on the instance in use, and its plan has none")],
            next=f'@pytest.mark.qchannel(instance="{able[0]}"), '
            f'qchannel.connect(instance="{able[0]}"), or --qchannel-instance={able[0]}',
        )
    )
