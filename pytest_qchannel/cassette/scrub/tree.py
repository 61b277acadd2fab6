"""JSON bodies, walked along the paths that a route allows."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pytest_qchannel.cassette.scrub.looks import is_name
from pytest_qchannel.cassette.scrub.payload import scrub_payload
from pytest_qchannel.cassette.scrub.rules import RULES
from pytest_qchannel.cassette.scrub.values import Values
from pytest_qchannel.ibm.route import Fields

__all__ = ["RewriteParams", "Walker", "grown"]

RewriteParams = Callable[[str | None, object], object]
"""From a program's id and a job's params to what is stored for them."""

_TOKEN: Final = re.compile(r"\[\]|\{\w+\}|\*\*|[^.\[\]{}]+")


@dataclass(slots=True)
class Node:
    """A place in a body: the rule for what is there, and the places below it."""

    rule: str | None = None
    below: dict[str, Node] = field(default_factory=dict)

    @property
    def is_dropped(self) -> bool:
        """Whether all of it goes."""
        if not self.below:
            return self.rule == "drop"
        return self.below.keys() == {"**"} and self.below["**"].rule == "drop"


@functools.cache
def _grown(fields: tuple[tuple[str, str], ...]) -> Node:
    root = Node()
    for path, rule in fields:
        node = root
        for token in _TOKEN.findall(path):
            node = node.below.setdefault(token, Node())
        node.rule = rule
    return root


def grown(fields: Fields) -> Node:
    """The paths of a table as a tree."""
    return _grown(tuple(fields.items()))


class Walker:
    """Scrubs one body.

    Args:
        values: Scrubs texts.
        report: Called with the path of everything that no rule names or that a rule refused.
        rewrite_params: See :class:`~.scrubber.Scrubber`.
    """

    def __init__(
        self,
        values: Values,
        report: Callable[[str], None],
        rewrite_params: RewriteParams | None,
    ) -> None:
        self._values = values
        self._report = report
        self._rewrite_params = rewrite_params

    def walk(self, value: object, node: Node, path: str = "$", parent: object = None) -> object:
        """What may be stored of a value at a place."""
        if node.rule in ("params", "payload"):
            return self._payload(value, node.rule, path, parent)
        if isinstance(value, dict) and (node.below or not node.rule):
            return self._object(value, node, path)
        if isinstance(value, list) and ("[]" in node.below or "**" in node.below):
            below = node.below.get("[]", node)
            return [self.walk(one, below, f"{path}[{at}]", parent) for at, one in enumerate(value)]
        everything = node.below.get("**")
        rule = node.rule or (everything.rule if everything else None)
        return self._leaf(value, rule, path)

    def _object(self, value: dict[str, object], node: Node, path: str) -> dict[str, object]:
        kept: dict[str, object] = {}
        everything = node.below.get("**")
        named = next((name for name in node.below if name.startswith("{")), None)
        for at, (key, item) in enumerate(value.items()):
            shown = f"{path}.{key if is_name(key) else f'<key {at + 1}>'}"
            below = node.below.get(key)
            if below is not None and below.is_dropped:
                continue
            if below is not None:
                kept[key] = self.walk(item, below, shown, value)
            elif everything is not None and everything.rule == "drop":
                continue
            elif named is not None:
                made = self._values.scrub(named[1:-1], key)
                kept[made] = self.walk(item, node.below[named], f"{path}.{made}", value)
            elif not is_name(key) or not self._values.may_stay(key):
                self._report(f"{path}.<key {at + 1}>")
            elif everything is not None:
                kept[key] = self.walk(item, node, shown, value)
            else:
                self._report(shown)
                kept[key] = self._values.any_json(item)
        return kept

    def _leaf(self, value: object, rule: str | None, path: str) -> object:
        if value is None:
            return None
        if rule is None or isinstance(value, dict | list) or rule == "drop":
            if rule != "drop" and value not in ({}, []):
                self._report(path)
            return self._values.any_json(value)
        if not isinstance(value, str):
            if rule in ("keep", "public", "prose"):
                return value
            self._report(path)
            return self._values.any_json(value)
        scrubbed = self._values.scrub(rule, value)
        if RULES[rule].action == "keep" and scrubbed != value:
            self._report(path)
        return scrubbed

    def _payload(self, value: object, rule: str, path: str, parent: object) -> object:
        rewrite = self._rewrite_params
        if rule == "params" and rewrite is not None:
            return rewrite(_program_of(parent), value)
        kept = scrub_payload(value, self._report, path)
        if rewrite is None or kept == value:
            return kept
        return rewrite(None, value)  # a result that holds circuits, say: the noise learner's


def _program_of(parent: object) -> str | None:
    """The program that params are for: as a job is submitted, or as it is listed."""
    if not isinstance(parent, dict):
        return None
    program = parent.get("program")
    found = parent.get("program_id") or (program.get("id") if isinstance(program, dict) else None)
    return found if isinstance(found, str) else None
