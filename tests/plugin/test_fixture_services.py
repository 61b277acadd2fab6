"""The fixtures that give a service of the client or its least busy backend, and ``qchannel``."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.channels.client import client_version, default_channel
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from tests.channels_kit import is_offered


@pytest.mark.parametrize("channel", list(CHANNEL_BY_NAME))
def test_the_service_of_each_channel_or_a_skip_that_says_why(run: Any, channel: str) -> None:
    """The skip of a channel that the client lacks named no client that has it."""
    result = run(
        f"""
        def test_a({channel}_service):
            assert {channel}_service.channel == "{channel}"
            assert type({channel}_service).__module__.startswith("qiskit_ibm_runtime")
            assert {channel}_service.backends()
        """,
        "-rs",
    )
    if is_offered(channel):
        result.assert_outcomes(passed=1)
    else:
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(
            [
                f"SKIPPED*qiskit-ibm-runtime {client_version()} has no channel {channel}; "
                'qchannel_rest serves it over REST; or: pip install "qiskit-ibm-runtime[<>]*"'
            ]
        )


def test_qchannel_service_is_on_the_channel_in_use(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_service, qchannel):
            assert qchannel_service.channel == qchannel.channel.name == "ibm_cloud"
            assert qchannel_service.active_account()["token"] == qchannel.account.secret.reveal()
            assert qchannel_service.backends()
            assert qchannel.requests.to("/backends", method="GET", status=200)
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.skipif(is_offered("ibm_quantum"), reason="this client has every channel")
def test_qchannel_service_skips_where_the_client_has_no_such_channel(run: Any) -> None:
    result = run(
        "def test_a(qchannel_service): pass", "-rs", "--qchannel-channel=ibm_cloud,ibm_quantum"
    )
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [f"SKIPPED*{client_version()} has no channel ibm_quantum; *; or: pip install *"]
    )


def test_qchannel_backend_is_the_least_busy_qpu(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_backend, qchannel_rest):
            rows = qchannel_rest.get("/backends").json()["devices"]
            online = [row for row in rows if row["status"]["name"] == "online"]
            best = min(online, key=lambda row: row["queue_length"])
            assert qchannel_backend.name == best["name"]
            assert any(row["queue_length"] < best["queue_length"] for row in rows)
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


def test_qchannel_tells_channel_lane_account_and_requests(run: Any) -> None:
    result = run(
        """
        import requests

        def test_a(qchannel):
            assert qchannel.lane == "emulated"
            assert qchannel.channel.name == "ibm_cloud"
            assert qchannel.account.instance == qchannel.instances[0]
            assert qchannel.account.secret.reveal() not in repr(qchannel.account)
            assert not qchannel.requests
            requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9)
            (sent,) = qchannel.requests.to("/jobs", method="GET", status=401)
            assert sent.host == "quantum.cloud.ibm.com"
            assert repr(qchannel) == "<QChannel ibm_cloud emulated, 1 request>"
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("channel", ["ibm_quantum_platform", "ibm_cloud", "ibm_quantum"])
def test_the_variables_of_every_channel_hold_emulated_credentials(run: Any, channel: str) -> None:
    result = run(
        """
        import os

        def test_a(qchannel):
            name, account = qchannel.channel.name, qchannel.account
            assert os.environ["QISKIT_IBM_CHANNEL"] == name
            assert os.environ["QISKIT_IBM_TOKEN"] == account.secret.reveal()
            assert os.environ["QISKIT_IBM_INSTANCE"] == account.instance.id
            assert os.environ[f"QCHANNEL_{name.upper()}_TOKEN"] == account.secret.reveal()
            assert os.environ["QCHANNEL_IBM_CLOUD_TOKEN"] != os.environ["IQP_API_TOKEN"]
            assert "emulated" in os.environ["IQP_API_TOKEN"]
        """,
        f"--qchannel-channel={channel}",
    )
    result.assert_outcomes(passed=1)


def test_code_under_test_makes_its_own_service_unchanged(run: Any) -> None:
    result = run(
        f"""
        def test_a(qchannel):
            from qiskit_ibm_runtime import QiskitRuntimeService

            service = QiskitRuntimeService()
            assert service.channel == "{default_channel()}"
            assert service.backends()
        """
    )
    result.assert_outcomes(passed=1)
