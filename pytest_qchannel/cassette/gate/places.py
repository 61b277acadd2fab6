"""Where in a document a find is: the line, the interaction and its request, the path.

Only a document in which something was found is parsed; the search itself works on bytes. A find is
placed at the smallest part that has it: a text, else a key with its value, a list, an interaction.
What several interactions refer to is placed in each of them.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pytest_qchannel.cassette.gate.findings import Finding, Hit

if TYPE_CHECKING:
    from yaml import Node

__all__ = ["in_cassette", "places_of"]

MOST_NODES: Final = 200_000
MOST_DEPTH: Final = 200
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_\-]{0,39}")
_PACKED: Final = b"\x1f\x8b"
_JSON: Final = ("{", "[")
_INTERACTION: Final = re.compile(r"\$?\.?interactions\[(\d+)\]")

Search = Callable[[bytes], list[Hit]]
"""What the gate finds in some bytes."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a document: what it says, its path, what is in it, and its node if it has one."""

    text: str
    path: str
    inside: Callable[[], Iterable[_Part]]
    node: Node | None = None


def places_of(data: bytes, hits: list[Hit], search: Search) -> list[Finding]:
    """A finding for each place of each hit; at least one for each hit."""
    text = _text_of(data)
    # A packed document is a body: JSON, of which nobody sees the lines, or one text.
    is_body = text is not None and data.startswith(_PACKED) and text.lstrip().startswith(_JSON)
    root = None if is_body or text is None else _yaml(text)
    places: Mapping[int, list[Finding]] = {}
    whole = None
    if text is not None and root is not None:
        whole, places = _of_node(text, root, search), _places_of_nodes(root, search)
    elif text is not None:
        whole = _of_text(text, "", search)
    found: dict[Finding, None] = {}
    left = {hit.key: hit for hit in hits}
    for part, hit in () if whole is None else _deepest(whole, left, search):
        for place in places.get(id(part.node), [Finding("", "")]):
            path = " ".join(one for one in (place.path, part.path) if one)
            number = _INTERACTION.match(path)
            if path:
                left.pop(hit.key, None)
                one = replace(
                    place,
                    rule=hit.rule,
                    what=hit.what,
                    how=", ".join(hit.how),
                    interaction=int(number[1]) + 1 if number else None,
                    path=path,
                )
                found[one] = None
    for hit in left.values():
        line = None if hit.at is None else data.count(b"\n", 0, hit.at) + 1
        found[Finding(hit.rule, hit.what, ", ".join(hit.how), line)] = None
    return list(found)


def in_cassette(
    index: bytes, of_bodies: Mapping[str, Sequence[Finding]], search: Search
) -> list[Finding]:
    """What was found in bodies that lie beside an index, at each place that names one.

    Args:
        index: The cassette's index.
        of_bodies: What was found in a body, by the body's name.
        search: What the gate finds in some bytes.
    """
    text = _text_of(index) if of_bodies else None
    root = None if text is None else _yaml(text)
    told: list[Finding] = []
    for node, place in () if root is None else _walk(root, search):
        if node.id == "scalar" and node.value in of_bodies and place.path.endswith(".blob"):
            body = place.path.removesuffix(".blob")
            told += [
                replace(
                    place,
                    rule=one.rule,
                    what=one.what,
                    how=one.how,
                    path=f"{body} {one.path}".rstrip(),
                    blob=node.value,
                )
                for one in of_bodies[node.value]
            ]
    return told


def _text_of(data: bytes) -> str | None:
    """A document, unpacked; ``None`` where it is no text."""
    try:
        data = gzip.decompress(data) if data.startswith(_PACKED) else data
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None


def _yaml(text: str) -> Node | None:
    """The document's root; ``None`` where it is no YAML or JSON, or one text."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            begins, ends = yaml.CollectionStartEvent, yaml.CollectionEndEvent
            depth += isinstance(event, begins) - isinstance(event, ends)
            if depth > MOST_DEPTH:
                return None  # to compose it, by recursion in C, could end us
        root = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, RecursionError):
        return None
    return None if isinstance(root, yaml.ScalarNode) else root


def _deepest(
    part: _Part, wanted: Mapping[tuple[str, str], Hit], search: Search, depth: int = 0
) -> Iterator[tuple[_Part, Hit]]:
    """Each of the wanted hits with the smallest parts that have it."""
    here = {hit.key: hit for hit in search(_bytes(part.text)) if hit.key in wanted}
    deeper = set()
    for inner in part.inside() if here and depth < MOST_DEPTH else ():
        for found, hit in _deepest(inner, here, search, depth + 1):
            deeper.add(hit.key)
            yield replace(found, node=found.node or part.node), hit
    for key, hit in here.items():
        if key not in deeper:
            yield part, hit


# Of YAML: the parts are what the document says between the marks of a node.


def _of_node(text: str, node: Node, search: Search, key: Node | None = None) -> _Part:
    """A node, with its key where it has one: ``password: ...`` is found by both."""
    start, end = (key or node).start_mark.index, node.end_mark.index

    def inside() -> Iterator[_Part]:
        if key is not None:
            yield _Part(_key_text(key), "", tuple, key)
        if node.id == "scalar":
            yield replace(_of_text(node.value, "", search), node=node)
        elif node.id == "sequence":
            yield from (_of_node(text, item, search) for item in node.value if is_inside(item))
        else:
            for name, item in node.value:
                if is_inside(item):
                    yield _of_node(text, item, search, name)
                else:
                    yield _Part(_key_text(name), "", tuple, name)

    def is_inside(item: Node) -> bool:
        """Not so where the node is only referred to: it is found where it stands."""
        return bool(start <= item.start_mark.index and item.end_mark.index <= end)

    return _Part(text[start:end], "", inside, node)


def _places_of_nodes(root: Node, search: Search) -> Mapping[int, list[Finding]]:
    places: dict[int, list[Finding]] = {}
    for node, place in _walk(root, search):
        places.setdefault(id(node), []).append(place)
    return places


def _walk(root: Node, search: Search) -> Iterator[tuple[Node, Finding]]:
    """Each node with its place, in order; what is referred to once in each interaction."""
    waiting: list[tuple[str, Node]] = [("", root)]
    seen: set[tuple[int, str]] = set()
    steps, requests = 0, {}
    names: dict[str, str | None] = {}
    while waiting and steps < MOST_NODES:
        steps += 1
        path, node = waiting.pop()
        number = _INTERACTION.match(path)
        once = (id(node), number[0] if number else "")
        if once in seen:
            continue
        seen.add(once)
        if number and number[0] == path:
            requests[path] = _request(node, search)
        place = Finding("", "", "", node.start_mark.line + 1, path=path)
        if number:
            request = requests.get(number[0], "")
            place = replace(place, interaction=int(number[1]) + 1, request=request)
        yield node, place
        if node.id == "sequence":
            inner = [(f"{path}[{at}]", item) for at, item in enumerate(node.value)]
            waiting.extend(reversed(inner))
        elif node.id == "mapping":
            for at, (key, item) in reversed(list(enumerate(node.value))):
                text = _key_text(key)
                if text not in names:
                    names[text] = _shown(search, text)
                shown = names[text] or f"<key {at + 1}>"
                waiting.append((f"{path}.{shown}" if path else shown, item))
                yield (
                    key,
                    replace(place, line=key.start_mark.line + 1, path=f"{path}, key {at + 1}"),
                )


def _request(entry: Node, search: Search) -> str:
    """Method and path of an interaction, as far as they are there and may be shown."""
    request = _below(entry, "request")
    parts = [_below(request, "method"), _below(request, "uri")]
    method, uri = (str(one.value) if one is not None else "" for one in parts)
    try:
        path = urlsplit(uri).path
    except ValueError:
        path = ""
    text = f"{method} {path}".strip()
    return text if text.isprintable() and not search(_bytes(text)) else "a secret in its path"


def _below(node: Node | None, name: str) -> Node | None:
    pairs = node.value if node is not None and node.id == "mapping" else ()
    return next((item for key, item in pairs if key.value == name), None)


def _key_text(key: Node) -> str:
    return key.value if key.id == "scalar" else ""


# Of JSON: the parts are written anew.


def _of_text(text: str, path: str, search: Search) -> _Part:
    """A text, or what is in it where it is JSON itself."""

    def inside() -> Iterable[_Part]:
        if not text.lstrip().startswith(_JSON):
            return ()
        try:  # a number is its digits: 1.10 is no 1.1
            document = json.loads(text, parse_int=str, parse_float=str)
            return (_of_json(document, f"{path} $".lstrip(), search),)
        except (ValueError, RecursionError):
            return ()

    return _Part(text, path, inside)


def _of_json(value: object, path: str, search: Search, key: _Part | None = None) -> _Part:
    def inside() -> Iterator[_Part]:
        if key is not None:
            yield key
        if isinstance(value, str):
            yield _of_text(value, path, search)
        elif isinstance(value, list):
            yield from (_of_json(one, f"{path}[{at}]", search) for at, one in enumerate(value))
        elif isinstance(value, dict):
            for at, (name, one) in enumerate(value.items(), 1):
                inner = f"{path}.{_shown(search, name) or f'<key {at}>'}"
                yield _of_json(one, inner, search, _Part(name, f"{path}, key {at}", tuple))

    text = json.dumps(value, ensure_ascii=False)
    return _Part(text if key is None else f"{json.dumps(key.text)}: {text}", path, inside)


def _shown(search: Search, key: str) -> str | None:
    """A key that may be shown; one can be a secret, too."""
    return key if _NAME.fullmatch(key) and not search(key.encode()) else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
