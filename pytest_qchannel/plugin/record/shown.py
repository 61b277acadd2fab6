"""What may be shown of a text that a test made: no secret, one line, nothing that hides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.secret import Secret, hide_all
from pytest_qchannel.wire import Json

__all__ = ["Shown", "visible"]

_LIKE_ONE: Final = (
    r"[\w+/%=-]{44}|eyJ|IBMid-|@\w|crn:v|-----BEGIN"
    r"|(?i:key|token|pass[wc]|secret|sig|hmac|x-amz|x-goog|bearer|basic)"
)
"""What every text has that the gate could find something in: that takes 15 ms to load.

(It is compiled when a test's text is shown: in many runs there is none.)"""


class Shown:
    """Makes texts fit to be shown: what is secret is looked up once.

    Args:
        clean: Takes out what looks like a secret to the gate, too.
    """

    def __init__(self, clean: Callable[[str, Sequence[Secret]], Json] = hide_all) -> None:
        self._secrets = secrets_of_person()
        self._clean = clean

    def text(self, text: str) -> str:
        """A text without the person's credentials, and without what looks like any."""
        hidden = hide_all(text, self._secrets)
        return str(self._clean(hidden, self._secrets)) if re.search(_LIKE_ONE, hidden) else hidden

    def line(self, text: str, most: int = 100) -> str:
        """The same on one line, not longer than ``most``, with every invisible character named.

        Right-to-left marks and escape sequences make a terminal, or a page, show something else
        than there is.
        """
        return visible(self.text(text), most)


def visible(text: str, most: int) -> str:
    """A text on one line, as long as ``most``, with every invisible character named."""
    words = " ".join(text.split())
    line = words[:most] if words.isprintable() else "".join(map(_named, words[:most]))
    return line[:most] if len(words) <= most else f"{line[: most - 3]}..."


def _named(character: str) -> str:
    is_plain = character.isprintable()
    return character if is_plain else character.encode("unicode_escape").decode()
