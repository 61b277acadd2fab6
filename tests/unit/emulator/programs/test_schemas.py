"""What is wrong with a request body, in a line that names the place and the nearest word."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pytest_qchannel.emulator.programs.schemas import (
    CREATE_JOB,
    SAMPLER,
    SCHEMAS,
    generations,
    problem_with,
)
from pytest_qchannel.ibm.releases import RELEASES as TABLE
from pytest_qchannel.ibm.releases import Release

CIRCUIT = "OPENQASM 3.0;"
JOB: dict[str, Any] = {
    "program_id": "sampler",
    "backend": "ibm_torino",
    "params": {},
    "log_level": "WARNING",
    "tags": ["a"],
    "cost": 10_800,
    "session_id": None,
}
PARAMS: dict[str, Any] = {
    "pubs": [[CIRCUIT, None, 5], [CIRCUIT, {"t": 0.5}], [CIRCUIT]],
    "shots": None,
    "version": 2,
    "support_qiskit": True,
    "options": {
        "default_shots": 10,
        "dynamical_decoupling": {"enable": True, "sequence_type": "XpXm"},
        "execution": {"init_qubits": True, "rep_delay": 1e-4, "meas_type": "classified"},
        "simulator": {"seed_simulator": 5, "noise_model": None},
        "twirling": {"num_randomizations": "auto", "shots_per_randomization": 3},
        "experimental": {},
    },
}


def put(data: Any, path: list[str | int], value: Any) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(("data", "schema"), [(JOB, CREATE_JOB), (PARAMS, SAMPLER)])
def test_a_full_body_has_no_problem(data: Any, schema: dict[str, Any]) -> None:
    assert problem_with(data, schema) is None


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["programid"], "sampler", "the top level: unknown field 'programid', did you mean "
         "'program_id'"),
        (["zzz"], 1, "the top level: unknown field 'zzz'"),
        (["program_id"], 5, "program_id: expected type string"),
        (["params"], [], "params: expected type object"),
        (["log_level"], "LOUD", "log_level: expected one of ["),
        (["tags"], ["a", 5], "tags[1]: expected type string"),
        (["tags"], "a", "tags: expected type array"),
        (["cost"], -1, "cost: expected at least 0"),
        (["cost"], True, "cost: expected type integer"),
        (["cost"], "5", "cost: expected type integer"),
        (["private"], 1, "private: expected type boolean"),
    ],
)  # fmt: skip
def test_problems_with_a_job(path: list[str | int], value: Any, said: str) -> None:
    problem = problem_with(put(JOB, path, value), CREATE_JOB)
    assert problem is not None
    assert problem.startswith(said)


@pytest.mark.parametrize("missing", ["program_id", "backend", "params"])
def test_a_missing_field_of_a_job_is_named(missing: str) -> None:
    data = {name: value for name, value in JOB.items() if name != missing}
    assert problem_with(data, CREATE_JOB) == f"the top level: missing {missing}"


def test_all_missing_fields_are_named() -> None:
    assert problem_with({}, CREATE_JOB) == "the top level: missing backend, params, program_id"


@pytest.mark.parametrize("data", [None, [], "x", 5, True])
def test_a_body_that_is_no_object(data: Any) -> None:
    assert problem_with(data, CREATE_JOB) == "the top level: expected type object"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["pubs"], [], "pubs: "),
        (["pubs", 1], 5, "pubs[1]: "),
        (["pubs", 1], [], "pubs[1]: "),
        (["pubs", 1], [CIRCUIT, [], 5, 5], "pubs[1]: "),
        (["pubs", 0, 0], {"__type__": "Schedule", "__value__": ""},
         "pubs[0][0].__type__: expected exactly QuantumCircuit"),
        (["pubs", 0, 0], {"__type__": "QuantumCircuit"}, "pubs[0][0]: missing __value__"),
        (["pubs", 0, 1], 0.5, "pubs[0][1]: expected type"),
        (["pubs", 0, 2], 0, "pubs[0][2]: expected at least 1"),
        (["pubs", 0, 2], "5", "pubs[0][2]: expected type"),
        (["shots"], 0, "shots: expected at least 1"),
        (["version"], 1, "version: expected one of [2, '2']"),
        (["support_qiskit"], "yes", "support_qiskit: expected type boolean"),
        (["option"], {}, "the top level: unknown field 'option', did you mean 'options'"),
        (["options"], None, "options: expected type object"),
        (["options", "default_shot"], 1,
         "options: unknown field 'default_shot', did you mean 'default_shots'"),
        (["options", "twirling", "enable_gate"], True,
         "options.twirling: unknown field 'enable_gate', did you mean 'enable_gates'"),
        (["options", "twirling", "strategy"], "some", "options.twirling.strategy: expected one of"),
        (["options", "dynamical_decoupling", "sequence_type"], "XYZ",
         "options.dynamical_decoupling.sequence_type: expected one of"),
        (["options", "execution", "rep_delay"], -1,
         "options.execution.rep_delay: expected at least 0"),
        (["options", "simulator", "seed_simulator"], -1,
         "options.simulator.seed_simulator: expected at least 0"),
    ],
)  # fmt: skip
def test_problems_with_sampler_params(path: list[str | int], value: Any, said: str) -> None:
    problem = problem_with(put(PARAMS, path, value), SAMPLER)
    assert problem is not None
    assert problem.startswith(said)


def test_a_long_unknown_field_is_cut() -> None:
    problem = problem_with({**JOB, "x" * 5_000: 1}, CREATE_JOB)
    assert problem is not None
    assert len(problem) < 200


RELEASES = (
    Release((0, 34), api_version=""),
    Release((0, 60), jobs={"sampler": {"options.execution.fast": {"type": "boolean"}}}),
    Release((0, 61), jobs={"sampler": {"options.twirling": None}}),
)


def test_a_release_changes_fields_and_leaves_older_ones_as_they_are() -> None:
    before = copy.deepcopy(SAMPLER)
    (_, oldest), (_, added), (_, removed) = generations("sampler", SAMPLER, RELEASES)
    fast = put(PARAMS, ["options", "execution", "fast"], "yes")
    assert problem_with(fast, oldest) is None, "a group may have fields that IBM's models lack"
    assert problem_with(fast, added) == "options.execution.fast: expected type boolean"
    assert problem_with(PARAMS, added) is None
    assert problem_with(PARAMS, removed) == "options: unknown field 'twirling'"
    assert oldest is SAMPLER
    assert before == SAMPLER


def test_only_jobs_that_there_are_can_have_changed() -> None:
    assert {name for one in TABLE for name in one.jobs} <= set(SCHEMAS)


def test_a_change_of_a_field_that_nobody_has_is_a_mistake() -> None:
    wrong = [Release((0, 60), jobs={"sampler": {"optoins.fast": {"type": "boolean"}}})]
    with pytest.raises(KeyError, match="optoins"):
        generations("sampler", SAMPLER, wrong)
