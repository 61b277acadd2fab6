"""How large a tree of cassettes is: fifty tests of the full flow, beside plain vcrpy's YAML.

Each test logs in, asks for the least busy of ten devices and runs a Sampler job, with the real
client, on an emulator of its own; the circuits and the samples differ from test to test. What went
over the wire is kept three ways: as plain vcrpy writes it, through our store as it came, and
through our store without logins and with equal polls collapsed, as the record lane does it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_qchannel.cassette.collapse import collapse
from pytest_qchannel.cassette.cursors import Replay
from pytest_qchannel.cassette.index import Cassette
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.matching import key_of
from pytest_qchannel.cassette.passport import Passport
from pytest_qchannel.cassette.roles import Action, role_of
from pytest_qchannel.cassette.store import Store
from pytest_qchannel.cassette.vcr_form import to_vcr

TESTS: Final = 50
MOST_TREE: Final = 1_000_000
MOST_FURTHER: Final = 15_000
KEPT: Final = {"service-crn", "content-type", "ibm-api-version", "accept"}
"""Headers of requests that are kept here; the scrubber's list decides in the record lane."""


@contextmanager
def emulator(seed: int) -> Iterator[tuple[Any, list[Interaction]]]:
    """A service on an emulator of its own, and the list of what is sent and answered."""
    from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor
    from pytest_qchannel.emulator.app import App
    from pytest_qchannel.emulator.default_world import CLOUD_ACCOUNT, default_world
    from pytest_qchannel.emulator.hosts import known_hosts
    from pytest_qchannel.emulator.wire import Request, Response
    from pytest_qchannel.emulator.world import Clock

    app = App(default_world(Clock(time.time), seed))
    taken: list[Interaction] = []

    def handle(request: Request) -> Response:
        response = app.handle(request)
        query = f"?{request.query_string}" if request.query_string else ""
        taken.append(
            Interaction(
                request.method,
                f"https://{request.host}{request.path}{query}",
                tuple(request.headers.items()),
                request.body,
                response.status,
                tuple(response.headers.items()),
                response.body,
            )
        )
        return response

    def refuse(url: str) -> None:
        raise AssertionError(f"not emulated: {url}")

    account = next(one for one in app.world.accounts if one.name == CLOUD_ACCOUNT)
    instance = next(iter(account.instances.values()))
    door = InProcessDoor(handle, known_hosts().__contains__, refuse)
    door.open()
    try:
        from qiskit_ibm_runtime import QiskitRuntimeService

        service = QiskitRuntimeService(
            channel="ibm_cloud", token=account.credential, instance=instance.id
        )
        yield service, taken
    finally:
        door.close()
        app.close()


def full_flow(number: int) -> list[Interaction]:
    """What one test of the full flow sends and is answered."""
    from qiskit import QuantumCircuit
    from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
    from qiskit_ibm_runtime import SamplerV2

    with emulator(seed=number) as (service, taken):
        backend = service.least_busy(operational=True, simulator=False, min_num_qubits=20)
        circuit = QuantumCircuit(2)
        circuit.h(0)
        circuit.rx(math.pi * number / TESTS, 1)
        circuit.cx(0, 1)
        circuit.measure_all()
        manager = generate_preset_pass_manager(optimization_level=1, backend=backend)
        result = SamplerV2(backend).run([manager.run(circuit)], shots=1_024).result()
        assert sum(result[0].data.meas.get_counts().values()) == 1_024
    return taken


def scrubbed(interaction: Interaction) -> Interaction:
    """Only the headers that a cassette keeps: what every lane does before it stores."""
    return Interaction(
        interaction.method,
        interaction.url,
        tuple(row for row in interaction.request_headers if row[0].lower() in KEPT),
        interaction.request_body,
        interaction.status,
        interaction.response_headers,
        interaction.response_body,
    )


def require_replay(stored: tuple[Interaction, ...], sent: list[Interaction]) -> None:
    """Asks everything again, and compares the answers with those that were recorded."""
    replay = Replay(stored)
    for one in sent:
        if role_of(key_of(one)).action is not Action.LOGIN:
            played = replay.answer(one)
            assert played is not None, one.url
            assert played.interaction.response_body == one.response_body, one.url
    assert replay.unused() == ()


def vcrpy_size(taken: list[Interaction]) -> int:
    """Bytes of the file that plain vcrpy writes."""
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    requests, responses = to_vcr(taken)
    return len(serialize({"requests": requests, "responses": responses}, yamlserializer).encode())


@pytest.mark.timeout(600)
def test_fifty_tests_of_the_full_flow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passport = Passport(
        channel="ibm_cloud",
        recorded_from="emulator",
        recorded_at="2026-01-01T00:00:00+00:00",
        client="0",
        plugin="0",
        qiskit="0",
        scrubber="0",
    )
    raw, lane = Store(tmp_path / "raw"), Store(tmp_path / "lane")
    plain, firsts = 0, {}
    for number in range(TESTS):
        taken = full_flow(number)
        plain += vcrpy_size(taken)
        test = f"tests/test_flow.py::test_{number}[ibm_cloud]"
        every = [scrubbed(one) for one in taken]
        kept = collapse(one for one in every if role_of(key_of(one)).action is not Action.LOGIN)
        raw.save(Cassette(test, passport, tuple(every)))
        path = lane.save(Cassette(test, passport, kept))
        require_replay(lane.load(path, test).interactions, every)
        if number == 0:
            firsts = {
                name: sum(one.sizes().values()) for name, one in (("raw", raw), ("lane", lane))
            }
    with capsys.disabled():
        print(f"\n{TESTS} tests of the full flow, {len(taken)} interactions each, bytes")
        print(f"{'':<24} {'tree':>12} {'indexes':>12} {'blobs':>12} {'further test':>12}")
        print(f"{'plain vcrpy':<24} {plain:12,} {plain:12,} {0:12} {plain // TESTS:12,}")
        for name, store in (("raw", raw), ("lane", lane)):
            sizes = store.sizes()
            tree = sum(sizes.values())
            further = (tree - firsts[name]) / (TESTS - 1)
            title = "our store, as it came" if name == "raw" else "our store, collapsed"
            print(
                f"{title:<24} {tree:12,} {sizes['indexes']:12,} {sizes['blobs']:12,} "
                f"{further:12,.0f}"
            )
    assert tree < MOST_TREE
    assert further < MOST_FURTHER
