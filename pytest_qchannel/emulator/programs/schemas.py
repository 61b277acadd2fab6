"""JSON Schemas of request bodies, and the words for what is wrong with one.

Source: IBM's API description (``CreateJobRequest``, ``SamplerV2Input``, ``EstimatorV2Input``), the
models ``sampler.version_0_1`` and ``estimator.version_0_1`` of ibm-quantum-schemas, and the options
models of ``qiskit_ibm_runtime``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from pytest_qchannel.ibm.releases import RELEASES, Changes, Release, Version

__all__ = [
    "CREATE_JOB",
    "ESTIMATOR",
    "NOISE_LEARNER",
    "SAMPLER",
    "first_problem_with",
    "generations",
    "problem_with",
    "schema_for",
]

Schema: TypeAlias = dict[str, Any]

_LEVELS: Final = ["critical", "error", "warning", "info", "debug"]

CREATE_JOB: Final[Schema] = {
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
        "cost": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        # As text in every example of IBM's classic REST guide.
        "start_session": {"enum": [True, False, "True", "False"]},
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

_SAMPLER_PUB: Final[Schema] = {
    "if": {"type": "array"},
    "then": {
        "minItems": 1,
        "maxItems": 3,
        "prefixItems": [_CIRCUIT, _VALUES, {"type": ["integer", "null"], "minimum": 1}],
    },
    "else": _CIRCUIT,  # a bare circuit stands for a PUB that has nothing else
}
_ESTIMATOR_PUB: Final[Schema] = {
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


def _group(**properties: object) -> Schema:
    """A group of options.

    IBM's models let unknown fields of a group pass, and the client puts those of
    ``options.experimental`` there. One that is all but the name of a known field is a typo.
    """
    return {"type": "object", "noTypos": True, "properties": properties}


def _closed(**properties: object) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


# IBM's REST guides send it as text, the clients as a number.
_VERSION: Final = {"enum": [2, "2"]}
# What older guides send: taken, and of no meaning for circuits that are transpiled already.
_TRANSPILATION: Final = {"type": "object"}
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

SAMPLER: Final[Schema] = {
    "type": "object",
    "required": ["pubs"],
    "additionalProperties": False,
    "properties": {
        "pubs": {"type": "array", "minItems": 1, "items": _SAMPLER_PUB},
        "shots": {"type": ["integer", "null"], "minimum": 1},
        "support_qiskit": _FLAG,
        "version": _VERSION,
        "options": _closed(
            transpilation=_TRANSPILATION,
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

ESTIMATOR: Final[Schema] = {
    "type": "object",
    "required": ["pubs"],
    "additionalProperties": False,
    "properties": {
        "pubs": {"type": "array", "minItems": 1, "items": _ESTIMATOR_PUB},
        "precision": {"type": ["number", "null"], "exclusiveMinimum": 0, "finite": True},
        # The API description has these as text, the clients send numbers.
        "resilience_level": {"enum": [0, 1, 2, "0", "1", "2"]},
        "support_qiskit": _FLAG,
        "version": _VERSION,
        "options": _closed(
            transpilation=_TRANSPILATION,
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


NOISE_LEARNER: Final[Schema] = {
    "type": "object",
    "required": ["circuits"],
    "additionalProperties": False,
    "properties": {
        "version": {"enum": [2, "2", None]},
        "circuits": {"type": "array", "items": _CIRCUIT},
        "options": _closed(
            max_layers_to_learn={"type": ["integer", "null"], "minimum": 0},
            shots_per_randomization=_COUNT,
            num_randomizations=_COUNT,
            layer_pair_depths={"type": "array", "items": {"type": "integer", "minimum": 0}},
            twirling_strategy={"enum": ["active", "active-accum", "active-circuit", "all"]},
            support_qiskit=_FLAG,
            experimental=_EXPERIMENTAL,
            simulator={"type": ["object", "null"]},
        ),
    },
}
"""Of the older noise learner, whose params hold whole circuits."""

Generations: TypeAlias = list[tuple[Version, Schema]]


def generations(name: str, oldest: Schema, releases: Iterable[Release]) -> Generations:
    """A schema as each release has it that changed it, the oldest first.

    Args:
        name: A program, or ``job``.
        oldest: As the first release has it.
        releases: What changed, the oldest first.
    """
    found: Generations = [((), oldest)]
    for one in releases:
        if changes := one.jobs.get(name):
            found.append((one.since, _changed(found[-1][1], changes)))
    return found


def _changed(schema: Schema, changes: Changes) -> Schema:
    for path, field in changes.items():
        schema = _with(schema, path.split("."), None if field is None else dict(field))
    return schema


def _with(schema: Schema, path: list[str], field: Schema | None) -> Schema:
    name, *below = path
    properties = dict(schema["properties"])
    if below:
        properties[name] = _with(properties[name], below, field)
    elif field is None:
        del properties[name]
    else:
        properties[name] = field
    return {**schema, "properties": properties}


SCHEMAS: Final = {
    name: generations(name, schema, RELEASES)
    for name, schema in (
        ("job", CREATE_JOB),
        ("sampler", SAMPLER),
        ("estimator", ESTIMATOR),
        ("noise-learner", NOISE_LEARNER),
    )
}
"""What a release changed is in :data:`.RELEASES`."""


def schema_for(name: str, release: Version | None) -> Schema:
    """The params of a program, or the body of a ``job``, as a release of the client sends them.

    Without a release, it is the newest.
    """
    return next(
        schema for since, schema in reversed(SCHEMAS[name]) if release is None or since <= release
    )


def problem_with(data: object, schema: Schema) -> str | None:
    """What is wrong with ``data``, in a line that names the place; ``None`` when it fits."""
    # jsonschema takes longer to import than all of the emulator, and most tests send no job.
    from pytest_qchannel.emulator.programs import validation

    return validation.problem_with(data, schema)


def first_problem_with(data: object, schema: Schema) -> str | None:
    """As :func:`problem_with`, in jsonschema's own words."""
    from pytest_qchannel.emulator.programs import validation

    return validation.first_problem_with(data, schema)
