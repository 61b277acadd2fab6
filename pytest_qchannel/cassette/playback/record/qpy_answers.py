"""Params and results as the service gives them: circuits stay circuits, without their names.

What a job was submitted with is kept in a form of its own (:mod:`..submitted.submission`); but the
client can ask for it again, and the noise learner answers with circuits; then it decodes QPY. So
the QPY of an answer is written anew, without the names and metadata that somebody gave to circuits;
where that cannot be done, nothing of it is kept. The transpiler service answers with OpenQASM, too:
its names stay where they are harmless.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.cassette.circuits.packed import QPY_FIELDS
from pytest_qchannel.cassette.scrub.payload import scrub_payload
from pytest_qchannel.cassette.scrub.texts import harmless_program
from pytest_qchannel.qiskit_home import imported_for_good

__all__ = ["answered_params"]

_CIRCUIT: Final = "QuantumCircuit"
_QASM: Final = "qasm"


def answered_params(program: str | None, params: object) -> object:  # noqa: ARG001 - the scrubber's hook
    """The params or the results of an answer as a cassette may keep them."""
    kept = scrub_payload(params, lambda _: None)
    return _with_circuits(params, kept)


def _with_circuits(params: object, kept: object) -> object:
    """Puts the circuits of ``params`` where ``kept`` has lost them."""
    if isinstance(params, list) and isinstance(kept, list):
        return [_with_circuits(*pair) for pair in zip(params, kept, strict=True)]
    if not isinstance(params, dict) or not isinstance(kept, dict):
        return kept
    if params.get("__type__") == _CIRCUIT and isinstance(params.get("__value__"), str):
        return {"__type__": _CIRCUIT, "__value__": _without_names(params["__value__"])}
    return {
        name: _program(name, params[name])
        if isinstance(params.get(name), str) and name in (*QPY_FIELDS, _QASM)
        else _with_circuits(params.get(name, one), one)  # a name that was no word is another
        for name, one in kept.items()
    }


def _program(name: str, text: str) -> str:
    return harmless_program(text) if name == _QASM else _without_names(text)


def _without_names(text: str) -> str:
    imported_for_good()
    from pytest_qchannel.cassette.circuits import formats  # here: most recordings have none

    return formats.without_names(text)
