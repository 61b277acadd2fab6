"""What one process shares of a live run: which credentials count, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.live.entry import fingerprint
from pytest_qchannel.lanes.live.run import LiveRun, held_in, missing
from pytest_qchannel.lanes.source.live import LiveSource
from pytest_qchannel.settings import resolve
from pytest_qchannel.wire import Request, Response
from tests.devices_kit import DEVICE

KEY = "a-real-key-of-IBM-cloud-that-nobody-shall-see"
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef:0123-4567::"
ENVIRON = {"QISKIT_IBM_TOKEN": KEY, "QISKIT_IBM_INSTANCE": CRN, "QCHANNEL_IBM_CLOUD_TOKEN": ""}


def nobody(_request: Request) -> Response:
    return Response(503)


def new_run(folder: Path, **said: str) -> LiveRun:
    settings = resolve({"mode": "live", **said}, {}, {}, {})
    return LiveRun(settings, ENVIRON, "a-run", folder, send=nobody)


def values() -> list[str]:
    return [one.reveal() for one in secrets_of_person()]


def test_a_credential_counts_as_the_persons_until_the_run_is_closed(tmp_path: Path) -> None:
    """A process that had had a live run took every later test for one with something to lose."""
    outer, inner = new_run(tmp_path), new_run(tmp_path)
    assert KEY in values()
    inner.close()
    assert KEY in values(), "the other run goes on"
    outer.close()
    assert KEY not in values()


def test_one_that_cannot_begin_remembers_nothing(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="503"):
        new_run(tmp_path, live_instances="of-nobody")
    assert KEY not in values()
    with pytest.raises(UsageProblem, match="no credential of any channel"):
        LiveRun(resolve({"mode": "live"}, {}, {}, {}), {}, "a-run", tmp_path)


def test_an_access_token_of_the_lanes_own_login_is_known_until_then(tmp_path: Path) -> None:
    """One that stood in a report, as a local variable of the lane's, was shown as it is."""
    builder = WorldBuilder().device("ibm_own", source=DEVICE)
    builder = builder.account("me", channels=["ibm_cloud"]).instance("own", plan="Premium")
    world = builder.build(Clock(lambda: 1_760_000_000.0), 1)
    [*_, account] = world.accounts
    app, environ = App(world), {**ENVIRON, "QISKIT_IBM_TOKEN": account.credential}
    settings = resolve({"mode": "live"}, {}, {}, {})
    run = LiveRun(settings, environ, "a-run", tmp_path, send=app.handle)
    access = run.access(CHANNEL_BY_NAME["ibm_cloud"], next(iter(account.instances)))
    token = access.headers["authorization"].removeprefix("Bearer ")
    assert token in values()
    run.close()
    assert token not in values()
    settings = resolve({"mode": "live", "live_instances": "of-nobody"}, {}, {}, {})
    known = values()
    with pytest.raises(UsageProblem, match="no instance 'of-nobody'"):
        LiveRun(settings, environ, "a-run", tmp_path, send=app.handle)
    assert values() == known


def test_an_empty_variable_is_an_unset_one_and_the_classic_channel_has_ended() -> None:
    assert {one.name for one in held_in(ENVIRON)} == {"ibm_quantum_platform", "ibm_cloud"}
    assert "ended on 2025-07-01" in missing(CHANNEL_BY_NAME["ibm_quantum"])
    assert "QCHANNEL_IBM_CLOUD_TOKEN" in missing(CHANNEL_BY_NAME["ibm_cloud"])


@pytest.mark.parametrize(
    ("key", "has"),
    [
        (f"{KEY}\n", "the end of a line"),
        (f" {KEY}", "a blank"),
        (f'"{KEY}"', "quotes around it"),
        (f"{KEY[:9]}\n{KEY[9:]}", "characters that no key has"),
        (f"{KEY}\u00e9", "characters that no key has"),
        (f"{KEY}\udcff", "characters that no key has"),
    ],
)
def test_a_key_that_was_pasted_with_something_else_is_refused(
    tmp_path: Path, key: str, has: str
) -> None:
    """As a header it could not be sent: the client's error, with the key, went past all masks."""
    environ = {**ENVIRON, "QISKIT_IBM_TOKEN": key}
    settings = resolve({"mode": "live"}, {}, {}, {})
    with pytest.raises(UsageProblem, match=f"in QISKIT_IBM_TOKEN cannot be one: .*{has}") as it:
        LiveRun(settings, environ, "a-run", tmp_path, send=nobody)
    assert KEY[:9] not in str(it.value)


def test_a_channel_without_an_instance_may_use_all_of_its_account(tmp_path: Path) -> None:
    """Where another channel had a variable with one, nothing else could be used."""
    app = App(WorldBuilder.default().build(Clock(lambda: 1_760_000_000.0)))
    account = next(one for one in app.world.accounts if not one.is_classic)
    environ = {
        "QCHANNEL_IBM_CLOUD_TOKEN": account.credential,
        "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN": account.credential,
        "QCHANNEL_IBM_CLOUD_INSTANCE": CRN,
    }
    settings = resolve({"mode": "live"}, {}, {}, {})
    run = LiveRun(settings, environ, "a-run", tmp_path, send=app.handle)
    assert run.terms.instances == {fingerprint(one) for one in (CRN, *account.instances)}
    run.close()
    del environ["QCHANNEL_IBM_CLOUD_INSTANCE"]
    run = LiveRun(settings, environ, "a-run", tmp_path, send=nobody)
    assert run.terms.instances == frozenset()
    run.close()


def test_a_channel_without_a_credential_names_its_variable(tmp_path: Path) -> None:
    """The advice was to set QCHANNEL_{CHANNEL}_TOKEN."""
    environ = {"QCHANNEL_IBM_CLOUD_TOKEN": KEY, "QCHANNEL_IBM_CLOUD_INSTANCE": CRN}
    settings = resolve({"mode": "live"}, {}, {}, {})
    run = LiveRun(settings, environ, "a-run", tmp_path, send=nobody)
    accounts = LiveSource(run, settings, Journal(), [], str).accounts
    with pytest.raises(UsageProblem, match="next:  set QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN, or "):
        accounts.of(CHANNEL_BY_NAME["ibm_quantum_platform"])
    run.close()
