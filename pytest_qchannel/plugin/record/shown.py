"""What may be shown of a text that a test made: no secret, one line, nothing that hides."""

from __future__ import annotations

from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.secret import hide_all

__all__ = ["Shown", "visible"]


class Shown:
    """Makes texts fit to be shown, for the end of a run: what is secret is looked up once."""

    def __init__(self) -> None:
        self._secrets = secrets_of_person()

    def text(self, text: str) -> str:
        """A text without the person's credentials."""
        return hide_all(text, self._secrets)

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
