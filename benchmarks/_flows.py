"""What the benchmarks share: circuits, answers from memory, a localqpu server."""

from __future__ import annotations

import io
import math
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import requests
from qiskit import QuantumCircuit
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
from requests.adapters import BaseAdapter

DEVICE: Final = "ibm_sherbrooke"  # 127 qubits
SHOTS: Final = 4_096
BELL: Final = "Bell pair"
RANDOM: Final = "12 non-Clifford qubits"
WIDE: Final = "20 non-Clifford qubits"
GHZ: Final = "GHZ-100"
LAYERS: Final = 6
NOISY: Final = "ibm_torino"  # 133 qubits, CZ gates; none of its first row is broken
NOISE: Final = "sampler, 12 noisy qubits"


def isa_circuit(name: str, backend: Any) -> QuantumCircuit:
    """One of the circuits that are sampled, ready to run on a backend of that device."""
    if name == BELL:
        bell = QuantumCircuit(2)
        bell.h(0)
        bell.cx(0, 1)
        bell.measure_all()
        return generate_preset_pass_manager(optimization_level=1, backend=backend).run(bell)
    if name == GHZ:
        return _ghz(backend, 100)
    return _random_chain(backend, 20 if name == WIDE else 12)


def _coupled(backend: Any) -> dict[int, list[int]]:
    coupled: dict[int, list[int]] = {}
    for low, high in sorted(map(sorted, backend.coupling_map.get_edges())):
        coupled.setdefault(low, []).append(high)
        coupled.setdefault(high, []).append(low)
    return coupled


def _ghz(backend: Any, length: int) -> QuantumCircuit:
    """A GHZ state on a tree of coupled qubits, breadth first, in the device's own gates."""
    coupled, row = _coupled(backend), [0]
    circuit = QuantumCircuit(backend.num_qubits, length)
    circuit.h(0)
    for qubit in row:
        for other in coupled[qubit]:
            if other not in row and len(row) < length:
                row.append(other)
                circuit.cx(qubit, other)
    circuit.measure(row, range(length))
    manager = generate_preset_pass_manager(
        optimization_level=0, backend=backend, initial_layout=range(backend.num_qubits)
    )
    return manager.run(circuit)


def _row(backend: Any, length: int) -> list[int]:
    """Qubits of which each is coupled to the next."""
    coupled = _coupled(backend)

    def longer(row: list[int]) -> list[int]:
        if len(row) == length:
            return row
        ways = (longer([*row, one]) for one in coupled[row[-1]] if one not in row)
        return next((way for way in ways if way), [])

    return longer([0])


def _random_chain(backend: Any, length: int) -> QuantumCircuit:
    """Layers of random rotations and ECR or CZ gates on a row of coupled qubits: 0-1-2-..."""
    angles = random.Random(127)
    edges = set(backend.coupling_map.get_edges())
    row = _row(backend, length)
    circuit = QuantumCircuit(backend.num_qubits, length)
    entangle = circuit.ecr if "ecr" in backend.operation_names else circuit.cz
    for layer in range(LAYERS):
        for qubit in row:
            circuit.rz(angles.uniform(0, 2 * math.pi), qubit)
            circuit.sx(qubit)
            circuit.rz(angles.uniform(0, 2 * math.pi), qubit)
        for place in range(layer % 2, length - 1, 2):
            pair = (row[place], row[place + 1])
            entangle(*(pair if pair in edges else pair[::-1]))
    circuit.measure(row, range(length))
    return circuit


def on_active_qubits(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit without the qubits that it does nothing with."""
    items = [item for item in circuit.data if item.operation.name not in ("barrier", "delay")]
    active = {qubit for item in items for qubit in item.qubits}
    small = QuantumCircuit([q for q in circuit.qubits if q in active], *circuit.cregs)
    for item in items:
        small.append(item.operation, item.qubits, item.clbits)
    return small


def sampler_job(backend: Any, circuit: QuantumCircuit) -> Callable[[], Any]:
    """A function that submits the circuit and waits for the result."""
    from qiskit_ibm_runtime import SamplerV2

    sampler = SamplerV2(mode=backend)
    return lambda: sampler.run([circuit], shots=SHOTS).result()


class Tape:
    """The answers of one run, handed to the same requests of later runs from memory."""

    def __init__(self) -> None:
        self._answers: dict[
            tuple[str | None, str | None], tuple[int, Mapping[str, str], bytes]
        ] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keeps each answer that the code in the block is given."""
        choose = requests.Session.get_adapter
        with _carried_by(lambda session, url: _Recorder(self, choose(session, url))):
            yield

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Answers the code in the block; a request that was not recorded is a ``KeyError``."""
        player = _Player(self)
        with _carried_by(lambda _session, _url: player):
            yield

    def keep(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        """Remembers the answer to a request."""
        kept = (answer.status_code, dict(answer.headers), answer.content)
        self._answers[request.method, request.url] = kept

    def answer(self, request: requests.PreparedRequest) -> requests.Response:
        """The remembered answer, as fresh as if it came from a socket."""
        status, headers, body = self._answers[request.method, request.url]
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.encoding = "utf-8"
        response.raw = io.BytesIO(body)
        response.url = request.url or ""
        response.request = request
        return response


@contextmanager
def _carried_by(choose: Callable[[requests.Session, str], BaseAdapter]) -> Iterator[None]:
    def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
        return choose(session, url)

    with mock.patch.object(requests.Session, "get_adapter", get_adapter):
        yield


class _Player(BaseAdapter):
    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape

    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any
    ) -> requests.Response:
        return self._tape.answer(request)

    def close(self) -> None:
        """Nothing to close."""


class _Recorder(_Player):
    def __init__(self, tape: Tape, real: BaseAdapter) -> None:
        super().__init__(tape)
        self._real = real

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        answer = self._real.send(request, *args, **kwargs)
        self._tape.keep(request, answer)
        return answer


@contextmanager
def localqpu_server(*backends: str) -> Iterator[int]:
    """The port of a localqpu server on loopback, in a process of its own.

    Whatever ``localqpu.connect`` puts into the environment is undone at the end.
    """
    run = "import sys; from localqpu.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", run, "start", "--port=0", f"--backends={','.join(backends)}"]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    with (
        mock.patch.dict(os.environ),
        subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as process,
    ):
        try:
            assert process.stdout is not None
            banner = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:(\d+)", banner)
            assert address, f"localqpu did not start: {banner!r}"
            yield int(address[1])
        finally:
            process.terminate()
