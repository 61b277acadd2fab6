"""``qchannel cassettes scan``: secrets in files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from pytest_qchannel.cassette.disk.layout import BLOBS, index_files
from pytest_qchannel.cassette.gate import Finding, Gate
from pytest_qchannel.cassette.gate.places import in_cassette
from pytest_qchannel.cassette.gate.views import MOST_BYTES
from pytest_qchannel.channels.personal import ACCOUNT_FILE, secrets_of_person
from pytest_qchannel.cli.cassettes.folder import Failed, folders_of, shown
from pytest_qchannel.cli.group import example
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.reading import read_file

__all__ = ["scan"]
_SKIPPED: Final = frozenset({".git", ".hg", ".tox", ".venv", "__pycache__", "node_modules"})


@click.command(epilog=example("qchannel cassettes scan cassettes tests"))
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
def scan(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Search files for secrets: cassettes of any origin, or anything else.

    Looks for the credentials that are in this environment (QISKIT_IBM_TOKEN and the others that
    `qchannel docs settings` names), in every encoding, and for whatever looks like one of IBM's.
    Without a PATH the folder of cassettes that pytest uses here is searched, cassettes/ if nothing
    else is set. A finding names file, line, rule and place, never the value.

    Ends with exit status 0 if nothing was found, 1 if something was, 2 if it could not search or
    there was no file to search.
    """
    paths = paths or tuple(Path(shown(one)) for one in folders_of(None, "scan PATH..."))
    gate, names = _gate()
    searched = 0
    found: list[tuple[Path, Finding]] = []
    for path in _files(paths):
        searched += 1
        found += [(path.parent, finding) for finding in gate.search_name(path)]
        findings = gate.search(_read(path))
        found += (_in_cassettes(path, findings, gate) if findings else ()) or [
            (path, finding) for finding in findings
        ]
    if not searched:
        nothing = UsageProblem(
            "no file was searched: there is none",
            where=", ".join(map(str, paths)),
            next="name the files or folders to search: qchannel cassettes scan PATH...",
        )
        raise Failed(str(nothing))
    if as_json:
        click.echo(json.dumps(_document(searched, names, found), indent=2))
    else:
        for path, finding in found:
            click.echo(f"{path}:{finding.line or 1}: {finding}")
        known = f"known: {', '.join(names)}" if names else "no credential in the environment"
        click.echo(
            f"{counted(searched, 'file')} searched ({known}), {counted(found, 'finding')}", err=True
        )
    if found:
        raise SystemExit(1)


def _gate() -> tuple[Gate, list[str]]:
    found = secrets_of_person()  # a short value that somebody saved is no reason to search nothing
    secrets = [one for one in found if one.is_searchable or one.env_var != ACCOUNT_FILE]
    try:
        return Gate(secrets), [secret.env_var for secret in secrets]
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None


def _read(path: Path) -> bytes:
    try:
        return read_file(path, MOST_BYTES)
    except OSError as problem:
        raise click.UsageError(f"{path} cannot be read: {problem.strerror}") from None


def _in_cassettes(path: Path, findings: list[Finding], gate: Gate) -> list[tuple[Path, Finding]]:
    """What was found in a body, wherever an index of its tree names it; else nothing."""
    if path.parent.parent.name != BLOBS or path.suffix != ".gz":
        return []
    return [
        (index, one)
        for index in index_files(path.parents[2])
        if path.stem.encode() in (data := _read(index))
        for one in in_cassette(data, {path.stem: findings}, gate.hits)
    ]


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The files, those of folders in the order of their names, each once."""
    seen = set()
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in inside:
            below = one.relative_to(path).parts if one != path else ()
            if one.is_file() and not _SKIPPED.intersection(below) and one.resolve() not in seen:
                seen.add(one.resolve())
                yield one


def _document(
    searched: int, names: list[str], found: list[tuple[Path, Finding]]
) -> dict[str, object]:
    return {
        "ok": not found,
        "searched": searched,
        "known": names,
        "findings": [
            {
                "file": str(path),
                "line": one.line,
                "rule": one.rule,
                "what": one.what,
                "how": one.how,
                "interaction": one.interaction,
                "request": one.request,
                "path": one.path,
                "blob": one.blob,
            }
            for path, one in found
        ],
    }
