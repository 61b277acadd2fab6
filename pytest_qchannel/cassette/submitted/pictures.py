"""The circuits of a submitted job, and devices, as pictures: what a page shows of them.

They are drawn from the words of the index (:mod:`.submission_words`), each distinct one once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from pytest_qchannel.cassette.submitted.lines import lines_of

__all__ = ["device_of", "pictured"]

_MOST_DRAWN: Final = 200
_DEEPEST: Final = 40
_PHYSICAL: Final = re.compile(r"\$(\d+)")
_LANGUAGE: Final = "qasm3"
_CUT: Final = "more lines"

_NO_VALUES: Final = {"shape": [0], "values": []}
"""The parameter values of a circuit that has no parameters."""

_Plain: TypeAlias = dict[str, object]


def pictured(said: object, circuits: dict[str, _Plain]) -> _Plain:
    """One PUB: its circuit by fingerprint, its shots, and the rest as ``said``, in lines.

    Args:
        said: What :func:`.describe` said of it.
        circuits: Where its circuit goes, by fingerprint.
    """
    if not isinstance(said, dict):
        return {"said": "\n".join(lines_of(said))}
    rest = {name: one for name, one in said.items() if one != _NO_VALUES}
    circuit, shots = rest.pop("circuit", None), rest.pop("shots", None)
    known = circuit.get("fingerprint") if isinstance(circuit, dict) else None
    if (
        isinstance(circuit, dict)
        and isinstance(known, str)
        and known not in circuits
        and "same as" not in circuit
    ):
        circuits[known] = _circuit(circuit, can_draw=len(circuits) < _MOST_DRAWN)
    return {"circuit": known, "shots": shots, "said": "\n".join(lines_of(rest)) if rest else None}


def device_of(configuration: Mapping[str, object]) -> _Plain | None:
    """A device as it is drawn; ``None`` where its configuration does not say how it is coupled."""
    qubits, coupling = configuration.get("n_qubits"), configuration.get("coupling_map")
    if not isinstance(qubits, int) or not isinstance(coupling, list):
        return None
    return {"qubits": qubits, "coupling": coupling}


def _circuit(said: Mapping[str, object], *, can_draw: bool) -> _Plain:
    """A circuit as it is drawn, or in the words of the index where that would be too large."""
    depth = said.get("depth")
    words = [str(one) for name, one in said.items() if name not in ("fingerprint", "depth")]
    text = words[0] if words else ""
    physical = sorted({int(one) for one in _PHYSICAL.findall(text)})
    is_small = isinstance(depth, int) and depth <= _DEEPEST and _CUT not in text
    drawn = _drawn(text) if can_draw and is_small and _LANGUAGE in said else None
    qubits, picture = drawn or (None, text)
    return {
        "qubits": len(physical) or qubits,
        "depth": depth,
        "text": picture,
        "layout": physical or None,
    }


def _drawn(text: str) -> tuple[int, str] | None:
    """How many qubits a circuit has, and its picture; of idle ones nothing."""
    from qiskit import qasm3  # here: most runs draw nothing

    try:
        circuit = qasm3.loads(text)
        return circuit.num_qubits, str(circuit.draw("text", idle_wires=False, fold=-1))
    except Exception:  # its reader knows less than its writer: the text is shown as it is
        return None
