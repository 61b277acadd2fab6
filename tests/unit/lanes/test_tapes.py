"""Which values of the environment count as secrets of a run."""

from __future__ import annotations

from pytest_qchannel.lanes.tapes import known_secrets
from pytest_qchannel.secret import Secret


def test_credentials_are_known_and_short_ones_are_not() -> None:
    environ = {"QISKIT_IBM_TOKEN": "an-api-key-of-somebody", "QCHANNEL_IBM_CLOUD_TOKEN": "abc"}
    (known,) = known_secrets(environ)
    assert isinstance(known, Secret)
    assert (known.env_var, known.reveal()) == ("QISKIT_IBM_TOKEN", "an-api-key-of-somebody")


def test_a_stand_in_is_no_secret() -> None:
    """A replay that was started within a replay refused its own cassette."""
    environ = {"QCHANNEL_IBM_CLOUD_TOKEN": "qchannel-stand-in-api-key-000000000000000001"}
    assert known_secrets(environ) == ()
