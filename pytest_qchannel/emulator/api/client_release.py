"""Which release of the client is asking: jobs are checked, and results encoded, as that one has it.

Source: the header ``X-Qx-Client-Application`` of the client. Who opts out of usage data sends it
without versions. Where the client runs in this process, the installed one is asking then; else it
is taken for the newest one that asks for that version of the API.
"""

from __future__ import annotations

import re
from typing import Final

from pytest_qchannel.ibm.releases import Version, newest_asking_for, version_of
from pytest_qchannel.wire import Request

__all__ = ["client_release"]

_NAMED: Final = re.compile(r"qiskit_ibm_runtime-(\d+\.\d+\.\d+)")


def client_release(request: Request, installed: Version | None = None) -> Version | None:
    """The client's release, ``None`` where no client but a plain REST user asks.

    Args:
        request: What was sent.
        installed: The release that this process has, where the client is in it.
    """
    application = request.headers.get("x-qx-client-application")
    if application is None:
        return None
    if found := _NAMED.search(application):
        return version_of(found[1])
    return installed or newest_asking_for(request.headers.get("ibm-api-version", ""))
