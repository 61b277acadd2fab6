"""``qchannel cassettes stats``: how large a tree of cassettes is, and what of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Final, TypedDict

import click

from pytest_qchannel.cassette.disk.inventory import Entry, survey
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cli.cassettes.folder import argument, folder_of, shown, size_words
from pytest_qchannel.cli.group import example
from pytest_qchannel.counted import counted

__all__ = ["stats"]

_LARGEST: Final = 5


@click.command(epilog=example("qchannel cassettes stats cassettes"))
@argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
def stats(folder: Path | None, *, as_json: bool) -> None:
    """Count cassettes, bytes and QPU seconds; name the largest bodies and who uses them.

    Large bodies are blobs: gzip files, each once for the whole folder. DIR is the folder of all
    cassettes; without it the one that pytest uses here, cassettes/ if nothing else is set.

    Ends with exit status 0 if every cassette can be read, 1 if one is damaged, 2 if there is no
    such folder.
    """
    root = folder_of(folder, "stats DIR")
    store = Store(root)
    entries = list(survey(store))
    document = _document(store, entries)
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        _print(root, document)
    if document["damaged"]:
        raise SystemExit(1)


class _Count(TypedDict):
    count: int
    bytes: int


class _Blob(TypedDict):
    blob: str
    bytes: int
    tests: list[str]


class _Document(TypedDict):
    """What is printed, as JSON or in lines."""

    cassettes: int
    damaged: int
    index_bytes: int
    blobs: int
    blob_bytes: int
    unused_blobs: _Count
    largest_blobs: list[_Blob]
    sources: dict[str, int]
    clients: dict[str, int]
    oldest: str | None
    newest: str | None
    qpu_seconds: float


def _document(store: Store, entries: list[Entry]) -> _Document:
    sizes = {name: store.blobs.path(name).stat().st_size for name in store.blobs.names()}
    users: dict[str, list[str]] = {}
    for one in entries:
        for name in one.blobs:
            users.setdefault(name, []).append(one.test)
    provenances = [one.provenance for one in entries if one.provenance]
    dates = sorted(one.recorded_at for one in provenances)
    unused = [name for name in sizes if name not in users]
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_LARGEST]
    return {
        "cassettes": len(entries),
        "damaged": sum(one.problem is not None for one in entries),
        "index_bytes": sum(one.size for one in entries),
        "blobs": len(sizes),
        "blob_bytes": sum(sizes.values()),
        "unused_blobs": {"count": len(unused), "bytes": sum(sizes[name] for name in unused)},
        "largest_blobs": [
            {"blob": name, "bytes": sizes[name], "tests": sorted(users.get(name, []))}
            for name in largest
        ],
        "sources": dict(sorted(Counter(one.recorded_from for one in provenances).items())),
        "clients": dict(sorted(Counter(one.client for one in provenances).items())),
        "oldest": dates[0] if dates else None,
        "newest": dates[-1] if dates else None,
        "qpu_seconds": sum(one.qpu_seconds for one in provenances),
    }


def _print(root: Path, of: _Document) -> None:
    damaged = f", {of['damaged']} damaged" if of["damaged"] else ""
    rows = [
        ("cassettes", f"{of['cassettes']} in {shown(root)}{damaged}"),
        ("source", _counts(of["sources"])),
        ("client", _counts(of["clients"])),
        ("recorded", _span(of["oldest"], of["newest"])),
        ("QPU seconds", f"{of['qpu_seconds']:g}"),
        ("indexes", size_words(of["index_bytes"])),
        ("blobs", f"{of['blobs']}, {size_words(of['blob_bytes'])}"),
        ("unused", _unused(of)),
    ]
    for name, text in rows:
        click.echo(f"{name + ':':13} {text}")
    if of["largest_blobs"]:
        click.echo("largest blobs:")
    for one in of["largest_blobs"]:
        users = one["tests"]
        more = f" and {len(users) - 1} more" if len(users) > 1 else ""
        who = f"{users[0]}{more}" if users else "nobody"
        click.echo(f"  {one['blob']} {size_words(one['bytes']):>10}  {who}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "-"


def _span(oldest: str | None, newest: str | None) -> str:
    days = [day[:10] for day in (oldest, newest) if day]
    return " to ".join(dict.fromkeys(days)) or "-"


def _unused(of: _Document) -> str:
    count, size = of["unused_blobs"]["count"], of["unused_blobs"]["bytes"]
    if not count:
        return "no blob"
    said = f"{counted(count, 'blob')}, {size_words(size)}"
    unsure = ", or those of damaged cassettes" if of["damaged"] else ""
    return f"{said}{unsure}: qchannel cassettes prune"
