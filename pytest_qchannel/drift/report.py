"""The outcome: a document, a page of text, and the search for what must be in neither."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pytest_qchannel._version import __version__
from pytest_qchannel.cassette.gate import Gate, SecretFound
from pytest_qchannel.counted import counted
from pytest_qchannel.drift import described
from pytest_qchannel.drift.ask import Subject
from pytest_qchannel.drift.compare import Finding, Seen, compared
from pytest_qchannel.drift.names import Names
from pytest_qchannel.drift.reference import Reference
from pytest_qchannel.drift.shape import Shape
from pytest_qchannel.drift.submit import submissions
from pytest_qchannel.drift.walk import walk
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Handle

__all__ = ["SCHEMA", "Report", "drift_report", "report_on", "seen_of"]

Sleep: TypeAlias = Callable[[float], None]

SCHEMA: Final = 1
"""The number of the document's form; ``schema.json`` describes it."""

_SHOWN: Final = 100


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        findings: Every difference.
        requests: How many requests the service was asked.
        unasked: What could not be asked of the service, in words.
        shapes: What the service answered, in shapes.
    """

    findings: tuple[Finding, ...]
    requests: int
    unasked: tuple[str, ...]
    shapes: Seen

    @property
    def drifted(self) -> list[Finding]:
        """Those in which the service is not as the emulator is."""
        return [one for one in self.findings if "emulator" in one.differs_from]

    @property
    def misdescribed(self) -> list[Finding]:
        """Those in which the service is as the emulator is, and not as it is described."""
        return [one for one in self.findings if "emulator" not in one.differs_from]

    def document(self) -> dict[str, object]:
        """The report as JSON has it; ``schema.json`` describes it."""
        return {
            "schema": SCHEMA,
            "pytest_qchannel": __version__,
            "description": described.VERSION,
            "requests": self.requests,
            "unasked": list(self.unasked),
            "findings": [_as_json(one) for one in self.findings],
            "shapes": [
                {
                    "route": f"{route.service} {route.key}",
                    "version": version,
                    "status": status,
                    **_shape_as_json(shape),
                }
                for (route, version, status), shape in self.shapes.shapes.items()
            ],
        }

    def text(self) -> str:
        """A page to read."""
        kinds = counted(self.shapes.shapes, "kind")
        asked = f"{counted(self.requests, 'request')}, {kinds} of answers"
        drifted = counted(self.drifted, "finding")
        lines = [f"drift: {drifted} between the service and the emulator; {asked}"]
        lines += _page(self.drifted)
        if self.misdescribed:
            lines += [
                "",
                f"as the emulator has it, and not as IBM's description {described.VERSION} does: "
                f"{counted(self.misdescribed, 'finding')}",
                *_table(self.misdescribed),
            ]
        if self.unasked:
            lines += ["", "not asked:", *(f"  {one}" for one in self.unasked)]
        return "\n".join(lines) + "\n"


def drift_report(
    live: Handle,
    subject: Subject,
    emulator: Reference,
    secrets: Iterable[Secret] = (),
    sleep: Sleep | None = None,
    guarded: Handle | None = None,
) -> Report:
    """Walks the service and the emulator, and compares what they answer.

    Args:
        live: The service, or what stands in its place.
        subject: In whose name the service is asked.
        emulator: What it is compared with.
        secrets: What must not be in the report beside the subject's own: all that is known.
        sleep: Waits so many seconds between looks at a job; without it nothing is submitted.
        guarded: The service behind what looks after a budget: what costs is sent there.

    Raises:
        SecretFound: A value of the account is in the report all the same; it is not to be kept.
    """
    ours = seen_of(emulator, submits=sleep is not None)
    return report_on(live, subject, ours, secrets, sleep, guarded)


def seen_of(emulator: Reference, *, submits: bool = False) -> Seen:
    """What the emulator answers to everybody in whose name it is asked.

    Args:
        emulator: The emulator.
        submits: Whether jobs are submitted, too.
    """
    seen = Seen(Names(are_ours=True))
    for one in emulator.subjects:
        walk(emulator.handle, one, seen.add)
        if submits:
            submissions(emulator.handle, one, seen.add, lambda _: None)
    return seen


def report_on(
    live: Handle,
    subject: Subject,
    ours: Seen,
    secrets: Iterable[Secret] = (),
    sleep: Sleep | None = None,
    guarded: Handle | None = None,
) -> Report:
    """The same as :func:`drift_report`, where it is known what the emulator answers."""
    theirs = Seen(Names(learned=ours.names.learned))
    unasked = walk(live, subject, theirs.add)
    if sleep is not None:
        unasked += submissions(guarded or live, subject, theirs.add, sleep)
    requests = sum(times for counts in theirs.statuses.values() for times in counts.values())
    report = Report(tuple(compared(theirs, ours)), requests, tuple(unasked), theirs)
    _require_no_value(report, [*_values(subject), *secrets])
    return report


def _values(subject: Subject) -> list[Secret]:
    crn = subject.instance
    return [
        subject.secret,
        Secret("the account's id", crn.account_id),
        Secret("the instance's id", crn.guid),
    ]


def _require_no_value(report: Report, secrets: Iterable[Secret]) -> None:
    gate = Gate(secrets)
    for text in (json.dumps(report.document(), indent=1), report.text()):
        found = gate.search(text.encode())
        if found:
            raise SecretFound(found, "the report of drift")


def _as_json(one: Finding) -> dict[str, object]:
    return {
        "kind": one.kind,
        "route": one.route,
        "status": one.status,
        "path": one.path,
        "versions": one.versions,
        "live": one.live,
        "emulator": one.emulator,
        "description": one.description,
        "differs_from": sorted(one.differs_from),
        "samples": one.samples,
    }


def _shape_as_json(shape: Shape) -> Mapping[str, object]:
    return {
        "answers": shape.answers,
        "headers": dict(sorted(shape.headers.items())),
        "places": {
            path: {
                "kinds": dict(sorted(place.kinds.items())),
                "answers": place.answers,
                "always": shape.is_always(path),
                **({"words": sorted(place.words)} if place.words else {}),
            }
            for path, place in sorted(shape.places.items())
        },
    }


def _table(findings: list[Finding]) -> list[str]:
    """A line for each kind of difference, with the number of answers that have it."""
    rows = Counter((one.kind, _place(one)) for one in findings)
    return [f"  {kind}: {path} ({times})" for (kind, path), times in rows.most_common()]


def _place(one: Finding) -> str:
    return f"{one.status} {one.path}" if one.kind == "status" else one.path or "the body"


def _page(findings: list[Finding]) -> list[str]:
    lines = []
    for one in findings[:_SHOWN]:
        versions = ", ".join(version or "none" for version in one.versions)
        lines += [
            f"  {one.kind}: {one.route} -> {one.status}  {one.path}",
            f"    live:        {one.live}",
            f"    emulator:    {one.emulator}",
            f"    description: {one.description}",
            f"    versions:    {versions}",
        ]
    if len(findings) > _SHOWN:
        lines.append(f"  and {len(findings) - _SHOWN} more, in the document")
    return lines
