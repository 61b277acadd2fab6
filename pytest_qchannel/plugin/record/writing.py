"""Writes what is asked for at the end of a run: reports, and the page of a CI step."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from pytest_qchannel.cassette.disk.atomic import put_in_place
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.page.write import page_of
from pytest_qchannel.plugin.record.clean import cleaned
from pytest_qchannel.plugin.record.document import Document, Told, document_of
from pytest_qchannel.plugin.record.markdown import markdown_of
from pytest_qchannel.plugin.record.run import Run

__all__ = ["Told", "write"]


def _json(document: Document) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"


WRITERS: Final[Mapping[str, Callable[[Document], str]]] = {".json": _json, ".html": page_of}
"""What is made of a record, by how the name of the file ends; ``options.REPORTS`` has the same."""


_NOT_REPLACED: Final = (errno.EBUSY, errno.EACCES, errno.EPERM)
"""Of a file that is mounted by itself, or lies in a folder that nobody may write to."""


def write(
    config: pytest.Config,
    run: Run,
    told: Told,
    lines: Sequence[str],
    reports: Iterable[Path],
    pages: Iterable[tuple[Path, str]],
) -> list[tuple[Path, str]]:
    """Writes reports, and pages.

    Args:
        config: The run's.
        run: Its tests.
        told: What else is known.
        lines: What the terminal says.
        reports: The reports.
        pages: The pages in Markdown, and how each is opened: that of a CI step has more already.

    Returns:
        What could not be written, and why.
    """
    document = document_of(config, run, told)
    said = cleaned("\n".join(lines), secrets_of_person())
    failed = []
    texts = [(one, "w", WRITERS[one.suffix](document)) for one in reports]
    texts += [(one, how, markdown_of(document, str(said).splitlines())) for one, how in pages]
    for file, how, text in texts:
        try:
            _put(file, how, text)
        except OSError as problem:
            failed.append((file, problem.strerror or str(problem)))
    return failed


def _put(file: Path, how: str, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    is_other = file.is_symlink() or (file.exists() and not file.is_file())  # as /dev/stdout
    if how == "w" and not is_other:
        try:
            put_in_place(file, text.encode(), file.parent)
        except OSError as problem:
            if problem.errno not in _NOT_REPLACED:
                raise
        else:
            return
    with file.open(how, encoding="utf-8", newline="\n") as out:
        out.write(text)
