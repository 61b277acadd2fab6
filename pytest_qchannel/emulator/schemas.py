"""JSON Schemas of request bodies, and the words for what is wrong with one.

Source: IBM's API description (``CreateJobRequest``, ``SamplerV2Input``) and, for options that it
does not list, the options models of ``qiskit_ibm_runtime`` 0.34 to 0.51.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from pytest_qchannel.errors import nearest

__all__ = ["CREATE_JOB", "SAMPLER", "problem_with"]

_LEVELS: Final = ["critical", "error", "warning", "info", "debug"]

CREATE_JOB: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["program_id", "backend", "params"],
    "additionalProperties": False,
    "properties": {
        "program_id": {"type": "string", "minLength": 1},
        "backend": {"type": "string", "minLength": 1},
        "params": {"type": "object"},
        "log_level": {"enum": [*_LEVELS, *(level.upper() for level in _LEVELS)]},
        "runtime": {"type": "string"},
        "session_id": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "cost": {"type": "integer", "minimum": 1, "maximum": 10_800},
        "start_session": {"type": "boolean"},
        "session_time": {"type": ["integer", "null"]},
        "private": {"type": "boolean"},
        "calibration_id": {"type": ["string", "null"]},
        "hub": {"type": "string"},
        "group": {"type": "string"},
        "project": {"type": "string"},
    },
}

_AUTO_OR_COUNT: Final = {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}]}

_CIRCUIT: Final = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "required": ["__type__", "__value__"],
            "properties": {
                "__type__": {"const": "QuantumCircuit"},
                "__value__": {"type": "string"},
            },
        },
    ]
}

_PUB: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": 3,
    "prefixItems": [
        _CIRCUIT,
        {"type": ["array", "object", "null"]},
        {"type": ["integer", "null"], "minimum": 1},
    ],
}


def _group(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


SAMPLER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["pubs"],
    "additionalProperties": False,
    "properties": {
        "pubs": {"type": "array", "minItems": 1, "items": _PUB},
        "shots": {"type": ["integer", "null"], "minimum": 1},
        "support_qiskit": {"type": "boolean"},
        "version": {"const": 2},
        "options": _group(
            default_shots={"type": ["integer", "null"], "minimum": 1},
            dynamical_decoupling=_group(
                enable={"type": "boolean"},
                sequence_type={"enum": ["XX", "XpXm", "XY4"]},
                extra_slack_distribution={"enum": ["middle", "edges"]},
                scheduling_method={"enum": ["alap", "asap"]},
                skip_reset_qubits={"type": "boolean"},
            ),
            execution=_group(
                init_qubits={"type": "boolean"},
                rep_delay={"type": ["number", "null"], "minimum": 0},
                meas_type={"enum": ["classified", "kerneled", "avg_kerneled"]},
            ),
            simulator=_group(
                noise_model={},
                seed_simulator={"type": ["integer", "null"], "minimum": 0},
                coupling_map={},
                basis_gates={},
            ),
            twirling=_group(
                enable_gates={"type": "boolean"},
                enable_measure={"type": "boolean"},
                num_randomizations=_AUTO_OR_COUNT,
                shots_per_randomization=_AUTO_OR_COUNT,
                strategy={"enum": ["active", "active-accum", "active-circuit", "all"]},
            ),
            experimental={"type": ["object", "null"]},
        ),
    },
}


@functools.cache
def _validator(schema_id: int) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_BY_ID[schema_id])


_BY_ID: Final[Mapping[int, dict[str, Any]]] = {
    id(schema): schema for schema in (CREATE_JOB, SAMPLER)
}


def problem_with(data: Any, schema: dict[str, Any]) -> str | None:
    """What is wrong with ``data``, in a line that names the place; ``None`` when it fits."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator(id(schema)).iter_errors(data))
    if error is None:
        return None
    where = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    where = where.lstrip(".") or "the top level"
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        extra = min(set(error.instance) - set(known))
        close = nearest(extra, known)
        return f"{where}: unknown field {extra[:60]!r}" + (
            f", did you mean {close!r}" if close else ""
        )
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{where}: missing {', '.join(missing)}"
    expected = {"type": "type", "enum": "one of", "const": "exactly", "minimum": "at least"}
    word = expected.get(str(error.validator), str(error.validator))
    return f"{where}: expected {word} {error.validator_value}"[:300]
