"""Which credentials of a person count as secrets of a run."""

from __future__ import annotations

import pytest

from pytest_qchannel.lanes.tapes import known_secrets
from pytest_qchannel.secret import Secret


def test_credentials_are_known_and_short_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "an-api-key-of-somebody")
    monkeypatch.setenv("QCHANNEL_IBM_CLOUD_TOKEN", "abc")
    known = {one.env_var: one for one in known_secrets()}
    assert isinstance(known["QISKIT_IBM_TOKEN"], Secret)
    assert known["QISKIT_IBM_TOKEN"].reveal() == "an-api-key-of-somebody"
    assert "QCHANNEL_IBM_CLOUD_TOKEN" not in known


def test_a_stand_in_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay that was started within a replay refused its own cassette."""
    value = "qchannel-stand-in-api-key-000000000000000001"
    monkeypatch.setenv("QCHANNEL_IBM_CLOUD_TOKEN", value)
    assert value not in [one.reveal() for one in known_secrets()]
