"""What all tests share: heavy modules loaded once, and examples that are the same everywhere.

What an in-process run of pytester imports is forgotten after it, and numpy refuses to be loaded a
second time in a process. So everything that an inner run may load is loaded before the first.
"""

from __future__ import annotations

import importlib

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
    "pytest_qchannel.lanes.assemble",
    "pytest_qchannel.lanes.qchannel",
    "pytest_qchannel.channels.rest",
    "pytest_qchannel.channels.service",
    "pytest_qchannel.lanes.source.emulated",
    "pytest_qchannel.network.redirect",
    "pytest_qchannel.lanes.tapes",
    "pytest_qchannel.cassette.vcrpy.vcr_tape",
    "pytest_qchannel.assertions",
)


@pytest.fixture(scope="session", autouse=True)
def _load_heavy_modules_once() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
