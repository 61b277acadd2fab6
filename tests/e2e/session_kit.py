"""Services of the real client on an instance of choice, and circuits for them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel import QChannel
from pytest_qchannel.channels.client import require_channel
from pytest_qchannel.channels.model import Instance
from pytest_qchannel.errors import ChannelUnavailable


def service_on(qchannel: QChannel, instance: str | None, **arguments: Any) -> Any:
    """A service on an instance; the test is skipped where the client lacks the channel."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    try:
        require_channel(qchannel.channel)
    except ChannelUnavailable as missing:
        pytest.skip(missing.headline)
    return QiskitRuntimeService(
        channel=qchannel.channel.name,
        token=qchannel.account.secret.reveal(),
        instance=instance,
        **arguments,
    )


def instance_with_sessions(qchannel: QChannel) -> Instance:
    """The account's first instance of a plan that has dedicated sessions."""
    return next(one for one in qchannel.instances if one.plan != "Open")


def isa_of(circuit: Any, backend: Any) -> Any:
    """A circuit in the instructions of a backend, the same one each time."""
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

    return generate_preset_pass_manager(
        optimization_level=1, backend=backend, seed_transpiler=1
    ).run(circuit)


def isa_bell(backend: Any) -> Any:
    """A Bell pair for a backend."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return isa_of(circuit, backend)


def word(status: Any) -> str:
    """A job's status as text: old clients give an enum."""
    return str(getattr(status, "name", status))


def version() -> tuple[int, ...]:
    """The installed client's version."""
    import qiskit_ibm_runtime

    return tuple(int(part) for part in qiskit_ibm_runtime.__version__.split(".")[:2])
