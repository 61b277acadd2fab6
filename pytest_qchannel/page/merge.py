"""Reports of several runs as one: the legs of a matrix, say one for each client.

What came from which run stays told: ``runs`` lists them, ``run`` of a test is its place there, and
a device that was another one in another run stands under ``NAME@PLACE``. Plain data all through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from pytest_qchannel.errors import UsageProblem

__all__ = ["VERSION", "merged", "read_report"]

VERSION: Final = 1
"""Of the JSON report: of a higher one nobody here knows what it means."""

_Report: TypeAlias = dict[str, Any]
_Plain: TypeAlias = Mapping[str, Any]

_SHAPE: Final = {"run": dict, "tests": list, "circuits": dict, "devices": dict}


def read_report(path: Path) -> _Report:
    """A JSON report as ``--qchannel-report=FILE.json`` wrote it.

    Raises:
        UsageProblem: It cannot be read, or is something else.
    """
    again = "write one: pytest --qchannel-report=FILE.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise UsageProblem(f"cannot read {path}: {why}", next=again) from None
    except (ValueError, RecursionError) as problem:
        raise UsageProblem(f"{path} is no JSON: {problem}", next=again) from None
    version = report.get("version") if isinstance(report, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise UsageProblem(
            f"{path} is a report of version {version}, and this qchannel reads version {VERSION}",
            next="python -m pip install --upgrade pytest-qchannel",
        )
    wrong = "" if version == VERSION else "'version' is missing"
    for name, kind in _SHAPE.items():
        if not wrong and not isinstance(report.get(name), kind):
            wrong = f"{name!r} is missing"
    if not wrong and not all(isinstance(one, dict) and "id" in one for one in report["tests"]):
        wrong = "a test has no id"
    if wrong:
        raise UsageProblem(f"{path} is no report of pytest-qchannel: {wrong}", next=again)
    return dict(report)


def merged(reports: Sequence[_Plain]) -> _Report:
    """One report of several, in their order. A run that stands in two of them is taken once."""
    runs: list[_Plain] = []
    tests: list[_Plain] = []
    circuits: _Report = {}
    devices: _Report = {}
    for report in reports:
        places = {}
        for number, run in enumerate(_runs_of(report)):
            if all(run.get("id") != known.get("id") for known in runs):
                places[number] = len(runs)
                runs.append(run)
        if not places:
            continue
        tests += [
            {**test, "run": places[test.get("run", 0)]}
            for test in report["tests"]
            if test.get("run", 0) in places
        ]
        for name, circuit in report["circuits"].items():
            if not (circuits.get(name) or {}).get("text"):  # one of them may have drawn it
                circuits[name] = circuit
        _add_devices(devices, report["devices"], places)
    costs = [run.get("qpu_seconds") or {} for run in runs]
    return {
        "version": VERSION,
        "run": _as_one(runs),
        "runs": runs,
        "tests": tests,
        "circuits": circuits,
        "devices": devices,
        "qpu_seconds": {
            **{name: _sum(cost.get(name) for cost in costs) or 0 for name in ("used", "held")},
            **{name: _sum(cost.get(name) for cost in costs) for name in ("budget", "estimate")},
        },
    }


def _runs_of(report: _Plain) -> Sequence[_Plain]:
    """The runs of a report, each with what it cost: in another report only some of them are."""
    runs: Sequence[_Plain] = report.get("runs") or [report["run"]]
    if any("qpu_seconds" in run for run in runs):
        return runs
    first, *others = runs
    return [{**first, "qpu_seconds": report.get("qpu_seconds") or {}}, *others]


def _add_devices(devices: _Report, more: _Plain, places: Mapping[int, int]) -> None:
    for key, device in more.items():
        name, at, number = key.rpartition("@")
        if at and number.isdigit():  # of one run of a report that was merged before
            if int(number) in places:
                devices[f"{name}@{places[int(number)]}"] = device
        elif devices.setdefault(key, device) != device:
            devices |= {f"{key}@{place}": device for place in places.values()}


def _as_one(runs: Sequence[_Plain]) -> _Report:
    """What can be said of several runs at once."""
    return {
        "id": "+".join(_distinct(runs, "id")),
        "started_at": min(_distinct(runs, "started_at"), default=None),
        "duration_s": _sum(run.get("duration_s") for run in runs),
        **{
            name: ", ".join(_distinct(runs, name)) or None
            for name in ("python", "pytest", "client", "qiskit")
        },
        "channels": list(dict.fromkeys(one for run in runs for one in run.get("channels") or ())),
        "settings": [],  # those of each run stand in it
        "command": "; ".join(_distinct(runs, "command")),
        "exit": max((run.get("exit") or 0 for run in runs), default=0),
    }


def _distinct(runs: Sequence[_Plain], name: str) -> list[str]:
    return list(dict.fromkeys(str(run[name]) for run in runs if run.get(name)))


def _sum(values: Iterable[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return sum(known) if known else None
