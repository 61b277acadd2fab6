"""Every snippet of the channel guide that uses the client, unmodified, on each channel it has.

The snippets lie in ``tests/data/guide``; as a person would, the test fills in their token,
instance and channel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel import QChannel, SavedAccounts, assert_authenticated, assert_sampler_run
from pytest_qchannel.channels.client import client_version, require_channel
from pytest_qchannel.errors import ChannelUnavailable

GUIDE = Path(__file__).parent.parent / "data" / "guide"
ALL_CHANNELS = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")


@pytest.fixture
def run_snippet(qchannel: QChannel) -> Any:
    """Runs a snippet with its placeholders filled in; gives the names that it leaves behind."""
    try:
        require_channel(qchannel.channel)
    except ChannelUnavailable as missing:
        pytest.skip(missing.headline)
    assert qchannel.account.instance is not None
    filled = {
        "<CHANNEL>": qchannel.channel.name,
        "<TOKEN>": qchannel.account.secret.reveal(),
        "<INSTANCE>": qchannel.account.instance.id,
    }

    def run(name: str, **names: Any) -> dict[str, Any]:
        source = (GUIDE / f"{name}.py").read_text(encoding="utf-8")
        for placeholder, value in filled.items():
            source = source.replace(placeholder, value)
        exec(compile(source, name, "exec"), names)
        return names

    return run


@pytest.mark.qchannel(*ALL_CHANNELS)
@pytest.mark.parametrize("snippet", ["saved_account", "saved_account_instance"])
def test_saved_account_then_service(
    run_snippet: Any, qchannel_accounts: SavedAccounts, qchannel: QChannel, snippet: str
) -> None:
    _skip_where_an_instance_is_required(qchannel, snippet)
    service = run_snippet(snippet)["service"]
    assert len(qchannel_accounts.saved()) == 1
    assert service.active_account()["token"] == qchannel.account.secret.reveal()
    assert service.active_account()["channel"] == qchannel.channel.name
    assert_authenticated(service)


@pytest.mark.qchannel(*ALL_CHANNELS)
@pytest.mark.parametrize("snippet", ["direct_token", "direct_token_instance"])
def test_direct_token(run_snippet: Any, qchannel: QChannel, snippet: str) -> None:
    _skip_where_an_instance_is_required(qchannel, snippet)
    service = run_snippet(snippet)["service"]
    assert service.active_account()["token"] == qchannel.account.secret.reveal()
    assert_authenticated(service)


@pytest.mark.qchannel(*ALL_CHANNELS)
def test_hello_world_from_environment(run_snippet: Any, qchannel: QChannel) -> None:
    names = run_snippet("hello_world")
    assert_sampler_run(names["job"], shots=4096, counts={"00": 1.0})
    (created,) = qchannel.requests.to("/jobs", method="POST")
    assert created.body["backend"] == names["backend"].name
    assert created.job_id == names["job"].job_id()


@pytest.mark.qchannel(*ALL_CHANNELS)
def test_hello_world_from_saved_account(
    run_snippet: Any, qchannel_accounts: SavedAccounts, qchannel: QChannel
) -> None:
    qchannel_accounts.save(qchannel.channel.name, set_as_default=True)
    assert_sampler_run(run_snippet("hello_world")["job"], shots=4096, counts={"00": 1.0})


def _skip_where_an_instance_is_required(qchannel: QChannel, snippet: str) -> None:
    old = client_version().startswith("0.34.") and not qchannel.channel.is_classic
    if old and not snippet.endswith("_instance"):
        pytest.skip("client 0.34 takes no ibm_cloud account without an instance")
