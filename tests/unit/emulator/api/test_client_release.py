"""Which release asks: the one named, else the installed one, else the newest that asks so."""

from __future__ import annotations

import pytest

from pytest_qchannel.channels.client import client_release as installed_release
from pytest_qchannel.emulator.api.client_release import client_release
from pytest_qchannel.hosts import find_host
from pytest_qchannel.ibm.releases import RELEASES, Version
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.assemble import SOURCES
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.lanes.source.protocol import Making
from pytest_qchannel.settings import Source, resolve
from pytest_qchannel.wire import Request

OPTED_OUT = {"x-qx-client-application": "/qiskit", "ibm-api-version": "2026-04-15"}
NAMED = {
    **OPTED_OUT,
    "x-qx-client-application": "qiskit-version-2/qiskit_ibm_runtime-0.45.1,qiskit-2.6.2*/qiskit",
}


def asked(headers: dict[str, str]) -> Request:
    return Request(method="GET", host="quantum.cloud.ibm.com", path="/api/v1/jobs", headers=headers)


@pytest.mark.parametrize(
    ("headers", "installed", "release"),
    [
        (NAMED, None, (0, 45, 1)),
        (NAMED, (0, 60, 0), (0, 45, 1)),
        (OPTED_OUT, (0, 60, 0), (0, 60, 0)),
        ({}, (0, 60, 0), None),
    ],
    ids=["named", "named-over-installed", "opted-out", "rest"],
)
def test_who_is_asking(
    headers: dict[str, str], installed: Version | None, release: Version | None
) -> None:
    assert client_release(asked(headers), installed) == release


def test_who_opts_out_beside_a_server_is_taken_for_the_newest_that_asks_so() -> None:
    """A client 0.52 that sent no versions was taken for 0.48, and its new options were refused."""
    assert client_release(asked(OPTED_OUT)) == RELEASES[-1].since


def test_a_lane_knows_the_client_of_its_own_process() -> None:
    source = SOURCES[Source.EMULATOR](
        Making(resolve({}, {}, {}, {}), None, None, Journal(), [], str)
    )
    assert isinstance(source, EmulatedSource)
    try:
        request = asked(OPTED_OUT)
        ctx, _ = source.app._route(request, find_host(request.host, request.path))
        assert ctx.release == installed_release()
    finally:
        source.close()
