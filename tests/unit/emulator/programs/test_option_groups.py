"""Options: what every client sends is accepted, and a typo is not."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.emulator.programs import Task, TooLong
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.schemas import ESTIMATOR, SAMPLER, problem_with
from tests.unit.emulator.programs.primitives_kit import SNAPSHOT

PUBS: dict[int, list[Any]] = {id(SAMPLER): [["x"]], id(ESTIMATOR): [["x", {"Z": 1.0}]]}


def groups(schema: dict[str, Any]) -> list[str]:
    options = schema["properties"]["options"]["properties"]
    return [name for name, one in options.items() if "properties" in one]


def said(schema: dict[str, Any], options: dict[str, Any]) -> str | None:
    return problem_with({"pubs": PUBS[id(schema)], "options": options}, schema)


@pytest.mark.parametrize("schema", [SAMPLER, ESTIMATOR])
def test_every_option_of_the_installed_client_has_a_place(schema: dict[str, Any]) -> None:
    from dataclasses import fields, is_dataclass

    from qiskit_ibm_runtime import options as theirs

    model = theirs.SamplerOptions() if schema is SAMPLER else theirs.EstimatorOptions()
    # These become fields of the request or of the params.
    elsewhere = {"max_execution_time", "environment", "resilience_level"}

    def walk(one: Any, place: dict[str, Any], path: str) -> None:
        known = place["properties"]
        for entry in fields(one):
            if entry.name.startswith("_") or (one is model and entry.name in elsewhere):
                continue
            assert entry.name in known, f"{path}.{entry.name}"
            value = getattr(one, entry.name)
            if is_dataclass(value):
                walk(value, known[entry.name], f"{path}.{entry.name}")

    walk(model, schema["properties"]["options"], "options")


@pytest.mark.parametrize("schema", [SAMPLER, ESTIMATOR])
def test_experimental_options_may_be_in_any_group_but_the_simulators(
    schema: dict[str, Any],
) -> None:
    """The client moves what is under experimental into the group of the same name."""
    for name in groups(schema):
        problem = said(schema, {name: {"zzz_made_up": {"a": 1}}})
        if name == "simulator":
            assert problem == "options.simulator: unknown field 'zzz_made_up'"
        else:
            assert problem is None, name
    assert said(schema, {"experimental": {"zzz": 1}}) is None
    assert said(schema, {"zzz": 1}) == "options: unknown field 'zzz'"


@pytest.mark.parametrize("schema", [SAMPLER, ESTIMATOR])
def test_a_typo_is_no_experiment(schema: dict[str, Any]) -> None:
    problem = said(schema, {"twirling": {"aaa": 1, "enable_gate": True}})
    assert problem == "options.twirling: unknown field 'enable_gate', did you mean 'enable_gates'"


@pytest.mark.parametrize(
    ("simulator", "place"),
    [
        ({"noise_model": {"errors": []}}, "noise_model"),
        ({"noise_model": {"__type__": "ndarray", "__value__": {}}}, "noise_model"),
        ({"coupling_map": [[0, 1], [1]]}, "coupling_map"),
        ({"coupling_map": [[0, "1"]]}, "coupling_map"),
        ({"basis_gates": [5]}, "basis_gates"),
        ({"seed_simulator": 1.5}, "seed_simulator"),
    ],
)
def test_simulator_options_of_a_wrong_form(simulator: dict[str, Any], place: str) -> None:
    problem = said(SAMPLER, {"simulator": simulator})
    assert problem is not None
    assert problem.startswith(f"options.simulator.{place}")


@pytest.mark.parametrize("level", [-1, 3, "3", None, 1.5])
def test_levels_that_there_are_not(level: Any) -> None:
    body = {"pubs": PUBS[id(ESTIMATOR)], "resilience_level": level}
    problem = problem_with(body, ESTIMATOR)
    assert problem is not None
    assert problem.startswith("resilience_level: expected one of")


def test_many_short_simulations_are_together_a_long_task() -> None:
    machine = Machine.of(Task({}, SNAPSHOT, 1, limit_s=1.0))
    machine.task.allow(0.4)
    machine.task.allow(0.4)
    with pytest.raises(TooLong):
        machine.task.allow(0.4)
    for _ in range(5):
        Machine.of(Task({}, SNAPSHOT, 1)).task.allow(1e6)
