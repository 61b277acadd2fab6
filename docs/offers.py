"""What the objects that fixtures give can be asked for and told to do; for ``docs/generate.py``.

What a class offers is its public members and fields, so a new one is in the table by itself.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Final

from docs.world_keys import table
from pytest_qchannel.channels.model import Account, Channel, Instance
from pytest_qchannel.channels.rest import ChannelSession
from pytest_qchannel.emulator.control import EmulatorControl
from pytest_qchannel.journal import Exchange, Journal
from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
from pytest_qchannel.secret import Secret

OFFERS: Final[dict[str, type]] = {
    "qchannel": QChannel,
    "qchannel.channel": Channel,
    "qchannel.account": Account,
    "qchannel.account.secret": Secret,
    "qchannel.instances[0]": Instance,
    "qchannel.requests": Journal,
    "qchannel.requests[0]": Exchange,
    "qchannel_emulator": EmulatorControl,
    "qchannel_rest": ChannelSession,
    "qchannel_accounts": SavedAccounts,
}
"""How a test gets an object of each class."""

OF_LANES: Final = frozenset(
    {
        "qchannel.account.secret.encodings", "qchannel.account.secret.is_searchable",
        "qchannel.channel.is_known_to", "qchannel.requests.record", "qchannel.requests.take",
        "qchannel_rest.request",
    }
)  # fmt: skip
"""What lanes need of them, or what the library's own class has."""


def rows_of(cls: type, prefix: str = "") -> list[list[str]]:
    """What a class offers, a row each: its call or name, and the first line of what is said."""
    fields = {} if not dataclasses.is_dataclass(cls) else cls.__dataclass_fields__
    said = dict.fromkeys((*fields, *_attributes(cls), *vars(cls)))
    return [
        [f"`{prefix}{name}{_call(cls, name)}`", _said(cls, name)]
        for name in said
        if not name.startswith("_") and prefix + name not in OF_LANES
    ]


def offers() -> str:
    """The table of everything that the fixtures' objects offer."""
    rows = [row for prefix, cls in OFFERS.items() for row in rows_of(cls, f"{prefix}.")]
    return table(["in a test", "what it gives or does"], rows)


def _attributes(cls: type) -> dict[str, str]:
    """What a class's docstring says of its attributes."""
    part = inspect.getdoc(cls) or ""
    text = re.split(r"\n(?:Args|Raises):\n", part.partition("Attributes:\n")[2])[0]
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", words) for name, words in found}


def _call(cls: type, name: str) -> str:
    member = vars(cls).get(name)
    if not inspect.isfunction(member):
        return "()" if _said(cls, name).startswith("A call of it") else ""
    parameters = list(inspect.signature(member).parameters.values())[1:]
    return str(inspect.Signature([one.replace(annotation=one.empty) for one in parameters]))


def _said(cls: type, name: str) -> str:
    text = _attributes(cls).get(name) or inspect.getdoc(vars(cls)[name]) or ""
    first = text.split("\n\n")[0].replace("\n", " ")
    assert first, f"{cls.__name__}.{name} says nothing of itself"
    return re.sub(r":\w+:`([\w.]+)`|``(.+?)``", r"`\1\2`", first)
