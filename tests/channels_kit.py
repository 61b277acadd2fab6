"""Which channels the installed client offers."""

from __future__ import annotations

from pytest_qchannel.channels.client import require_channel
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.errors import ChannelUnavailable


def is_offered(channel: str) -> bool:
    try:
        require_channel(CHANNEL_BY_NAME[channel])
    except ChannelUnavailable:
        return False
    return True
