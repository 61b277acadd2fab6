"""YAML as a cassette has it: written the same way every time, read without trusting it.

Read are texts, numbers, booleans, null, lists and mappings with texts as keys. Refused are tags
(which can run code elsewhere), keys that stand twice (the last would win without a word), files
that are too large, nested too deeply or refer to themselves.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Final

import yaml
from yaml import ScalarNode, events
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from pytest_qchannel.cassette.disk.layout import MOST_OF_INDEX
from pytest_qchannel.cassette.disk.mapped import Mapped
from pytest_qchannel.cassette.problems import CassetteDamaged

__all__ = ["read_yaml", "write_yaml"]

MOST_DEPTH: Final = 100

MOST_DIGITS: Final = 100
"""Of a number."""

MOST_REPEATED: Final = 1_000_000
"""How many values references may stand for, all together."""

_TAG: Final = "tag:yaml.org,2002:"
_RESOLVER: Final = Resolver()
_WIDE: Final = 240
"""A mapping or list that takes more characters on one line gets lines of its own."""

_SHORT: Final = 60
"""A longer text, an access token or a CRN, is worth a reference."""


def read_yaml(data: bytes, path: Path, test_id: str | None = None) -> object:
    """The plain data in a YAML file; its mappings are :class:`Mapped`.

    Args:
        data: The file's bytes.
        path: The file, for errors.
        test_id: The test that the file belongs to, for errors.

    Raises:
        CassetteDamaged: It is not YAML, or more than a cassette may be; says the line.
    """

    def damaged(said: str, line: int | None) -> CassetteDamaged:
        return CassetteDamaged(said, path=path, line=line, test_id=test_id)

    if len(data) > MOST_OF_INDEX:
        raise damaged(f"the cassette is larger than {MOST_OF_INDEX // 2**20} MB", None)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        bad_line = data[: problem.start].count(b"\n") + 1
        raise damaged("the cassette is not UTF-8", bad_line) from None
    if not text.strip():
        raise damaged("the cassette is empty", 1)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml.parse(text, Loader=loader), damaged).document()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = "a merge left its marks" if "<<<<<<<" in text else str(problem.problem or "")
        line = _conflict_line(text) or (mark.line + 1 if mark else None)
        raise damaged(f"the cassette is no YAML: {said}", line) from None
    except yaml.YAMLError as problem:
        bad_line = text.count("\n", 0, getattr(problem, "position", 0)) + 1
        raise damaged("the cassette has a character that YAML does not allow", bad_line) from None


def _conflict_line(text: str) -> int | None:
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            return number
    return None


class _Builder:
    """Builds data from a stream of YAML events.

    From events and not from nodes, because PyYAML makes nodes by recursion in C, and a file that
    is nested deeply enough would end the process.
    """

    def __init__(
        self, stream: Iterator[events.Event], damaged: Callable[[str, int | None], CassetteDamaged]
    ) -> None:
        self._events = stream
        self._damaged = damaged
        self._scalars = SafeConstructor()
        self._anchors: dict[str, tuple[object, int]] = {}
        self._built = 0
        self._repeated = 0

    def document(self) -> object:
        found: list[object] = []
        for event in self._events:
            if isinstance(event, events.DocumentStartEvent) and found:
                raise self._damaged("there is more than one document in the file", _line(event))
            if isinstance(event, events.NodeEvent):
                found.append(self._build(event, 0))
        return found[0] if found else None

    def _build(self, event: events.Event, depth: int) -> object:
        built: object
        if depth > MOST_DEPTH:
            raise self._damaged("the cassette is nested too deeply", _line(event))
        if isinstance(event, events.AliasEvent):
            if event.anchor not in self._anchors:
                said = f"'*{event.anchor[:40]}' refers to nothing that stands before it"
                raise self._damaged(said, _line(event))
            found, size = self._anchors[event.anchor]
            self._built += size
            self._repeated += size
            if self._repeated > MOST_REPEATED:
                raise self._damaged("the cassette refers to itself too often", _line(event))
            return found
        before = self._built
        self._built += 1
        if isinstance(event, events.ScalarEvent):
            built = self._scalar(event)
        elif isinstance(event, events.MappingStartEvent):
            self._require_tag(event, "map")
            built = self._mapping(event, depth + 1)
        else:
            self._require_tag(event, "seq")
            built = self._sequence(depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = built, self._built - before
        return built

    def _sequence(self, depth: int) -> list[object]:
        built: list[object] = []
        for event in self._events:
            if isinstance(event, events.SequenceEndEvent):
                break
            built.append(self._build(event, depth))
        return built

    def _mapping(self, start: events.Event, depth: int) -> Mapped:
        mapped = Mapped()
        mapped.line, mapped.lines = _line(start), {}
        for event in self._events:
            if isinstance(event, events.MappingEndEvent):
                break
            name, at = self._build(event, depth), _line(event)
            if not isinstance(name, str):
                raise self._damaged("a key of the cassette is no text", at)
            if name in mapped:
                raise self._damaged(f"the key {name[:40]!r} stands twice", at)
            mapped[name] = self._build(next(self._events), depth)
            mapped.lines[name] = at
        return mapped

    def _scalar(self, event: events.ScalarEvent) -> object:
        tag = event.tag
        if tag is None or tag == "!":
            tell = _known_tag if len(event.value) <= _SHORT else _tag_of
            tag = tell(event.value, event.implicit)
        kind = tag.removeprefix(_TAG)
        if kind in ("str", "timestamp"):
            return event.value
        if kind == "null":
            return None
        if kind in ("int", "float", "bool"):
            if len(event.value) > MOST_DIGITS:  # to base 60, the time grows with the square
                raise self._damaged(f"a number has {len(event.value)} characters", _line(event))
            node = ScalarNode(tag, event.value)
            try:
                return getattr(self._scalars, f"construct_yaml_{kind}")(node)
            except (ValueError, KeyError):
                said = f"{event.value[:40]!r} is no {kind}"
                raise self._damaged(said, _line(event)) from None
        raise self._refused(tag, event)

    def _require_tag(self, event: events.Event, kind: str) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            raise self._refused(event.tag, event)

    def _refused(self, tag: str, event: events.Event) -> CassetteDamaged:
        return self._damaged(f"the tag {tag[:60]!r} is not allowed in a cassette", _line(event))


def _tag_of(value: str, implicit: tuple[bool, bool]) -> str:
    """The tag of a scalar that has none."""
    return str(_RESOLVER.resolve(ScalarNode, value, implicit))


# Most are the same few words in every cassette.
_known_tag = functools.lru_cache(maxsize=1024)(_tag_of)


def _line(event: events.Event) -> int:
    return int(event.start_mark.line) + 1


def write_yaml(data: dict[str, object]) -> bytes:
    """Plain data as YAML: readable, in the order given, the same bytes on every system.

    Mappings and lists that fit on a line are written on one, texts of several lines as blocks.
    A mapping that is there twice, as the same object, is written once and referred to; a list is if
    it holds nothing but a long text.
    """

    def needs_no_reference(_dumper: yaml.Dumper, value: object) -> bool:
        if isinstance(value, list):
            return len(value) != 1 or not isinstance(value[0], str) or len(value[0]) <= _SHORT
        return not isinstance(value, dict) or not value

    # The one written in Python: the one in C breaks lines elsewhere, and may be missing.
    class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
        ignore_aliases = needs_no_reference

    def text(dumper: yaml.Dumper, value: str) -> yaml.Node:
        style = None
        if "\n" in value or not value.isprintable():
            # Of line ends that only Unicode knows, a block would make line feeds.
            style = "|" if value.replace("\n", "").isprintable() else '"'
        return dumper.represent_scalar(_TAG + "str", value, style=style)

    def mapping(dumper: yaml.Dumper, value: dict[str, object]) -> yaml.Node:
        is_flat = _width(value, dumper.represented_objects) <= _WIDE
        node = dumper.represent_mapping(_TAG + "map", value.items())
        node.flow_style = is_flat
        return node

    def sequence(dumper: yaml.Dumper, value: list[object]) -> yaml.Node:
        is_flat = _width(value, dumper.represented_objects) <= _WIDE
        return dumper.represent_sequence(_TAG + "seq", value, flow_style=is_flat)

    Dumper.add_representer(str, text)
    Dumper.add_representer(dict, mapping)
    Dumper.add_representer(Mapped, mapping)
    Dumper.add_representer(list, sequence)
    dumped = yaml.dump(
        data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=2**31, line_break="\n"
    )
    return str(dumped).encode("utf-8")


def _width(value: object, written: Container[int], depth: int = 0) -> float:
    """About how many characters something takes on one line; infinite if it needs several.

    Args:
        value: Plain data.
        written: The identities of what was written before and is referred to.
        depth: How deep it stands in what is asked about.
    """
    if isinstance(value, dict):
        if depth > 1 and value:
            return math.inf
        each = [(len(str(name)) + 4, one) for name, one in value.items()]
    elif isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            return math.inf  # a list of entries: one below the other
        each = [(2, one) for one in value]
    else:
        text = str(value)
        return math.inf if "\n" in text else len(text)
    return sum(
        extra + (6 if id(one) in written else _width(one, written, depth + 1))
        for extra, one in each
    )
