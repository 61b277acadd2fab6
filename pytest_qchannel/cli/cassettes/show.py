"""``qchannel cassettes show``: one cassette for people, what was submitted in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from pytest_qchannel.cassette.accounts import accounts_to_plain
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.problems import CassetteProblem
from pytest_qchannel.cassette.submitted.lines import lines_of
from pytest_qchannel.cli.cassettes.choice import chosen, named_by_path
from pytest_qchannel.cli.cassettes.folder import (
    Damaged,
    folder_of,
    shown,
    size_words,
    told,
    written,
)
from pytest_qchannel.cli.cassettes.page import report_of
from pytest_qchannel.cli.cassettes.words import head, plain_of, pretty
from pytest_qchannel.cli.group import example
from pytest_qchannel.page.write import page_of

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
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one page instead: circuits drawn, jobs, devices, and all bodies.",
)
def show(name: str, folder: Path | None, *, bodies: bool, as_json: bool, html: Path | None) -> None:
    """Show one cassette: where it comes from, and each request with its status.

    NAME is a test's id, the path of a file, or a part of either that only one cassette has. What
    was submitted as a job is told in words: program, backend, circuits, shots, options.

    Ends with exit status 0, 1 if the cassette is damaged, 2 if there is none of that name or more
    than one, or if the page cannot be written.
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
    if html is not None:
        written(html, page_of(report_of(path, cassette)))
        click.echo(f"{shown(html)} ({size_words(html.stat().st_size)})")
        return
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
    click.echo(told(cassette.test))
    for name, text in head(path, cassette):
        click.echo(told(f"  {name + ':' if name else '':12} {text}"))


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
        lines += [f"PUB {number}:", *(f"  {line}" for line in lines_of(pub))]
    lines += lines_of(rest)
    return [indent + line for line in lines]


def _print_body(name: str, body: bytes) -> None:
    if body:
        text = pretty(body)
        click.echo("            " + f"{name}: " + told(text).replace("\n", "\n" + " " * 12))


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
            each[-1]["request_body"] = plain_of(one.request_body)
            each[-1]["response_body"] = plain_of(one.response_body)
    return {
        "path": str(path),
        "test": cassette.test,
        "passport": cassette.provenance.to_plain(),
        "accounts": accounts_to_plain(cassette.accounts),
        "interactions": each,
    }
