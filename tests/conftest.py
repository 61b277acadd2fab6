"""What all tests share: heavy modules loaded once, and examples that are the same everywhere.

What an in-process run of pytester imports is forgotten after it, and numpy refuses to be loaded a
second time in a process. So everything that an inner run may load is loaded before the first.
"""

from __future__ import annotations

import gc
import http.client
import importlib
import logging
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "qchannel",
    deadline=None,
    derandomize=True,
    # How fast examples are made is the machine's, and what else runs there.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("qchannel")

_HEAVY = (
    "qiskit_ibm_runtime",
    "qiskit_aer.primitives",
    "qiskit_qasm3_import",
    "scipy.stats",
    "jsonschema",
    "jwt",
    "vcr",
    "yaml",
    "filelock",
    "responses",
    "xdist.plugin",
    "aiohttp",
    "anyio._backends._asyncio",
    "cheroot.wsgi",
    "httpcore",
    "httpx",
    "trustme",
    "threadpoolctl",
    "pytest_qchannel.lanes.assemble",
    "pytest_qchannel.lanes.qchannel",
    "pytest_qchannel.channels.rest",
    "pytest_qchannel.channels.service",
    "pytest_qchannel.lanes.source.emulated",
    "pytest_qchannel.network.redirected",
    "pytest_qchannel.lanes.tapes",
    "pytest_qchannel.cassette.vcrpy.vcr_tape",
    "pytest_qchannel.assertions",
)


@pytest.fixture(scope="session", autouse=True)
def _load_heavy_modules_once() -> None:
    for name in _HEAVY:
        importlib.import_module(name)


_FUNCTIONS: dict[Any, tuple[str, ...]] = {
    os: ("system", "posix_spawn", "fork"),
    subprocess: ("Popen", "run"),
    subprocess.Popen: ("__init__",),
    socket: ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection"),
    socket.socket: ("connect", "connect_ex", "sendto"),
    ssl.SSLContext: ("wrap_socket", "wrap_bio", "load_verify_locations"),
    http.client.HTTPConnection: ("connect",),
    time: ("time", "sleep", "monotonic", "perf_counter"),
}
"""What lanes, doors and tests put something around."""


def _process() -> dict[str, object]:
    """What tests of one process share."""
    functions = {
        f"{owner.__name__}.{name}": getattr(owner, name)
        for owner, names in _FUNCTIONS.items()
        for name in names
    }
    handlers = {
        f"handler of {one.name}": signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)
    }
    # Those of an open lane, which ends later, are its own.
    variables = {
        f"${name}": value
        for name, value in os.environ.items()
        if name != "PYTEST_CURRENT_TEST" and not name.startswith("QISKIT_IBM_")
    }
    rest = {"the folder": Path.cwd(), "when garbage is collected": gc.get_threshold()}
    return {**functions, **handlers, **variables, **rest}


@pytest.fixture(autouse=True)
def _leaves_the_process_as_it_was() -> Iterator[None]:
    """A test that leaves something behind fails itself, and not one that happens to come next."""
    known = logging.root.manager.loggerDict.values()
    levels = {one: one.level for one in (logging.root, *known) if isinstance(one, logging.Logger)}
    before = _process()
    yield
    for logger, level in levels.items():  # `qchannel check` sets one, as a program of its own
        logger.setLevel(level)
    after = _process()
    names = before.keys() | after.keys()
    assert [name for name in sorted(names) if before.get(name) != after.get(name)] == []
