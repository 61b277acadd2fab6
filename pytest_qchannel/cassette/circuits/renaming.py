"""QPY without the words in it that look like a secret, an address or a path.

Each becomes a stand-in with as many bytes, so that nothing else has to change; the result is
decoded and compared, because a short word could have been a part of something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from qiskit import QuantumCircuit
from qiskit.circuit import Operation, ParameterVectorElement

from pytest_qchannel.cassette.circuits.form import circuit_form, is_homemade
from pytest_qchannel.cassette.scrub.looks import is_harmless
from pytest_qchannel.cassette.scrub.texts import as_long

__all__ = ["names_beside", "without_words"]

# Their values are samples that depend on names, or a spelling; the rest of a form must be the same.
_SAMPLES: Final = frozenset({"at", "text"})
_UNSORTED: Final = frozenset({"params", "expr"})


def without_words(
    data: bytes,
    circuits: list[QuantumCircuit],
    decode: Callable[[bytes], list[QuantumCircuit]],
) -> bytes:
    """QPY with a stand-in for each such word, and without the metadata of inner circuits.

    Args:
        data: Not compressed.
        circuits: What is in it.
        decode: Reads it.

    Raises:
        ValueError: It cannot be done without changing more than that.
    """
    inner = [one for circuit in circuits for one in _inside(circuit)]
    notes = {json.dumps(one.metadata): one.metadata for one in inner if one.metadata}
    forms = [circuit_form(one) for one in circuits]
    names = [name for one in (*circuits, *inner) for name in names_beside(one)]
    told = (
        *names,
        *(one.name for one in inner),
        *(word for form in forms for word in _words(form)),
    )
    bad = {one for one in told if not is_harmless(one)}
    # What has one of them in it is not to be half of a word afterwards.
    words = sorted({one for one in told if any(b in one for b in bad)}, key=len, reverse=True)
    if not words and not notes:
        return data
    for note in notes.values():
        data = _without_note(data, note)
    renamed: dict[str, str] = {}
    for word in words:
        written = word.encode("utf-8", "surrogatepass")
        if written in data:  # else it is a sentence of the form, with a word in it
            renamed[word] = as_long(word).decode()
            data = data.replace(written, renamed[word].encode())
    now = [circuit_form(one) for one in decode(data)]
    is_left = any(one in word for word in _words(now) for one in bad)
    if is_left or _plain(now, {}) != _plain(forms, renamed):
        raise ValueError("a word of the circuit is a part of something else")
    return data


def names_beside(circuit: QuantumCircuit) -> Iterator[str]:
    """Names that the form of a circuit lacks: of its registers, also before it was transpiled."""
    # The operation of a controlled gate has lost its label once it was read, and QPY writes it.
    yield from (label for item in circuit.data if (label := getattr(item, "label", None)))
    yield from (register.name for register in (*circuit.qregs, *circuit.cregs))
    if circuit.layout is not None:
        # The layout has no registers any more once it was read; its bits remember theirs.
        bits = {
            **circuit.layout.input_qubit_mapping,
            **circuit.layout.initial_layout.get_virtual_bits(),
        }
        made = [getattr(bit, "_register", None) for bit in bits]
        yield from {register.name for register in made if register is not None}
    for one in circuit.parameters:
        if isinstance(one, ParameterVectorElement):
            yield one.vector.name


def _inside(circuit: QuantumCircuit) -> Iterator[QuantumCircuit]:
    """The bodies and definitions in a circuit, and in those."""
    waiting: list[object] = [item.operation for item in circuit.data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, QuantumCircuit):
            yield one
            waiting += [item.operation for item in one.data]
            continue
        waiting += getattr(one, "blocks", ())
        waiting += [p for p in getattr(one, "params", ()) if isinstance(p, QuantumCircuit)]
        waiting += [b for n in ("base_gate", "base_op") if (b := getattr(one, n, None)) is not None]
        is_mine = isinstance(one, Operation) and is_homemade(one)
        definition = getattr(one, "definition", None) if is_mine else None
        waiting += [definition] if definition is not None else []


def _words(form: object) -> Iterator[str]:
    if isinstance(form, str):
        yield form
    elif isinstance(form, list):
        for one in form:
            yield from _words(one)
    elif isinstance(form, dict):
        for name, one in form.items():
            yield from (name, *_words(one))


def _without_note(data: bytes, note: object) -> bytes:
    written = data
    for separators in ((",", ":"), (", ", ": ")):
        text = json.dumps(note, separators=separators).encode()
        written = written.replace(text, b"{}".ljust(len(text)))
    if written == data:
        raise ValueError("the metadata of an inner circuit is written in a way that is not known")
    return written


def _plain(form: object, renamed: dict[str, str]) -> object:
    """A form to compare with that of renamed circuits."""
    if isinstance(form, str):
        for word, standin in renamed.items():
            for written in (word, repr(word)[1:-1]):  # a sentence of a form has it as Python does
                form = form.replace(written, standin)
        return form
    if isinstance(form, list):
        return [_plain(one, renamed) for one in form]
    if not isinstance(form, dict):
        return form
    plain = {
        renamed.get(name, name): _plain(one, renamed)
        for name, one in form.items()
        if name not in _SAMPLES
    }
    for name in _UNSORTED & plain.keys():
        names = plain[name]
        plain[name] = sorted(map(str, names)) if isinstance(names, list) else names
    return plain
