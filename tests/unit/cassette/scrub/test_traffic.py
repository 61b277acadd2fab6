"""Clean traffic: the emulator's flows on every channel, scrubbed, pass the gate and still work."""

from __future__ import annotations

import functools
import json
import time
from typing import Any
from unittest import mock

import jwt
import pytest

from pytest_qchannel.cassette.gate import Gate
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.scrub import Scrubber
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.flows import walk
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.default_world import default_world
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request, Response
from tests.unit.cassette.scrub.planted_kit import as_bytes

CHANNELS = list(CHANNEL_BY_NAME)


def recorded(request: Request, response: Response) -> Interaction:
    query = f"?{request.query_string}" if request.query_string else ""
    return Interaction(
        request.method,
        f"https://{request.host}{request.path}{query}",
        tuple(request.headers.items()),
        request.body,
        response.status,
        tuple(response.headers.items()),
        response.body,
    )


@functools.cache
def traffic(channel: str) -> tuple[Interaction, ...]:
    """What the client and plain REST send and get in the four flows."""
    seen = []
    handle = App.handle

    def handle_and_keep(app: App, request: Request) -> Response:
        response = handle(app, request)
        seen.append(recorded(request, response))
        return response

    with mock.patch.object(App, "handle", handle_and_keep):
        steps = list(walk(CHANNEL_BY_NAME[channel], resolve({}, {}, {}, {}), lambda _: None))
    assert all(step.ok is not False for step in steps)
    assert len(seen) >= 5
    return tuple(seen)


@functools.cache
def secrets() -> tuple[Secret, ...]:
    """Everything of the emulated accounts that must not be stored."""
    found = []
    for account in default_world(Clock(time.time)).accounts:
        parts = (account.credential, account.id, account.user_id, account.email, account.name)
        found += [Secret(f"{account.name} {at}", one) for at, one in enumerate(parts)]
        # The public project is everybody's.
        names = [part for one in account.instances for part in one.split(":")[7:8] or [one]]
        found += [Secret(f"{account.name} {one}", one) for one in names if one != "ibm-q/open/main"]
    return tuple(found)


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_scrubbed_traffic_passes_the_gate(channel: str) -> None:
    gate = Gate(secrets())
    scrubber = Scrubber()
    for interaction in traffic(channel):
        stored = as_bytes(scrubber.scrub(interaction).interaction)
        assert [str(one) for one in gate.search(stored)] == [], interaction


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_gate_would_have_found_them(channel: str) -> None:
    raw = b"\n".join(as_bytes(interaction) for interaction in traffic(channel))
    assert len(Gate(secrets()).search(raw)) >= 3


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_field_of_the_traffic_has_a_rule(channel: str) -> None:
    # Circuits as text are a recording's to rewrite; without that they are in no table.
    scrubber = Scrubber(rewrite_params=lambda _program, params: params)
    unknown = {str(one) for sent in traffic(channel) for one in scrubber.scrub(sent).unknown}
    assert unknown == set()


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_scrubbing_is_deterministic_and_does_nothing_twice(channel: str) -> None:
    first, again, over = Scrubber(), Scrubber(), Scrubber()
    for interaction in traffic(channel):
        once = first.scrub(interaction).interaction
        assert again.scrub(interaction).interaction == once
        assert over.scrub(once).interaction == once


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_stored_can_be_replayed(channel: str) -> None:
    scrubber = Scrubber()
    stored = [scrubber.scrub(one).interaction for one in traffic(channel)]
    tokens: set[str] = set()
    jobs: set[str] = set()
    for one in stored:
        headers = {name.lower(): value for name, value in one.request_headers}
        answer: Any = json.loads(one.response_body) if one.response_body[:1] == b"{" else {}
        if one.url.endswith("/identity/token") and one.status == 200:
            jwt.decode(answer["access_token"], options={"verify_signature": False})
            tokens.add(answer["access_token"])
        if one.url.endswith("loginWithToken"):
            tokens.add(answer["id"])
        if one.method == "POST" and one.url.endswith("/jobs"):
            jobs.add(answer["id"])
        if "/jobs/" in one.url:
            assert one.url.split("/jobs/")[1].split("/")[0].split("?")[0] in jobs
        sent = headers.get("authorization", "").removeprefix("Bearer ")
        if "//cloud-transpiler." in one.url:  # it takes the API token itself
            assert sent.startswith("qchannel-stand-in-api-key-")
        elif headers.get("authorization", "").startswith("Bearer "):
            assert sent in tokens
        assert headers.get("x-access-token", "") in {"", *tokens}


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS)
def test_results_and_device_data_are_kept_as_they_are(channel: str) -> None:
    scrubber = Scrubber()
    kept = 0
    for interaction in traffic(channel):
        after = scrubber.scrub(interaction).interaction
        if interaction.status == 200 and interaction.url.endswith(("/results", "/properties")):
            assert json.loads(after.response_body) == json.loads(interaction.response_body)
            kept += 1
    assert kept or len(traffic(channel)) < 10, "only the client runs jobs"
