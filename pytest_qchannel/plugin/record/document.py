"""The record of a run as a document: plain JSON, as ``docs/report-schema.json`` describes it."""

from __future__ import annotations

import platform
import shlex
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any, Final, NamedTuple

import pytest

from pytest_qchannel import rerun_command
from pytest_qchannel.channels.client import client_version, default_channel
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.page.merge import VERSION
from pytest_qchannel.plugin import command_line, session_settings
from pytest_qchannel.plugin.record.clean import cleaned
from pytest_qchannel.plugin.record.facts import Deed, Facts, Spent, relative
from pytest_qchannel.plugin.record.run import Attempt, Run

__all__ = ["Document", "Told", "document_of"]

_LONGEST_TEXT: Final = 20_000
_LONGEST_ID: Final = 2_000

Document = dict[str, Any]


class Told(NamedTuple):
    """What is known of a run beside its tests.

    Attributes:
        began: When it began.
        status: The exit status of pytest.
        deeds: What was done with cassettes.
        spent: What a live run used.
    """

    began: datetime
    status: int
    deeds: Sequence[Deed]
    spent: Spent | None


def document_of(config: pytest.Config, run: Run, told: Told) -> Document:
    """Everything that a page tells of a run, without secrets."""
    with command_line.known(config):
        tests = list(_tests(config, run, told.deeds))
    circuits: dict[str, Document] = {}
    devices: dict[str, Document] = {}
    for one in run.attempts:
        circuits.update(one.facts.get("circuits", {}))
        devices.update(one.facts.get("devices", {}))
    plain: Document = {
        "version": VERSION,
        "run": _run(config, told),
        "tests": tests,
        "circuits": circuits,
        "devices": devices,
        "qpu_seconds": _qpu_seconds(run, told.spent),
    }
    document = cleaned(plain, secrets_of_person())
    assert isinstance(document, dict)
    return document


def _run(config: pytest.Config, told: Told) -> Document:
    settings = session_settings.session_settings(config)
    return {
        "id": uuid.uuid4().hex,
        "started_at": told.began.isoformat(timespec="milliseconds"),
        "duration_s": (datetime.now(UTC) - told.began).total_seconds(),
        "python": platform.python_version(),
        "pytest": pytest.__version__,
        "client": client_version(),
        "qiskit": metadata.version("qiskit"),
        "channels": list(settings.channel) or [default_channel().name],
        "settings": [
            {"name": name, "value": value, "origin": origin}
            for name, value, origin in session_settings.told(settings)
        ],
        "command": shlex.join(["pytest", *map(str, config.invocation_params.args)]),
        "exit": told.status,
    }


def _tests(config: pytest.Config, run: Run, deeds: Sequence[Deed]) -> Iterator[Document]:
    by_path = {relative(config, one["path"]): one for one in deeds}
    options = [rerun_command.quoted(one) for one in command_line.start_of(config).typed]
    for attempt in run.attempts:
        facts, of_test = attempt.facts, session_settings.id_of(config, attempt.node)
        file, _, name = attempt.node.partition("::")
        report = attempt.reports[0]
        words, cassette = rerun_command.words_of(of_test), _cassette(facts, by_path)
        yield {
            "id": attempt.node[:_LONGEST_ID],
            "file": file,
            "name": name[:_LONGEST_ID],
            "line": report.location[1] + 1 if report.location[1] is not None else None,
            "lane": facts.get("lane"),
            "channel": facts.get("channel"),
            "client": client_version(),
            "outcome": attempt.outcome,
            "class": facts.get("ended_as"),
            "duration_s": round(attempt.duration_s, 6),
            "reason": attempt.reason,
            "error": _error(attempt),
            "rerun": " ".join(["pytest", *words, *(one for one in options if one not in words)]),
            "request_count": facts.get("requests", 0),
            "requests": facts.get("log", []),
            "jobs": _jobs(facts, cassette),
            "cassette": cassette,
        }


def _error(attempt: Attempt) -> Document | None:
    failed = attempt.failure
    if failed is None:
        return None
    text = failed.longreprtext
    said = attempt.facts.get("error")
    if said is None:
        lines = [line for line in text.splitlines() if line.strip()] or ["it failed"]
        said = {"headline": lines[-1].strip(), "where": None, "next": None}
    cut = text if len(text) <= _LONGEST_TEXT else f"...\n{text[-_LONGEST_TEXT:]}"
    return {**said, "text": cut}


def _jobs(facts: Facts, cassette: Document | None) -> list[Document]:
    is_told = cassette is not None and cassette["source"] == "live"
    told = facts.get("told_jobs", {})
    found = []
    for job, seconds in facts.get("jobs", {}).items():
        one: Document = {"id": job, "program": "", "backend": "", "states": [], "pubs": []}
        one.update(told.get(job, {}))
        used = one.pop("used_s", None)
        value = used if seconds is None else seconds
        is_estimate = facts.get("is_estimate", False) and not is_told
        known = {"value": value, "is_estimate": is_estimate} if value is not None else None
        found.append({**one, "qpu_seconds": known})
    return found


def _cassette(facts: Facts, by_path: Mapping[str, Deed]) -> Document | None:
    path = facts.get("cassette")
    if path is None:
        return None
    deed = by_path.get(path, {})
    when = deed.get("recorded_at")
    age_s = (datetime.now(UTC) - datetime.fromisoformat(when)).total_seconds() if when else None
    return {
        "path": path,
        "did": deed.get("did", "opened"),
        "recorded_at": when,
        "source": deed.get("recorded_from"),
        "age_days": None if age_s is None else round(max(0.0, age_s) / 86_400, 3),
    }


def _qpu_seconds(run: Run, spent: Spent | None) -> Document:
    estimates = [
        seconds or 0.0
        for one in run.attempts
        if one.facts.get("lane") == "emulated"
        for seconds in one.facts.get("jobs", {}).values()
    ]
    return {
        "used": spent.used if spent else 0.0,
        "held": spent.held if spent else 0.0,
        "budget": spent.budget if spent else None,
        "estimate": round(sum(estimates), 6) if estimates else None,
    }
