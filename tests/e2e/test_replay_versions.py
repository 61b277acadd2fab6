"""Cassettes of other clients and of another Qiskit, replayed with whatever is installed.

Where the installed client sends what was sent, they replay; where it does not, the miss names both
versions. What is recorded with which client is in cassettes/README.md.
"""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_qchannel import QChannel, WorldBuilder
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.check_cassettes import CheckCassettes
from pytest_qchannel.cli.flows import CLIENT_FLOW, Step, walk
from pytest_qchannel.lanes.decide import Plan
from pytest_qchannel.lanes.tapes import Place, RecordTape, tape_for
from pytest_qchannel.settings import Mode, Settings, resolve
from tests.replay.sockets import no_sockets

RELEASES: Final = {"0.34.0": "1.", "0.40.1": "1.", "0.45.1": "2.", "0.51.0": "2."}
"""The clients that recorded, and the Qiskit that each had."""

SAME_REQUESTS: Final = ({"0.34.0", "0.40.1"}, {"0.45.1", "0.51.0"})
"""Clients that send the same in this flow on the channel ibm_cloud; seen by running them all."""

ROOT: Final = Path(__file__).parent.parent.parent / "cassettes"


@pytest.fixture
def qchannel_world() -> WorldBuilder:
    """For those who record anew: what is asked of devices below is of those of 2024."""
    return WorldBuilder.from_file(ROOT.parent / "examples" / "world-2024.toml")


def _replay_settings() -> Settings:
    return resolve({"mode": "replay"}, {}, {}, {})


def _provenance(place: Place) -> Any:
    tape = tape_for(Plan(Mode.REPLAY), place, _replay_settings())
    assert not isinstance(tape, RecordTape)
    return tape.cassette.provenance


def _walked(recorded: str) -> list[Step]:
    """The steps of the client's flow on ibm_cloud, as another client recorded them."""
    settings = _replay_settings()
    cassettes = CheckCassettes(settings)
    cassettes.release = recorded
    with no_sockets():
        steps = list(walk(CHANNEL_BY_NAME["ibm_cloud"], settings, lambda _: None, cassettes))
    return [step for step in steps if step.flow != "REST"]


@pytest.mark.parametrize("recorded", RELEASES)
@pytest.mark.filterwarnings("ignore::UserWarning")  # clients warn of what they miss
def test_a_flow_replays_where_requests_are_the_same_and_else_the_miss_says_why(
    recorded: str,
) -> None:
    installed = client_version()
    steps = _walked(recorded)
    assert [step.name for step in steps] == [*(name for name, _ in CLIENT_FLOW), "cassette"]
    holds = all(step.ok for step in steps)
    if recorded == installed or {recorded, installed} in SAME_REQUESTS:
        assert holds, [step.detail for step in steps]
        return
    if installed in RELEASES:
        assert not holds
    if holds:
        return  # a client that nobody has seen so far
    said = next(step.detail for step in steps if step.ok is False)
    assert said.startswith("no recorded interaction answers ")
    assert f"qiskit-ibm-runtime: recorded with {recorded}, installed is {installed}" in said
    assert "qchannel check --mode record --channel ibm_cloud" in said


@pytest.mark.parametrize("recorded", RELEASES)
def test_each_set_is_what_its_name_says(recorded: str) -> None:
    cassettes = CheckCassettes(_replay_settings())
    cassettes.release = recorded
    for channel in CHANNEL_BY_NAME.values():
        major, minor = (int(part) for part in recorded.split(".")[:2])
        place = cassettes.place(channel, is_rest=False)
        if not channel.is_known_to((major, minor)):
            assert not place.exists()
            continue
        provenance = _provenance(place)
        assert (provenance.client, provenance.recorded_from) == (recorded, "emulator")
        assert provenance.channel == channel.name
        assert provenance.qiskit.startswith(RELEASES[recorded])


def _as_the_client_sends_it(circuit: Any) -> dict[str, str]:
    from qiskit import qpy

    packed = io.BytesIO()
    qpy.dump(circuit, packed)
    text = base64.b64encode(zlib.compress(packed.getvalue())).decode()
    return {"__type__": "QuantumCircuit", "__value__": text}


def _circuit() -> Any:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.rz(0.25, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


@pytest.mark.vcr
@pytest.mark.qchannel("ibm_cloud")
@pytest.mark.parametrize(
    "recorded",
    [
        pytest.param(name, marks=pytest.mark.default_cassette(f"rest_job_of_{name}"))
        for name in ("0.40.1", "0.51.0")
    ],
)
def test_a_rest_job_replays_with_every_qiskit(
    qchannel: QChannel, qchannel_rest: Any, recorded: str
) -> None:
    """QPY that Qiskit 1 and Qiskit 2 write has no byte in common; the circuit is the same."""
    program = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; x $0; c[0] = measure $0;'
    pubs = [[program, None, 50], [_as_the_client_sends_it(_circuit()), None, 60]]
    body = {"program_id": "sampler", "backend": "ibm_torino"}
    made = qchannel_rest.post("/jobs", json={**body, "params": {"version": 2, "pubs": pubs}})
    assert made.status_code == 200, made.text
    job = f"/jobs/{made.json()['id']}"
    assert qchannel_rest.get(job).json()["state"]["status"] == "Completed"
    first, second = qchannel_rest.get(f"{job}/results").json()["results"]
    assert first["data"]["c"]["samples"] == ["0x1"] * 50
    assert second["data"]["c"]["samples"] == ["0x1"] * 60
    if qchannel.lane == "replay":
        place = Place.of(ROOT, "tests/e2e/test_replay_versions.py::x", f"rest_job_of_{recorded}")
        provenance = _provenance(place)
        assert (provenance.client, provenance.qiskit[:2]) == (recorded, RELEASES[recorded])
