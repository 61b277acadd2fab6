"""A service in the place of IBM's: the emulated world of other people, altered on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_qchannel.crn import CRN
from pytest_qchannel.drift.ask import Subject
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.default_world import fleet
from pytest_qchannel.ibm.table import find
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Handle, Request, Response

CLOCK: Final = Clock(lambda: 1_760_000_000.0)
RESULT: Final = (
    '{"results": [{"data": {"mine": {"samples": [], "num_bits": 1}}, "metadata": {}}], '
    '"metadata": {}}'
)
FAILED: Final = {"state": "Failed", "reason": "Somebody's own words.", "reason_code": 1517}

Alter = Callable[[Response, Any], Response]
"""Gives another answer for one, and its body read as JSON."""


def busy() -> tuple[Handle, Subject]:
    """An account with a history, tags and sessions, in another region."""
    world = others("Premium", "eu-de")
    for words in ({"result": RESULT, "session": "theirs"}, FAILED, {"state": "Cancelled"}):
        world = world.job(
            account="somebody",
            instance="their-own-instance",
            backend="qpu_north",
            tags=("their-secret-project",),
            params='{"pubs": []}',
            **words,
        )
    return answering(world)


def idle() -> tuple[Handle, Subject]:
    """An account of the free plan that never ran a job."""
    return answering(others("Open", "us-east", usage_limit_s=600))


def others(plan: str, region: str, **words: Any) -> WorldBuilder:
    known = fleet()
    return (
        WorldBuilder()
        .device("qpu_north", source=known.eu_de[0], queue_length=4)
        .device("qpu_south", source=known.offline, status="paused")
        .account("somebody", channels=("ibm_cloud",), email="somebody@example.org")
        .instance("their-own-instance", plan=plan, region=region, tags=("lab-of-theirs",), **words)
    )


def answering(world: WorldBuilder) -> tuple[Handle, Subject]:
    app, subject = opened(world)
    return app.handle, subject


def opened(world: WorldBuilder) -> tuple[App, Subject]:
    app = App(world.build(CLOCK, seed=7))
    [account] = app.world.accounts
    [instance] = account.instances.values()
    return app, Subject(Secret("THE_KEY", account.credential), CRN.parse(instance.id))


def altered(handle: Handle, changes: Mapping[tuple[str, int], list[Alter]]) -> Handle:
    """The same services, with other answers for routes and statuses."""

    def answer(request: Request) -> Response:
        response = handle(request)
        found = find(request.method, request.host, request.path)
        if found is not None:
            for change in changes.get((found.route.key, response.status), ()):
                response = change(response, json.loads(response.body or b"null"))
        return response

    return answer


def body(change: Callable[[Any], object]) -> Alter:
    """Changes the body in place."""

    def alter(answer: Response, read: Any) -> Response:
        change(read)
        return Response(answer.status, json.dumps(read).encode(), answer.headers)

    return alter
