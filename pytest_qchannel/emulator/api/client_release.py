"""Which client is asking: jobs are checked, and results encoded, as its release has it.

Source: the header ``X-Qx-Client-Application`` of the client. Who opts out of usage data sends it
without versions. Where the client runs in this process, the installed one is asking then; else it
is taken for the newest one that asks for that version of the API.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from typing import Final

from pytest_qchannel.emulator.world.records import UNTOLD, ClientTold
from pytest_qchannel.ibm.releases import Version, newest_asking_for, version_of
from pytest_qchannel.wire import Request

__all__ = ["client_release", "client_told"]

_HEADER: Final = "x-qx-client-application"
_NAMED: Final = re.compile(r"qiskit_ibm_runtime-(\d+\.\d+\.\d+)")
# Its packages, unless somebody has opted out of telling them, and who asks.
_TOLD: Final = re.compile(r"(?:qiskit-version-\d+/([^/]*))?/?(.*)")


def client_release(request: Request, installed: Version | None = None) -> Version | None:
    """The client's release, ``None`` where no client but a plain REST user asks.

    Args:
        request: What was sent.
        installed: The release that this process has, where the client is in it.
    """
    application = request.headers.get(_HEADER)
    if application is None:
        return None
    if found := _NAMED.search(application):
        return version_of(found[1])
    return installed or newest_asking_for(request.headers.get("ibm-api-version", ""))


def client_told(request: Request, installed: Version | None = None) -> ClientTold:
    """The client's packages and which part of it asks, as the header has them.

    Who opted out of telling the packages is taken for the client in this process, where there is
    one: a test that reads them gets the same with and without the variable that opts out.
    """
    application = request.headers.get(_HEADER)
    found = _TOLD.fullmatch(application or "")
    if application is None or found is None:
        return UNTOLD
    packages, caller = found[1], found[2] or None
    if packages is None and installed is not None:
        release = ".".join(map(str, installed))
        packages = f"qiskit_ibm_runtime-{release},qiskit-{_qiskit_version()}*"
    return ClientTold(packages, caller)


@functools.cache
def _qiskit_version() -> str:
    return importlib.metadata.version("qiskit")
