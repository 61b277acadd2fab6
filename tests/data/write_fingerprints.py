"""Writes ``circuit_fingerprints.json``; run it with the oldest Qiskit that is supported (1.4).

It is not run by the tests: they compare what they compute with what it wrote. After a change of
what a fingerprint means, count up ``VERSION`` in
``cassette/circuits/fingerprint.py`` and run it:
``python tests/data/write_fingerprints.py``.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import warnings
import zlib
from pathlib import Path

HERE = Path(__file__).parent


def conditioned() -> object:
    """A circuit with gates conditioned as only Qiskit 1 can write them."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    register = ClassicalRegister(2, "c")
    circuit = QuantumCircuit(QuantumRegister(2, "q"), register)
    circuit.measure([0, 1], register)
    circuit.x(0).c_if(register, 3)
    circuit.cx(1, 0).c_if(register[1], 1)
    circuit.rx(0.5, 1).c_if(0, 0)
    return circuit


def main() -> None:
    """Writes the file."""
    import qiskit
    from qiskit import qpy

    sys.path.insert(0, str(HERE.parents[1]))
    from tests.unit.cassette.circuits.circuit_examples import EXAMPLES, fingerprint_of

    warnings.simplefilter("ignore")
    assert qiskit.__version__.startswith("1.4."), qiskit.__version__
    rows = {}
    for name, build in {**EXAMPLES, "conditioned": conditioned}.items():
        circuit = build()
        file = io.BytesIO()
        qpy.dump(circuit, file, version=13)
        rows[name] = {
            "fingerprint": fingerprint_of(circuit),
            "qpy": base64.b64encode(zlib.compress(file.getvalue(), 9)).decode(),
        }
    data = {"qiskit": qiskit.__version__, "circuits": rows}
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    (HERE / "circuit_fingerprints.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
