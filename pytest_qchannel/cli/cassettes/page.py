"""A cassette as a page: what a reviewer of a recording looks at instead of its YAML.

Nothing but what the file holds is shown, and all of it has passed the gate when it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from pytest_qchannel.cassette.counts import counts_in
from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.submitted.lines import lines_of
from pytest_qchannel.cassette.submitted.pictures import device_of, pictured
from pytest_qchannel.cli.cassettes.words import head, plain_of, pretty
from pytest_qchannel.counted import counted
from pytest_qchannel.ibm.table import find
from pytest_qchannel.page.merge import VERSION

__all__ = ["report_of"]

_LONGEST_BODY: Final = 10_000
"""Characters of a body that the page shows; ``show --bodies`` prints the whole."""

_Plain: TypeAlias = dict[str, object]


def report_of(path: Path, cassette: Cassette) -> _Plain:
    """What :func:`.page_of` shows of a cassette."""
    jobs: dict[str, _Job] = {}
    circuits: dict[str, _Plain] = {}
    devices: dict[str, _Plain] = {}
    requests = []
    for number, one in enumerate(cassette.interactions):
        parts = urlsplit(one.url)
        found = find(one.method, parts.netloc, parts.path)
        answer = plain_of(one.response_body)
        told: _Plain = answer if isinstance(answer, dict) else {}
        job = found.args.get("job_id") if found else None
        said = cassette.words[number]
        if said is not None:
            job = str(told.get("id", f"#{number + 1}"))
            jobs[job] = _Job(said, circuits)
        elif job in jobs:
            jobs[job].looked_at(told)
        if device := device_of(told):
            devices[str(told.get("backend_name"))] = device
        place = parts.path + (f"?{parts.query}" if parts.query else "")
        requests.append(
            {
                "n": number + 1,
                "line": cassette.lines[number],
                "route": f"{one.method} {place}",
                "host": parts.netloc,
                "status": one.status,
                "job": job,
                **_bodies(one),
            }
        )
    used = {job.plain["backend"] for job in jobs.values()}
    return {
        "version": VERSION,
        "kind": "cassette",
        "facts": list(_facts(path, cassette)),
        "runs": [],
        "tests": [
            {
                "id": cassette.test,
                "requests": requests,
                "jobs": [{"id": name, **job.plain} for name, job in jobs.items()],
            }
        ],
        "circuits": circuits,
        "devices": {name: device for name, device in devices.items() if name in used},
    }


def _facts(path: Path, cassette: Cassette) -> Iterator[tuple[str, str]]:
    name = ""
    for told, text in head(path, cassette):
        name = told or "instance"
        yield name, text.strip()
    if cassette.tests:
        yield "shared by", ", ".join(cassette.tests)


class _Job:
    """A submitted job, as far as a cassette tells of it.

    Args:
        said: What was submitted, in words, as the index has it.
        circuits: Where its circuits go, by fingerprint.
    """

    def __init__(self, said: Mapping[str, object], circuits: dict[str, _Plain]) -> None:
        rest = {n: one for n, one in said.items() if n not in ("program", "backend", "pubs")}
        told = said.get("pubs")
        self.states: list[_Plain] = []
        self.pubs = [pictured(one, circuits) for one in told] if isinstance(told, list) else []
        self.plain: _Plain = {
            "program": said.get("program"),
            "backend": said.get("backend"),
            "states": self.states,
            "pubs": self.pubs,
            "said": "\n".join(lines_of(rest)),
        }

    def looked_at(self, told: _Plain) -> None:
        """Takes in an answer about it: its state, or its results."""
        state = told.get("state")
        name = state.get("status") if isinstance(state, dict) else told.get("status")
        if isinstance(name, str) and (not self.states or self.states[-1]["state"] != name):
            self.states.append({"state": name})
        for pub, found in zip(self.pubs, counts_in(told), strict=False):
            if found is not None:
                pub.update(found._asdict())


def _bodies(one: Interaction) -> _Plain:
    told: _Plain = {"test": one.test} if one.test else {}
    for name, body in (("sent", one.request_body), ("answered", one.response_body)):
        if body:
            text = pretty(body)
            more = len(text) - _LONGEST_BODY
            told[name] = (
                f"{text[:_LONGEST_BODY]}\n... {counted(more, 'more character')}"
                if more > 0
                else text
            )
    return told
