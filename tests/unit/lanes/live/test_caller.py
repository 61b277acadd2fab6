"""What the lane asks the services itself: logins that are kept, and the account's instances."""

from __future__ import annotations

import json
import threading

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.lanes.live.caller import Caller, LiveLoginFailed
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response, Trouble
from tests.unit.lanes.live.live_kit import JumpingClock

CHANNEL = CHANNEL_BY_NAME["ibm_quantum_platform"]


class Service:
    """The emulated services, and what they were asked."""

    def __init__(self, instances: int = 3) -> None:
        self.clock = JumpingClock()
        builder = WorldBuilder().device("ibm_nairobi").account("me", channels=[CHANNEL.name])
        for number in range(instances):
            region = "eu-de" if number else "us-east"
            builder = builder.instance(f"own-{number}", plan="Premium", region=region)
        self.app = App(builder.build(Clock(self.clock.now), 1))
        self.asked: list[str] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request.path)
        return self.app.handle(request)

    def caller(self, send: Handle | None = None, key: str | None = None) -> Caller:
        [account] = self.app.world.accounts
        secret = Secret("MY_KEY", key or account.credential)
        return Caller(CHANNEL, secret, send or self.handle, self.clock.now)


def test_one_login_serves_until_shortly_before_its_end() -> None:
    service = Service()
    caller = service.caller()
    first = caller.access_token()
    assert caller.access_token() == first
    service.clock.sleep(3_600 - 200)
    assert caller.access_token() != first
    assert service.asked == ["/identity/token"] * 2


def test_no_lock_is_held_while_somebody_logs_in() -> None:
    """A process that was forked then waited for ever, and so did the sweep while IAM hung."""
    service, is_sent, goes_on = Service(), threading.Event(), threading.Event()

    def slowly(request: Request) -> Response:
        if not is_sent.is_set():
            is_sent.set()
            goes_on.wait(60)
        return service.handle(request)

    caller = service.caller(slowly)
    other = threading.Thread(target=caller.access_token, daemon=True)
    other.start()
    is_sent.wait(20)
    mine = threading.Thread(target=caller.access_token, daemon=True)
    mine.start()
    mine.join(20)
    is_held = mine.is_alive()
    goes_on.set()
    other.join(20)
    assert not is_held


def test_an_instance_is_asked_at_the_host_of_its_region() -> None:
    caller = Service().caller()
    names = {one.name: one.id for one in caller.instances()}
    assert list(names) == ["own-0", "own-1", "own-2"]
    assert caller.access(names["own-0"]).host.name == "quantum.cloud.ibm.com"
    assert caller.access(names["own-1"]).host.name == "eu-de.quantum.cloud.ibm.com"
    assert caller.access(names["own-1"]).headers["service-crn"] == names["own-1"]


def test_all_pages_of_a_large_account_are_read() -> None:
    """Of 250 instances the live lane knew the first 100: a sweep passed the others by."""
    service = Service(instances=250)
    caller = service.caller()
    assert [one.name for one in caller.instances()] == [f"own-{n}" for n in range(250)]
    assert service.asked.count("/v3/resources/search") == 3


def test_a_page_that_names_itself_as_the_next_is_read_once_more_at_most() -> None:
    service = Service()

    def around(request: Request) -> Response:
        answer = service.handle(request)
        if request.path != "/v3/resources/search":
            return answer
        return Response.json({**json.loads(answer.body), "search_cursor": "MA=="})

    assert len(service.caller(around).instances()) == 3
    assert service.asked.count("/v3/resources/search") == 2


def test_a_key_that_is_refused_is_told_by_its_variable() -> None:
    with pytest.raises(LiveLoginFailed, match="MY_KEY") as failed:
        Service().caller(key="a-key-of-nobody-at-all").access_token()
    assert failed.value.outcome == "credentials"
    assert "a-key-of-nobody" not in str(failed.value)


def no_answer(_request: Request) -> Response:
    raise ConnectionDropped("connect", Trouble("no answer: TimeoutError: timed out"))


def answering(answer: Response) -> Handle:
    return lambda _request: answer


LATER = "try again later; if a proxy may be answering there: qchannel doctor --only proxies"


@pytest.mark.parametrize(
    ("send", "headline", "step"),
    [
        (no_answer, "iam.cloud.ibm.com gave no answer", "qchannel doctor --only proxies --only"),
        (answering(Response(503)), "iam.cloud.ibm.com answered with 503", LATER),
        (answering(Response(429)), "iam.cloud.ibm.com answered with 429", LATER),
        (answering(Response(200, b"<html>")), "iam.cloud.ibm.com answered with 200", LATER),
        (answering(Response(200, b"[" * 100_000)), "iam.cloud.ibm.com answered with 200", LATER),
        (answering(Response.json({"expires_in": 1})), "IAM gave no access token", LATER),
        (answering(Response.json({"access_token": 7})), "IAM gave no access token", LATER),
    ],
)
def test_a_service_that_is_down_is_no_matter_of_credentials(
    send: Handle, headline: str, step: str
) -> None:
    """One that asks for patience, with 429, was told to check the key."""
    with pytest.raises(LiveLoginFailed) as failed:
        Service().caller(send).access_token()
    assert failed.value.outcome == "service"
    assert failed.value.headline == f"ibm_quantum_platform: {headline}"
    assert (failed.value.next or "").startswith(step)
    assert failed.value.facts[-1] == ("not refused", "the API key in MY_KEY")
    assert ("timed out" in str(failed.value)) == (send is no_answer)
