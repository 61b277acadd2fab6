"""JSON Schemas of request bodies, and the words for what is wrong with one.

Source: IBM's API description (``CreateJobRequest``, ``SamplerV2Input``, ``EstimatorV2Input``), the
models ``sampler.version_0_1`` and ``estimator.version_0_1`` of ibm-quantum-schemas, and the options
models of ``qiskit_ibm_runtime`` 0.34 to 0.51.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_qchannel.errors import nearest

__all__ = ["CREATE_JOB", "ESTIMATOR", "SAMPLER", "problem_with"]

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

_VALUES: Final = {"type": ["array", "object", "null"]}

_SAMPLER_PUB: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": 3,
    "prefixItems": [_CIRCUIT, _VALUES, {"type": ["integer", "null"], "minimum": 1}],
}
_ESTIMATOR_PUB: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 2,
    "maxItems": 4,
    "prefixItems": [
        _CIRCUIT,
        {"type": ["array", "object", "string"]},
        _VALUES,
        {"type": ["number", "null"], "exclusiveMinimum": 0, "finite": True},
    ],
}


def _group(**properties: Any) -> dict[str, Any]:
    """A group of options.

    IBM's models let unknown fields of a group pass, and the client puts those of
    ``options.experimental`` there. One that is all but the name of a known field is a typo.
    """
    return {"type": "object", "noTypos": True, "properties": properties}


def _closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


_COUNT: Final = {"type": "integer", "minimum": 1}
_FLAG: Final = {"type": "boolean"}
_REP_DELAY: Final = {"type": ["number", "null"], "minimum": 0}

_DYNAMICAL_DECOUPLING: Final = _group(
    enable=_FLAG,
    sequence_type={"enum": ["XX", "XpXm", "XY4"]},
    extra_slack_distribution={"enum": ["middle", "edges"]},
    scheduling_method={"enum": ["alap", "asap"]},
    skip_reset_qubits=_FLAG,
)
_SIMULATOR: Final = {
    **_closed(
        noise_model={
            "type": ["object", "null"],
            "required": ["__type__", "__value__"],
            "properties": {"__type__": {"const": "NoiseModel"}, "__value__": {"type": "object"}},
        },
        seed_simulator={"type": ["integer", "null"], "minimum": 0},
        coupling_map={
            "type": ["array", "null"],
            "items": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "integer", "minimum": 0},
            },
        },
        basis_gates={"type": ["array", "null"], "items": {"type": "string"}},
    ),
    "type": ["object", "null"],
}
_TWIRLING: Final = {
    "num_randomizations": _AUTO_OR_COUNT,
    "shots_per_randomization": _AUTO_OR_COUNT,
    "strategy": {"enum": ["active", "active-accum", "active-circuit", "all"]},
}
_EXPERIMENTAL: Final = {"type": ["object", "null"]}

SAMPLER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["pubs"],
    "additionalProperties": False,
    "properties": {
        "pubs": {"type": "array", "minItems": 1, "items": _SAMPLER_PUB},
        "shots": {"type": ["integer", "null"], "minimum": 1},
        "support_qiskit": _FLAG,
        "version": {"const": 2},
        "options": _closed(
            default_shots={"type": ["integer", "null"], "minimum": 1},
            dynamical_decoupling=_DYNAMICAL_DECOUPLING,
            execution=_group(
                init_qubits=_FLAG,
                rep_delay=_REP_DELAY,
                meas_type={"enum": ["classified", "kerneled", "avg_kerneled"]},
            ),
            simulator=_SIMULATOR,
            twirling=_group(enable_gates=_FLAG, enable_measure=_FLAG, **_TWIRLING),
            experimental=_EXPERIMENTAL,
        ),
    },
}

EXTRAPOLATORS: Final = (
    "linear",
    "exponential",
    "double_exponential",
    *(f"polynomial_degree_{degree}" for degree in range(1, 8)),
    "fallback",
)
_FLAG_OR_NULL: Final = {"type": ["boolean", "null"]}

ESTIMATOR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["pubs"],
    "additionalProperties": False,
    "properties": {
        "pubs": {"type": "array", "minItems": 1, "items": _ESTIMATOR_PUB},
        "precision": {"type": ["number", "null"], "exclusiveMinimum": 0, "finite": True},
        # The API description has these as text, the clients send numbers.
        "resilience_level": {"enum": [0, 1, 2, "0", "1", "2"]},
        "support_qiskit": _FLAG,
        "version": {"const": 2},
        "options": _closed(
            default_precision={"type": "number", "exclusiveMinimum": 0, "finite": True},
            default_shots={"type": ["integer", "null"], "minimum": 1},
            seed_estimator={"type": ["integer", "null"], "minimum": 0},
            dynamical_decoupling=_DYNAMICAL_DECOUPLING,
            execution=_group(init_qubits=_FLAG, rep_delay=_REP_DELAY),
            simulator=_SIMULATOR,
            twirling=_group(enable_gates=_FLAG_OR_NULL, enable_measure=_FLAG_OR_NULL, **_TWIRLING),
            resilience=_group(
                measure_mitigation=_FLAG_OR_NULL,
                measure_noise_learning=_group(
                    num_randomizations=_COUNT, shots_per_randomization=_AUTO_OR_COUNT
                ),
                zne_mitigation=_FLAG_OR_NULL,
                zne=_group(
                    amplifier={
                        "enum": ["gate_folding", "gate_folding_front", "gate_folding_back", "pea"]
                    },
                    noise_factors={
                        "type": ["array", "null"],
                        "minItems": 1,
                        "items": {"type": "number", "minimum": 1, "finite": True},
                    },
                    extrapolator={
                        "anyOf": [
                            {"enum": list(EXTRAPOLATORS)},
                            {
                                "type": "array",
                                "minItems": 1,
                                "items": {"enum": list(EXTRAPOLATORS)},
                            },
                        ]
                    },
                    extrapolated_noise_factors={
                        "anyOf": [
                            {"type": "array", "items": {"type": "number", "finite": True}},
                            {"const": "auto"},
                        ]
                    },
                ),
                pec_mitigation=_FLAG_OR_NULL,
                pec=_group(
                    max_overhead={"type": ["number", "null"], "exclusiveMinimum": 0},
                    noise_gain={"anyOf": [{"type": "number", "minimum": 0}, {"const": "auto"}]},
                ),
                layer_noise_learning=_group(
                    max_layers_to_learn={"type": ["integer", "null"], "minimum": 0},
                    shots_per_randomization=_COUNT,
                    num_randomizations=_COUNT,
                    layer_pair_depths={
                        "type": "array",
                        "items": {"type": "integer", "minimum": 0},
                    },
                ),
                layer_noise_model={"type": ["object", "array", "null"]},
            ),
            experimental=_EXPERIMENTAL,
        ),
    },
}


@functools.cache
def _validator(schema_id: int) -> Any:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def no_typos(_: Any, __: Any, instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
        if isinstance(instance, dict):
            known = schema["properties"]
            for extra in sorted(set(instance) - set(known)):
                if nearest(extra, known):
                    yield ValidationError(f"unknown field {extra!r}")
                    return

    def finite(_: Any, __: Any, instance: Any, ___: Any) -> Iterator[Any]:
        """JSON's grammar has integers of any size, and Python reads NaN and Infinity too."""
        if isinstance(instance, int | float) and not abs(instance) <= sys.float_info.max:
            yield ValidationError("not finite")

    keywords = {"noTypos": no_typos, "finite": finite}
    return extend(Draft202012Validator, keywords)(_BY_ID[schema_id])


_BY_ID: Final[Mapping[int, dict[str, Any]]] = {
    id(schema): schema for schema in (CREATE_JOB, SAMPLER, ESTIMATOR)
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
    if error.validator in ("additionalProperties", "noTypos"):
        known = error.schema["properties"]
        extras = sorted(set(error.instance) - set(known))
        extra = next((one for one in extras if nearest(one, known)), extras[0])
        close = nearest(extra, known)
        return f"{where}: unknown field {extra[:60]!r}" + (
            f", did you mean {close!r}" if close else ""
        )
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{where}: missing {', '.join(missing)}"
    if error.validator == "finite":
        return f"{where}: expected a finite number"
    expected = {
        "type": "type",
        "enum": "one of",
        "const": "exactly",
        "minimum": "at least",
        "exclusiveMinimum": "more than",
    }
    word = expected.get(str(error.validator), str(error.validator))
    return f"{where}: expected {word} {error.validator_value}"[:300]
