"""``qchannel docs``: the pages that came with this package, where no browser is at hand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

import click
from rich.markdown import Markdown

from pytest_qchannel.cli.console import console
from pytest_qchannel.cli.group import example
from pytest_qchannel.errors import nearest
from pytest_qchannel.paths import shipped

__all__ = ["docs", "pages"]

_COMMENTS: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def pages() -> dict[str, Path]:
    """The pages by their topic: those in the wheel, or in a checkout where they lie."""
    folder = shipped("docs", "docs")
    found = [*folder.glob("*.md"), *folder.parent.glob("README.md")]
    return {path.stem.lower(): path for path in sorted(found, key=lambda one: one.stem.lower())}


@click.command(epilog=example("qchannel docs faults"))
@click.argument("topic", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: titles, or a page.")
def docs(topic: str | None, *, as_json: bool) -> None:
    """Read a page of the documentation. Without TOPIC it tells which pages there are.

    Piped, or written to a file, a page is the Markdown that it was written in.

    Ends with exit status 0; 2 if there is no such page.
    """
    found = pages()
    if topic is None and as_json:
        listed = [{"topic": name, "title": _title_of(path)} for name, path in found.items()]
        click.echo(json.dumps({"pages": listed}, indent=2))
        return
    if topic is None:
        width = max(map(len, found))
        for name, path in found.items():
            click.echo(f"{name.ljust(width)}  {_title_of(path)}")
        click.echo("\nqchannel docs TOPIC shows one of them.")
        return
    name = topic.lower().removeprefix("docs/").removesuffix(".md")
    if name not in found:
        words = {word: page for page in found for word in page.split("-")}
        words |= {page: page for page in found}
        close = words.get(nearest(name, words) or "")
        hint = f" Did you mean {close!r}?" if close else ""
        raise click.UsageError(f"There is no page {topic!r}.{hint} Pages: {', '.join(found)}.")
    text = found[name].read_text(encoding="utf-8")
    if as_json:
        page = {"topic": name, "title": _title_of(found[name]), "markdown": text}
        click.echo(json.dumps(page, indent=2))
    elif _is_terminal():
        console().print(Markdown(_COMMENTS.sub("", text)))
    else:
        click.echo(text, nl=False)


def _is_terminal() -> bool:
    return bool(getattr(sys.stdout, "isatty", bool)())  # it may be closed


def _title_of(path: Path) -> str:
    with path.open(encoding="utf-8") as page:
        return page.readline().lstrip("#").strip()
