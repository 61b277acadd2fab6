"""Which variable counts for which channel, and secrets that never print."""

from __future__ import annotations

import pytest

from pytest_qchannel.channels.credentials import (
    instance_of,
    own_variable,
    secret_of,
    secrets_in,
)
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel

PLATFORM, CLOUD, CLASSIC = CHANNEL_BY_NAME.values()
OWN = {
    "ibm_quantum_platform": "QCHANNEL_IBM_QUANTUM_PLATFORM",
    "ibm_cloud": "QCHANNEL_IBM_CLOUD",
    "ibm_quantum": "QCHANNEL_IBM_QUANTUM",
}


@pytest.mark.parametrize("channel", CHANNEL_BY_NAME.values(), ids=str)
def test_the_names_of_our_own_variables(channel: Channel) -> None:
    assert own_variable(channel, "TOKEN") == f"{OWN[channel.name]}_TOKEN"
    assert own_variable(channel, "INSTANCE") == f"{OWN[channel.name]}_INSTANCE"


EVERYTHING = {
    **{f"{name}_TOKEN": f"{name}-token" for name in OWN.values()},
    **{f"{name}_INSTANCE": f"{name}-instance" for name in OWN.values()},
    "QISKIT_IBM_TOKEN": "client-token",
    "QISKIT_IBM_INSTANCE": "client-instance",
    "IQP_API_TOKEN": "classic-token",
}


def variable_of(channel: Channel, environ: dict[str, str]) -> str | None:
    secret = secret_of(channel, environ)
    if secret is None:
        return None
    assert secret.reveal() == environ[secret.env_var]
    return secret.env_var


@pytest.mark.parametrize(
    ("channel", "client_channel", "ladder"),
    [
        (PLATFORM, None, ["QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN", "QISKIT_IBM_TOKEN"]),
        (PLATFORM, "ibm_quantum_platform",
         ["QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN", "QISKIT_IBM_TOKEN"]),
        (PLATFORM, "ibm_cloud", ["QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN"]),
        (CLOUD, None, ["QCHANNEL_IBM_CLOUD_TOKEN", "QISKIT_IBM_TOKEN"]),
        (CLOUD, "ibm_quantum", ["QCHANNEL_IBM_CLOUD_TOKEN"]),
        (CLASSIC, None, ["QCHANNEL_IBM_QUANTUM_TOKEN", "IQP_API_TOKEN"]),
        (CLASSIC, "ibm_quantum",
         ["QCHANNEL_IBM_QUANTUM_TOKEN", "QISKIT_IBM_TOKEN", "IQP_API_TOKEN"]),
        (CLASSIC, "ibm_cloud", ["QCHANNEL_IBM_QUANTUM_TOKEN", "IQP_API_TOKEN"]),
    ],
)  # fmt: skip
def test_the_ladder_of_secrets(
    channel: Channel, client_channel: str | None, ladder: list[str]
) -> None:
    """Takes away the topmost variable until nothing is left; no other variable ever counts."""
    environ = dict(EVERYTHING)
    if client_channel:
        environ["QISKIT_IBM_CHANNEL"] = client_channel
    for name in ladder:
        assert variable_of(channel, environ) == name
        environ[name] = ""  # empty is as good as unset
    assert variable_of(channel, environ) is None


@pytest.mark.parametrize(
    ("channel", "client_channel", "ladder"),
    [
        (PLATFORM, None, ["QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE", "QISKIT_IBM_INSTANCE"]),
        (CLOUD, "ibm_cloud", ["QCHANNEL_IBM_CLOUD_INSTANCE", "QISKIT_IBM_INSTANCE"]),
        (CLOUD, "ibm_quantum_platform", ["QCHANNEL_IBM_CLOUD_INSTANCE"]),
        (CLASSIC, None, ["QCHANNEL_IBM_QUANTUM_INSTANCE"]),
        (CLASSIC, "ibm_quantum", ["QCHANNEL_IBM_QUANTUM_INSTANCE", "QISKIT_IBM_INSTANCE"]),
    ],
)
def test_the_ladder_of_instances(
    channel: Channel, client_channel: str | None, ladder: list[str]
) -> None:
    environ = dict(EVERYTHING)
    if client_channel:
        environ["QISKIT_IBM_CHANNEL"] = client_channel
    for name in ladder:
        assert instance_of(channel, environ) == environ[name]
        del environ[name]
    assert instance_of(channel, environ) is None


def test_every_secret_of_an_environment_is_found() -> None:
    keys = {"IBM_CLOUD_API_KEY": "a", "IBMCLOUD_API_KEY": "b"}
    environ = {**EVERYTHING, **keys, "HOME": "/x", "QISKIT_IBM_CHANNEL": "ibm_cloud"}
    found = {one.env_var: one.reveal() for one in secrets_in(environ)}
    expected = {name for name in environ if name.endswith(("TOKEN", "API_KEY"))}
    assert set(found) == expected
    assert all(environ[name] == value for name, value in found.items())
    assert list(secrets_in({"QISKIT_IBM_TOKEN": "", "HOME": "/x"})) == []
