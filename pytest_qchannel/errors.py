"""The errors this package raises: one root, one shape, the facts as attributes.

Every message is built from the same four parts, so that its first line stands alone in a CI log:

* the headline: what happened;
* ``where``: the test, channel or file it happened in;
* ``closest``: what came nearest to working;
* ``next``: a command or an edit that mends it.

Three families, told apart by type: :class:`UsageProblem` is the user's setup (the plugin turns it
into ``pytest.UsageError``), :class:`ExpectationFailed` is a test's expectation (an
``AssertionError``), and everything else here is a rule of the kit that was broken.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "ChannelUnavailable",
    "EmulatorGap",
    "ExpectationFailed",
    "HopelessWait",
    "NetworkBlocked",
    "QChannelError",
    "RawKeyWarning",
    "RealSecretRefused",
    "UsageProblem",
    "nearest",
]


class QChannelError(Exception):
    """The root of every error of this package.

    A traceback shows ``CassetteMiss: ...``, as with Python's own errors: a module's path tells
    nothing, and takes the place of the cause in pytest's summary.

    Args:
        headline: One line that says what happened.
        where: The place it happened in.
        closest: What came nearest, in words.
        next: The command or edit that mends it.
        facts: More ``name: text`` lines, in the order given.
    """

    _home: ClassVar[str]

    def __init__(
        self,
        headline: str,
        *,
        where: str | None = None,
        closest: str | None = None,
        next: str | None = None,  # noqa: A002 - the message's own word
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.headline = headline
        self.where = where
        self.closest = closest
        self.next = next
        self.facts = tuple(facts)
        super().__init__(self._render())

    def __init_subclass__(cls) -> None:
        cls._home, cls.__module__ = cls.__module__, "builtins"

    def __reduce__(self) -> tuple[object, ...]:
        cls = type(self)
        return _restored, (cls._home, cls.__qualname__, self.args), self.__dict__

    def _render(self) -> str:
        rows = [("where", self.where), *self.facts, ("closest", self.closest), ("next", self.next)]
        shown = [(name, text) for name, text in rows if text]
        width = max((len(name) for name, _ in shown), default=0) + 1
        indent = "\n" + " " * (width + 3)
        lines = [
            f"  {(name + ':').ljust(width)} {text}".replace("\n", indent) for name, text in shown
        ]
        return "\n".join([self.headline, *lines])


QChannelError._home, QChannelError.__module__ = QChannelError.__module__, "builtins"


def _restored(home: str, name: str, args: tuple[str, ...]) -> QChannelError:
    """An error as it was pickled, say in a child process: its module is not the one it shows."""
    kind: type[QChannelError] = getattr(importlib.import_module(home), name)
    return kind.__new__(kind, *args)


class UsageProblem(QChannelError):
    """A setting, marker, credential or environment is wrong; nothing has run yet."""


class ExpectationFailed(QChannelError, AssertionError):
    """An ``assert_...`` helper found something else than the test expects."""


class ChannelUnavailable(QChannelError):
    """The installed client does not know the channel; a test that needs it is skipped."""


class EmulatorGap(QChannelError):
    """A request asked for something that the emulator does not offer, so it made nothing up."""


class HopelessWait(EmulatorGap):
    """A test waits for an emulated job that nothing in the test can move."""


class NetworkBlocked(QChannelError):
    """Something in the test reached for a host that this lane does not serve."""


class RealSecretRefused(QChannelError):
    """A credential of the person's own environment was about to enter the emulated lane."""


class RawKeyWarning(UserWarning):
    """The client could not log in, and sent the raw API key to the runtime service instead."""


def nearest(word: str, valid: Iterable[str], *, likeness: float = 0.5) -> str | None:
    """The valid word most like ``word``, or ``None`` when none is alike.

    Args:
        word: What was written.
        valid: What could have been.
        likeness: How like it must be, from 0 to 1 (the same).
    """
    import difflib  # here: most runs never need it

    matches = difflib.get_close_matches(word, list(valid), n=1, cutoff=likeness)
    return matches[0] if matches else None
