"""The second server, one for all tests of a process: worlds differ, so it is made per test file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.second_server import SecondServer, second_server

WORLD = """
[[devices]]
name = "ibm_here"
source = "ibm_nairobi"

[[accounts]]
name = "lab"
channels = ["ibm_quantum_platform", "ibm_cloud"]

[[accounts.instances]]
name = "paid"
plan = "Premium"
"""


@pytest.fixture(scope="module")
def ibm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondServer]:
    """A second server with one device and one Premium instance."""
    with second_server(tmp_path_factory.mktemp("ibm"), WORLD) as running:
        yield running
