"""Names of instances that are no secret: those of an emulated world, and those that somebody lists.

A test that writes ``instance="premium-instance"`` sends nothing of it: the client looks the name up
in the answer of a search, so a stand-in there is found by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_qchannel.cassette.scrub.looks import is_plain

__all__ = ["kept_names"]

_CLASSIC: Final = ("hub", "group", "project")


def kept_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The kinds and values that stay for these names; nothing for what looks like a secret.

    Args:
        names: Names and tags of instances, or ``hub/group/project`` of the classic platform.
    """
    for name in filter(is_plain, names):
        parts = name.split("/")
        if len(parts) == len(_CLASSIC):
            yield from zip(_CLASSIC, parts, strict=True)
        yield "instance", name
        yield "tag", name
