"""The one place that imports ``qiskit_ibm_runtime``, and only when a service is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_qchannel.channels.client import require_channel
from pytest_qchannel.channels.model import Account

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService, SamplerV2

__all__ = ["connect", "sampler_on", "service_class"]


def service_class() -> type[QiskitRuntimeService]:
    """``QiskitRuntimeService`` of the installed client."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    found: type[QiskitRuntimeService] = QiskitRuntimeService
    return found


def connect(account: Account) -> QiskitRuntimeService:
    """A service that is logged in with an account.

    Raises:
        ChannelUnavailable: The installed client does not know the account's channel.
    """
    require_channel(account.channel)
    return service_class()(
        channel=account.channel.name,
        token=account.secret.reveal(),
        instance=account.instance.id if account.instance else None,
    )


def sampler_on(backend: IBMBackend) -> SamplerV2:
    """A ``SamplerV2`` of the installed client for a backend."""
    from qiskit_ibm_runtime import SamplerV2

    return SamplerV2(mode=backend)
