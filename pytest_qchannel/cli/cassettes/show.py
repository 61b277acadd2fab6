"""``qchannel cassettes show``: one cassette for people, what was submitted in words."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from pytest_qchannel.cassette.accounts import accounts_to_plain
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.problems import CassetteProblem
from pytest_qchannel.cli.cassettes.choice import chosen, named_by_path
from pytest_qchannel.cli.cassettes.folder import Damaged, folder_of, shown, size_words, told
from pytest_qchannel.cli.group import example

__all__ = ["show"]


@click.command(epilog=example("qchannel cassettes show test_bell --bodies"))
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of all cassettes; by default the one that pytest uses here.",
)
@click.option("--bodies", is_flag=True, help="Print all bodies, too, JSON with indentation.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
def show(name: str, folder: Path | None, *, bodies: bool, as_json: bool) -> None:
    """Show one cassette: where it comes from, and each request with its status.

    NAME is a test's id, the path of a file, or a part of either that only one cassette has. What
    was submitted as a job is told in words: program, backend, circuits, shots, options.

    Ends with exit status 0, 1 if the cassette is damaged, 2 if there is none of that name or more
    than one.
    """
    if found := named_by_path(name):
        root, path = found
    else:
        root = folder_of(folder, "show NAME --folder DIR")
        path = chosen(root, name)
    try:
        cassette = Store(root).load(path)
    except CassetteProblem as problem:
        raise Damaged(str(problem)) from None
    words = cassette.words
    if as_json:
        document = _document(path, cassette, words, bodies=bodies)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    _print_head(path, cassette)
    width = max((len(str(line)) for line in cassette.lines), default=1)
    click.echo(f"\n{'#':>4}  {'line':>{max(width, 4)}}  request")
    for number, (one, line) in enumerate(
        zip(cassette.interactions, cassette.lines, strict=True), 1
    ):
        where = f"{number:4}  {line:{max(width, 4)}}"
        click.echo(told(f"{where}  {one.method:6} {_place(one.url)}  {one.status}"))
        said = words[number - 1]
        if said is not None:
            click.echo(told("\n".join(_submitted(said, " " * 12))))
        if bodies:
            _print_body("sent", one.request_body)
            _print_body("answered", one.response_body)


def _print_head(path: Path, cassette: Cassette) -> None:
    provenance = cassette.provenance
    size = size_words(path.stat().st_size)
    rows = [
        ("file", f"{shown(path)} ({size})"),
        ("channel", provenance.channel),
        ("recorded", f"{provenance.recorded_at} from {_source(provenance.recorded_from)}"),
        (
            "with",
            f"qiskit-ibm-runtime {provenance.client}, Qiskit {provenance.qiskit}, "
            f"pytest-qchannel {provenance.plugin}, scrubbing rules {provenance.scrubber}",
        ),
        ("QPU seconds", f"{provenance.qpu_seconds:g}"),
    ]
    for channel, account in sorted(cassette.accounts.items()):
        rows.append(("account", f"{channel}, {account.credential}"))
        rows += [("", f"  {held.name} ({held.plan}) {held.id}") for held in account.instances]
    click.echo(told(cassette.test))
    for name, text in rows:
        click.echo(told(f"  {name + ':' if name else '':12} {text}"))


def _source(word: str) -> str:
    return "the emulator" if word == "emulator" else "the real services"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _submitted(said: Mapping[str, object], indent: str) -> list[str]:
    """What an index says of a submission: the program and the backend, then each PUB, then all."""
    rest = {name: one for name, one in said.items() if name not in ("program", "backend")}
    lines = [f"{said.get('program')} on {said.get('backend', 'a backend of the service')}"]
    pubs = rest.get("pubs")
    if isinstance(pubs, list):
        del rest["pubs"]
    for number, pub in enumerate(pubs if isinstance(pubs, list) else ()):
        lines += [f"PUB {number}:", *(f"  {line}" for line in _lines(pub))]
    lines += _lines(rest)
    return [indent + line for line in lines]


def _lines(value: object) -> list[str]:
    """Plain data with names in front and texts of many lines as they are."""
    if not isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False)]
    found = []
    for name, one in value.items():
        if isinstance(one, str) and "\n" in one:
            found += [f"{name}:", *(f"  {line}" for line in one.splitlines())]
        elif isinstance(one, str):
            found.append(f"{name}: {one}")
        elif _is_deep(one):
            parts = one if isinstance(one, dict) else dict(enumerate(one))
            found += [f"{name}:", *(f"  {line}" for line in _lines(parts))]
        else:
            found.append(f"{name}: {json.dumps(one, ensure_ascii=False)}")
    return found


def _is_deep(value: object) -> bool:
    """Whether a value holds texts of many lines, which one line of JSON would hide."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list):
        return any(_is_deep(one) or (isinstance(one, str) and "\n" in one) for one in inner)
    return False


def _print_body(name: str, body: bytes) -> None:
    if body:
        text = _pretty(body)
        click.echo("            " + f"{name}: " + told(text).replace("\n", "\n" + " " * 12))


def _pretty(body: bytes) -> str:
    plain = _plain(body)
    if isinstance(plain, dict) and set(plain) == {"base64"}:
        return f"{len(body)} bytes that are no text"
    return plain if isinstance(plain, str) else json.dumps(plain, indent=2, ensure_ascii=False)


def _plain(body: bytes) -> object:
    """A body as JSON has it: what it holds where it is JSON, else its text, else its bytes."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _document(
    path: Path, cassette: Cassette, words: Sequence[Mapping[str, object] | None], *, bodies: bool
) -> dict[str, object]:
    each = []
    for number, (one, line) in enumerate(
        zip(cassette.interactions, cassette.lines, strict=True), 1
    ):
        each.append(
            {
                "number": number,
                "line": line,
                "method": one.method,
                "url": one.url,
                "status": one.status,
                "submitted": words[number - 1],
                "request_bytes": len(one.request_body),
                "response_bytes": len(one.response_body),
            }
        )
        if bodies:
            each[-1]["request_body"] = _plain(one.request_body)
            each[-1]["response_body"] = _plain(one.response_body)
    return {
        "path": str(path),
        "test": cassette.test,
        "passport": cassette.provenance.to_plain(),
        "accounts": accounts_to_plain(cassette.accounts),
        "interactions": each,
    }
