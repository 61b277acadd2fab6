"""Which release of the client is asking: results are encoded as that one decodes them.

Source: the header ``X-Qx-Client-Application`` of qiskit-ibm-runtime 0.34 to 0.51; people who opt
out of usage data send it without versions, and then the version of the API that they ask for
tells.
"""

from __future__ import annotations

import re
from typing import Final

from pytest_qchannel.emulator.programs.outcome import Version
from pytest_qchannel.wire import Request

__all__ = ["client_release"]

_NAMED: Final = re.compile(r"qiskit_ibm_runtime-(\d+)\.(\d+)\.(\d+)")

# Asked-for version of the API -> the first client that asks for it.
_BY_API: Final[tuple[tuple[str, Version], ...]] = (
    ("2026-04-15", (0, 48, 0)),
    ("2025-05-01", (0, 41, 0)),
    ("2024-01-01", (0, 35, 0)),
    ("", (0, 34, 0)),
)


def client_release(request: Request) -> Version | None:
    """The client's release, ``None`` where no client but a plain REST user asks."""
    application = request.headers.get("x-qx-client-application")
    if application is None:
        return None
    if found := _NAMED.search(application):
        return tuple(int(part) for part in found.groups())
    asked = request.headers.get("ibm-api-version", "")
    return next(release for version, release in _BY_API if asked >= version)
