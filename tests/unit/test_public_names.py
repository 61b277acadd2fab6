"""Every type that a test can meet in a public signature has a public name to annotate with."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest_qchannel

PUBLIC: dict[str, Any] = {name: getattr(pytest_qchannel, name) for name in pytest_qchannel.__all__}
CLASSES = [
    one
    for one in PUBLIC.values()
    if inspect.isclass(one) and not issubclass(one, BaseException | str)
]
NAMED = {one for one in PUBLIC.values() if inspect.isclass(one)}
THEIRS = {"QiskitRuntimeService": object, **vars(collections.abc)}
"""The client's, which is not imported here, and what some modules import for types alone."""
OUR_OWN = {
    "Job.account",  # the world's own records, which have more than Account and Instance
    "Job.instance",
    "Session.instance",
    "Job.client",  # what the emulator noted of a request, and made of it
    "Job.outcome",
    "Journal.record",  # for whoever answers
    "Progression.step",
    "RouteMatch.covers",
    "WorldBuilder.build",
    "WorldBuilder.described",
}
"""What is public for the parts of this package: no test needs a name for its type."""


def signatures(kind: type) -> Iterator[tuple[str, Callable[..., Any] | type]]:
    """The class itself, for its fields, and its public methods and properties."""
    if all(base.__module__.startswith(("pytest_qchannel", "builtins")) for base in kind.__mro__):
        yield "", kind
    for name in (name for name in dir(kind) if not name.startswith("_")):
        found = inspect.getattr_static(kind, name)
        found = getattr(found, "fget", getattr(found, "__func__", getattr(found, "func", found)))
        if inspect.isfunction(found) and found.__module__.startswith("pytest_qchannel"):
            yield name, found


def types_in(hint: object) -> Iterator[type]:
    """A type of ours, or those within one as ``tuple[Job, ...]``."""
    if isinstance(hint, type) and hint.__module__.startswith("pytest_qchannel"):
        yield hint
    for part in typing.get_args(hint):
        yield from types_in(part)


def test_what_a_test_can_meet_has_a_public_name() -> None:
    """The states of a job, and ways for it to go, were to be imported from where they are made."""
    unnamed = set()
    for kind in CLASSES:
        for name, one in signatures(kind):
            hints = typing.get_type_hints(one, localns=PUBLIC | THEIRS)
            for field, hint in hints.items():
                place = f"{kind.__name__}.{name or field}"
                if not (name or field).startswith("_") and place not in OUR_OWN:
                    unnamed |= {(place, found) for found in {*types_in(hint)} - NAMED}
    assert unnamed == set()
