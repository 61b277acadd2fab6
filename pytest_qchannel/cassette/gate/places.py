"""Where in a document a find is: the line, the interaction, the path.

Only a document in which something was found is parsed; the search itself works on bytes.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from pytest_qchannel.cassette.gate.findings import Finding, Hit

if TYPE_CHECKING:
    from yaml import Event, Node

__all__ = ["places_of"]

MOST_NODES: Final = 200_000
MOST_DEPTH: Final = 200
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_\-]{0,39}")
_INTERACTION: Final = re.compile(r"\$?\.?interactions\[(\d+)\]")

Leaf = tuple[str, int | None, str]
"""Path, line from 1, text."""

Search = Callable[[bytes], list[Hit]]
"""What the gate finds in some bytes."""


def places_of(data: bytes, hits: list[Hit], search: Search) -> list[Finding]:
    """A finding for each place of each hit; at least one for each hit."""
    findings: dict[Finding, None] = {}
    placed = set()
    for path, line, text in _leaves(search, data):
        for hit in search(text.encode("utf-8", "surrogatepass")):
            placed.add(hit.key)
            number = _INTERACTION.match(path)
            findings[
                Finding(
                    hit.rule,
                    hit.what,
                    ", ".join(hit.how),
                    line,
                    int(number[1]) + 1 if number else None,
                    path,
                )
            ] = None
    for hit in hits:
        if hit.key not in placed:
            line = None if hit.at is None else data.count(b"\n", 0, hit.at) + 1
            findings[Finding(hit.rule, hit.what, ", ".join(hit.how), line)] = None
    return list(findings)


def _leaves(search: Search, data: bytes) -> Iterator[Leaf]:
    """Every text of a YAML or JSON document, keys included; nothing where it is neither."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = data.decode("utf-8")
        if _is_deep(yaml.parse(text, Loader=loader)):
            return
        root = yaml.compose(text, Loader=loader)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return
    if root is not None and not isinstance(root, yaml.ScalarNode):
        yield from _of_node(search, root)


def _is_deep(stream: Iterable[Event]) -> bool:
    """Whether a document is nested so deeply that composing it, by recursion in C, could end us."""
    import yaml

    depth = 0
    for event in stream:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            return True
    return False


def _of_node(search: Search, root: Node) -> Iterator[Leaf]:
    waiting: list[tuple[str, Node]] = [("", root)]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_NODES:
        path, node = waiting.pop()
        if id(node) in seen:
            continue  # an alias: its text was looked at where it stands
        seen.add(id(node))
        if node.id == "scalar":
            yield from _of_text(search, path, node.start_mark.line + 1, node.value)
        elif node.id == "sequence":
            waiting.extend((f"{path}[{at}]", item) for at, item in enumerate(node.value))
        else:
            for at, (key, item) in enumerate(node.value):
                text = key.value if key.id == "scalar" else ""
                name = _shown(search, text, at)
                waiting.append((f"{path}.{name}" if path else name, item))
                yield (f"{path}, key {at + 1}", key.start_mark.line + 1, text)


def _of_text(search: Search, path: str, line: int, text: str) -> Iterator[Leaf]:
    """The text, or what is in it where it is JSON itself."""
    if not text.lstrip().startswith(("{", "[")):
        yield path, line, text
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield path, line, text
        return
    found = False
    for inner, leaf in _of_json(search, document):
        found = found or bool(search(leaf.encode("utf-8", "surrogatepass")))
        yield f"{path} {inner}", line, leaf
    if not found:
        yield path, line, text


def _of_json(search: Search, document: object) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, object]] = [("$", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            waiting.extend((f"{path}[{at}]", item) for at, item in enumerate(value))
        elif isinstance(value, dict):
            for at, (key, item) in enumerate(value.items()):
                waiting.append((f"{path}.{_shown(search, key, at)}", item))
                yield f"{path}, key {at + 1}", key


def _shown(search: Search, key: str, at: int) -> str:
    """A key that may be shown, or its number: a key can be a secret, too."""
    return key if _NAME.fullmatch(key) and not search(key.encode()) else f"<key {at + 1}>"
