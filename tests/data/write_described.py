"""Writes what IBM's description of its API says of the shapes of answers, for the package.

``python tests/data/write_described.py`` reads ``contract.json``; a test holds the outcome to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pytest_qchannel.ibm.table import ROUTES

__all__ = ["DESCRIBED", "described"]

ROOT: Final = Path(__file__).parents[2]
DESCRIBED: Final = ROOT / "pytest_qchannel" / "drift" / "described.json"
SERVICES: Final = {
    "global-catalog": "catalog",
    "global-search": "search",
    "iam": "iam",
    "resource-controller": "controller",
    "runtime": "runtime",
}
Schema = Mapping[str, Any]


def described() -> dict[str, Any]:
    """Route -> status -> name of a body, and the places of each body.

    A place is ``path: "kinds"``, ``path: ["kinds", "word", ...]`` where its words are listed; the
    kinds end in ``!`` where whatever holds the place must have it.
    """
    contract = json.loads((ROOT / "tests/data/contract.json").read_text(encoding="utf-8"))
    schemas: Schema = contract["schemas"]
    answers: dict[str, dict[str, str | None]] = {}
    for one in contract["operations"].values():
        key = _route(SERVICES[one["service"]], one["method"], one["path"])
        if key is not None:
            plain = {"200": one["response"]} if one["response"] else {"204": None}
            answers[key] = {**(one.get("success") or plain), **one["errors"]}
    used = {name for bodies in answers.values() for name in bodies.values() if name}
    bodies = {}
    for name in sorted(used & schemas.keys()):
        places: dict[str, _Place] = {}
        _walk(schemas, {"$ref": f"#/schemas/{name}"}, "", frozenset(), places)
        bodies[name] = {path: one.written() for path, one in sorted(places.items()) if one.kinds}
    return {"answers": dict(sorted(answers.items())), "bodies": bodies}


class _Place:
    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.words: set[str] = set()
        self.is_required = False
        self.is_listed = True

    def written(self) -> str | list[str]:
        kinds = " ".join(sorted(self.kinds)) + ("!" if self.is_required else "")
        return [kinds, *sorted(self.words)] if self.words and self.is_listed else kinds


def _walk(
    schemas: Schema,
    schema: Schema,
    path: str,
    seen: frozenset[str],
    places: dict[str, _Place],
    *,
    is_one_of: bool = False,
) -> None:
    """Notes every place of a schema; nothing of one alternative among others is required."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            _walk(schemas, schemas[name], path, seen | {name}, places, is_one_of=is_one_of)
        return
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(word, ()):
            one_of = is_one_of or word != "allOf"
            _walk(schemas, branch, path, seen, places, is_one_of=one_of)
    place = places.setdefault(path, _Place())
    kinds = schema.get("type", ())
    place.kinds |= {kinds} if isinstance(kinds, str) else set(kinds)
    words = schema.get("enum", ())
    if words:
        place.words |= {one for one in words if isinstance(one, str)}
    elif "string" in place.kinds and "type" in schema:
        place.is_listed = False
    required = () if is_one_of else schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        _walk(schemas, inner, below, seen, places, is_one_of=is_one_of)
        if name in required and below in places:
            places[below].is_required = True
    if isinstance(schema.get("items"), dict):
        _walk(schemas, schema["items"], f"{path}[]", seen, places, is_one_of=is_one_of)
    if isinstance(schema.get("additionalProperties"), dict):
        below, free = (f"{path}.{{}}" if path else "{}"), schema["additionalProperties"]
        _walk(schemas, free, below, seen, places, is_one_of=is_one_of)


def _route(service: str, method: str, path: str) -> str | None:
    for route in ROUTES[service]:
        base = "/api/v1" if service == "catalog" else ""
        if route.method == method and _blank(base + route.rule) == _blank(path):
            return f"{service} {route.key}"
    return None


def _blank(path: str) -> str:
    return re.sub(r"[<{][^>}]+[>}]", "<>", path.removeprefix("/v1"))


def text() -> str:
    """The file: a line for each body, so that a change can be read."""
    found = described()
    answers = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(bodies)}" for key, bodies in found["answers"].items()
    )
    bodies = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(places)}" for name, places in found["bodies"].items()
    )
    return f'{{\n "answers": {{\n{answers}\n }},\n "bodies": {{\n{bodies}\n }}\n}}\n'


if __name__ == "__main__":
    DESCRIBED.write_text(text(), encoding="utf-8")
