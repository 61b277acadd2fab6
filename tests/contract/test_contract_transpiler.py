"""The transpiler service: every route, what it refuses, and that what it gives is the same circuit.

Most tests have a coupling map of a few qubits, which costs no device's target.
"""

from __future__ import annotations

import base64
import io
from typing import Any, Final

import pytest
from qiskit import QuantumCircuit, qasm2, qasm3, qpy
from qiskit.circuit.library import PermutationGate
from qiskit.quantum_info import Clifford, Operator, random_clifford

from pytest_qchannel.emulator.transpiler import order
from pytest_qchannel.emulator.world.progression import polls
from pytest_qchannel.ibm.table import ROUTES
from pytest_qchannel.ibm.transpiler import SYNTHESES
from tests.contract.contract_client import Answer, Door, fresh_door

URL: Final = "https://cloud-transpiler.quantum.ibm.com"
LINE: Final = [[0, 1], [1, 2], [2, 3], [3, 4]]
NOWHERE: Final = "6f0a7c1e-1111-4111-8111-111111111111"


@pytest.fixture
def core() -> Door:
    """The core alone: what Qiskit makes of a circuit depends on no door."""
    return fresh_door()


def asked(door: Door, method: str, path: str, token: str | None = None, **sent: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token or door.classic.credential}"}
    return door.request(method, URL + path, headers, **sent)


def done(door: Door, path: str, body: object, **query: object) -> Any:
    """The result of a task that succeeds."""
    answer = asked(door, "POST", path, json=body, params=query)
    assert answer.status == 200, answer.body
    told = ended(door, f"{path}/{answer.json['task_id']}")
    assert told["state"] == "SUCCESS", told
    return told["result"]


def ended(door: Door, path: str) -> Any:
    while True:
        told = asked(door, "GET", path).json
        if told["state"] in ("SUCCESS", "FAILURE"):
            return told


def device(door: Door) -> str:
    return str(next(iter(door.classic.instances.values())).devices[0])


def packed(*circuits: QuantumCircuit) -> str:
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def opened(text: str) -> QuantumCircuit:
    return qpy.load(io.BytesIO(base64.b64decode(text)))[0]


def ghz(size: int = 3) -> QuantumCircuit:
    """Every qubit with the first one: on a line this needs routing."""
    circuit = QuantumCircuit(size)
    circuit.h(0)
    for other in range(1, size):
        circuit.cx(0, other)
    circuit.rz(0.3, size - 1)
    return circuit


def require_within(circuit: QuantumCircuit, pairs: list[list[int]]) -> None:
    known = {frozenset(pair) for pair in pairs}
    for item in circuit.data:
        places = frozenset(circuit.find_bit(qubit).index for qubit in item.qubits)
        assert len(places) == 1 or places in known, item


def require_same(original: QuantumCircuit, row: dict[str, Any], size: int) -> None:
    """The answer does on its physical qubits what the circuit does, and ends where it says."""
    circuit, layout = opened(row["qpy"]), row["layout"]
    assert len(layout["initial"]) == len(layout["final"]) == size
    wide = QuantumCircuit(size)
    wide.compose(original, range(original.num_qubits), inplace=True)
    # Qubit k begins at initial[k] and ends at final[k].
    expected = QuantumCircuit(size)
    expected.append(
        PermutationGate([layout["initial"].index(at) for at in range(size)]), range(size)
    )
    undone = QuantumCircuit(size)
    undone.append(PermutationGate(layout["final"]), range(size))
    whole = expected.compose(circuit).compose(undone)
    assert Operator(whole).equiv(Operator(wide))


@pytest.mark.parametrize("token", ["wrong", "x" * 128])
def test_no_route_takes_a_wrong_token(door: Door, token: str) -> None:
    for route in ROUTES["transpiler"]:
        answer = asked(door, route.method, route.path({"task_id": NOWHERE}), token, json={})
        assert (answer.status, answer.json) == (
            401,
            {"detail": "Invalid authentication credentials"},
        )
    login = asked(door, "GET", "/version", door.login())
    assert login.status == 401, "an access token of the login is no API token"


def test_the_open_plan_has_no_transpiler_service(door: Door) -> None:
    for name, one in list(door.classic.instances.items()):
        if one.plan.display_name != "Open":
            del door.classic.instances[name]
    for route in ROUTES["transpiler"]:
        answer = asked(door, route.method, route.path({"task_id": NOWHERE}), json={})
        assert (answer.status, list(answer.json)) == (403, ["detail"])


def test_versions_and_backends(door: Door) -> None:
    assert list(asked(door, "GET", "/version").json) == ["qiskit"]
    names = {name for one in door.classic.instances.values() for name in one.devices}
    for kind in ("routing", *SYNTHESES):
        assert set(asked(door, "GET", f"/{kind}/backends").json) == names


@pytest.mark.parametrize("ai", ["true", "false", "auto"])
def test_a_circuit_is_transpiled_for_a_coupling_map(door: Door, ai: str) -> None:
    body = {"qpy_circuits": packed(ghz(), ghz(4)), "backend_coupling_map": LINE}
    rows = done(door, "/transpile", body, ai=ai, optimization_level=1)
    for original, row in zip((ghz(), ghz(4)), rows, strict=True):
        require_within(opened(row["qpy"]), LINE)
        require_same(original, row, 5)
        assert row["qasm"] is None


def test_a_circuit_is_transpiled_for_a_device_and_runs_there(door: Door) -> None:
    """As IBM's guide has it: REST transpile, then the Sampler with the OpenQASM of the answer."""
    bell = QuantumCircuit(2, 2)
    bell.h(0)
    bell.cx(0, 1)
    bell.measure([0, 1], [0, 1])
    name = device(door)
    [row] = done(door, "/transpile", {"qasm_circuits": [qasm3.dumps(bell)]}, backend=name)
    assert row["qpy"] is None
    assert " $" in row["qasm"]
    assert len(row["layout"]["initial"]) == door.app.world.devices[name].snapshot.num_qubits
    login = {"x-access-token": door.login()}
    job = {"program_id": "sampler", "backend": name, "params": {"pubs": [[row["qasm"], None, 50]]}}
    base = "https://api.quantum.ibm.com/runtime/jobs"
    job_id = door.request("POST", base, login, json=job).json["id"]
    assert door.request("GET", f"{base}/{job_id}", login).json["state"]["status"] == "Completed"


def test_openqasm_2_comes_back_as_openqasm_2(core: Door) -> None:
    body = {"qasm_circuits": qasm2.dumps(ghz()), "backend_coupling_map": LINE}
    [row] = done(core, "/transpile", body)
    require_same(ghz(), {**row, "qpy": packed(qasm2.loads(row["qasm"]))}, 5)


def test_the_same_order_in_the_same_world_gives_the_same_circuit() -> None:
    body: dict[str, Any] = {"qpy_circuits": packed(ghz(5)), "backend_coupling_map": LINE}
    once, again = (done(fresh_door(), "/transpile", body) for _ in range(2))
    assert once == again
    body |= {"qiskit_transpile_options": {"basis_gates": ["rz", "sx", "cz"], "seed_transpiler": 4}}
    [row] = done(fresh_door(), "/transpile", body)
    assert set(opened(row["qpy"]).count_ops()) <= {"rz", "sx", "cz"}


def test_the_layout_is_kept_where_the_models_are_told_so(core: Door) -> None:
    body = {"qpy_circuits": packed(ghz(5)), "backend_coupling_map": LINE}
    [row] = done(core, "/transpile", body, ai="true", ai_layout_mode="KEEP")
    assert row["layout"]["initial"] == [0, 1, 2, 3, 4]


ODD: Final[dict[str, tuple[dict[str, object], dict[str, object], list[object], str]]] = {
    "level": ({"optimization_level": 4}, {}, ["query", "optimization_level"], "4"),
    "fractional": ({"use_fractional_gates": "8"}, {}, ["query", "use_fractional_gates"], "8"),
    "ai": ({"ai": "perhaps"}, {}, ["query", "ai"], "perhaps"),
    "layout": ({"ai_layout_mode": "new"}, {}, ["query", "ai_layout_mode"], "new"),
    "pairs": ({}, {"backend_coupling_map": [[0]]}, ["body", "backend_coupling_map", 0, 1], ""),
    "no place": ({}, {"backend_coupling_map": None}, ["body", "backend_coupling_map"], ""),
    "noise": ({}, {"optimization_preferences": "noise"}, ["query", "backend"], ""),
    "no circuit": ({}, {"qasm_circuits": None}, ["body", "qpy_circuits"], ""),
}


@pytest.mark.parametrize("case", ODD)
def test_what_does_not_fit_is_told_in_fastapi_s_shape(core: Door, case: str) -> None:
    """The client shows ``input`` and ``msg`` of the first row."""
    query, changes, loc, sent = ODD[case]
    body = {"qasm_circuits": "OPENQASM 3.0;", "backend_coupling_map": LINE, **changes}
    answer = asked(core, "POST", "/transpile", json=body, params=query)
    assert answer.status == 422
    first = answer.json["detail"][0]
    assert {"type", "loc", "msg", "input"} <= set(first)
    assert first["loc"] == loc
    assert not sent or first["input"] == sent


def test_a_body_that_is_no_json_is_refused(door: Door) -> None:
    for data in ("", "{"):
        answer = asked(door, "POST", "/transpile", data=data)
        assert (answer.status, answer.json["detail"][0]["loc"][0]) == (422, "body")


def test_an_unknown_device_and_an_unknown_option_are_refused_in_known_words(door: Door) -> None:
    """Source of both texts: the tests of IBM's client."""
    body: dict[str, Any] = {"qpy_circuits": packed(ghz()), "qpy": packed(ghz())}
    refused: list[tuple[str, dict[str, Any], dict[str, str]]] = [
        ("/transpile", {}, {"backend": "ibm_nosuch"}),
        ("/routing/routing", {"coupling_map": "ibm_nosuch"}, {}),
        ("/pauli_network/transpile", {"qargs": [[0, 1, 2]]}, {"backend": "ibm_nosuch"}),
    ]
    for path, more, query in refused:
        answer = asked(door, "POST", path, json={**body, **more}, params=query)
        said = "User doesn't have access to the specified backend: ibm_nosuch"
        assert (answer.status, answer.json) == (403, {"detail": said})
    body |= {"backend_coupling_map": LINE, "qiskit_transpile_options": {"failing_option": 0}}
    answer = asked(door, "POST", "/transpile", json=body)
    assert answer.status == 400
    assert answer.json["detail"] == (
        "Error transpiling with Qiskit and qiskit_transpile_options: "
        "transpile() got an unexpected keyword argument 'failing_option'"
    )


@pytest.mark.parametrize(
    "circuits",
    [{"qpy_circuits": "no qpy"}, {"qasm_circuits": "x"}, {"qpy_circuits": packed(ghz(6))}],
    ids=["qpy", "qasm", "too large"],
)
def test_a_task_that_cannot_be_done_fails(core: Door, circuits: dict[str, str]) -> None:
    answer = asked(core, "POST", "/transpile", json={**circuits, "backend_coupling_map": LINE})
    told = ended(core, f"/transpile/{answer.json['task_id']}")
    assert (told["state"], told["result"]) == ("FAILURE", None)
    assert told["detail"]


@pytest.mark.slow
def test_a_long_task_is_done_in_the_worker_process(
    core: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "_LONG_QPY", 0)
    monkeypatch.setattr(core.app.engine.aside, "submit", None)
    [row] = done(core, "/transpile", {"qpy_circuits": packed(ghz(4)), "backend_coupling_map": LINE})
    require_within(opened(row["qpy"]), LINE)
    require_same(ghz(4), row, 5)
    core.app.close()


def test_a_task_moves_on_as_jobs_of_its_device_do(door: Door) -> None:
    name = device(door)
    door.app.world.devices[name].progression = polls(2)
    body = {"qasm_circuits": 'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; x q[0];'}
    answer = asked(door, "POST", "/transpile", json=body, params={"backend": name})
    path = f"/transpile/{answer.json['task_id']}"
    states = [asked(door, "GET", path).json["state"] for _ in range(2)]
    assert states == ["PENDING", "STARTED"]
    assert ended(door, path)["state"] == "SUCCESS"


def test_a_task_is_found_where_it_was_made_and_nowhere_else(door: Door) -> None:
    body = {"qpy_circuits": packed(ghz()), "backend_coupling_map": LINE}
    task_id = asked(door, "POST", "/transpile", json=body).json["task_id"]
    assert asked(door, "GET", f"/transpile/{task_id}").status == 200
    for path in (f"/routing/routing/{task_id}", f"/transpile/{NOWHERE}"):
        assert asked(door, "GET", path).status == 404


@pytest.mark.parametrize("mode", ["KEEP", "OPTIMIZE", "IMPROVE"])
def test_a_circuit_is_routed_with_its_own_gates(core: Door, mode: str) -> None:
    body = {"qpy": packed(ghz(5)), "coupling_map": LINE}
    row = done(core, "/routing/routing", body, layout_mode=mode, check_result=False)
    assert row["success"] is True
    routed = opened(row["qpy"])
    assert set(routed.count_ops()) <= {"h", "cx", "rz", "swap"}
    require_within(routed, LINE)
    require_same(ghz(5), row, 5)
    if mode == "KEEP":
        assert row["layout"]["initial"] == [0, 1, 2, 3, 4]


def blocks(kind: str) -> tuple[dict[str, Any], list[Operator]]:
    """What is sent of two blocks, and what they do."""
    if kind == "permutations":
        patterns = [[2, 0, 3, 1], [1, 0]]
        return {"permutation": patterns}, [Operator(PermutationGate(one)) for one in patterns]
    if kind == "pauli_network":
        return {"qpy": packed(ghz(4), ghz(2))}, [Operator(ghz(4)), Operator(ghz(2))]
    if kind == "clifford":
        found = [random_clifford(size, seed=size) for size in (4, 2)]
    else:
        circuits = [QuantumCircuit(4), QuantumCircuit(2)]
        for circuit in circuits:
            circuit.cx(0, circuit.num_qubits - 1)
            circuit.cx(1, 0)
        found = [Clifford(one) for one in circuits]
    sent = [
        {"stabilizer": one.to_labels(mode="S"), "destabilizer": one.to_labels(mode="D")}
        for one in found
    ]
    return {"clifford_dict": sent}, [Operator(one) for one in found]


@pytest.mark.parametrize("kind", SYNTHESES)
def test_a_block_is_synthesised_within_its_qubits(core: Door, kind: str) -> None:
    sent, does = blocks(kind)
    qargs = [[3, 1, 0, 2], [4, 3]]
    body = {**sent, "qargs": qargs, "backend_coupling_map": LINE}
    rows = done(core, f"/{kind}/transpile", body)
    for row, places, wanted in zip(rows, qargs, does, strict=True):
        if kind == "pauli_network" and places == [4, 3]:
            assert row == {"success": False, "qasm": None, "qpy": None}, "it is as good as it gets"
            continue
        circuit = opened(row["qpy"])
        assert row["success"] is True
        assert Operator(circuit).equiv(wanted)
        require_within(
            circuit, [[places.index(one), places.index(two)] for one, two in LINE
                      if one in places and two in places]
        )  # fmt: skip
        if kind == "linear_functions":
            assert set(circuit.count_ops()) == {"cx"}


@pytest.mark.parametrize("kind", SYNTHESES)
def test_a_block_that_does_not_hang_together_is_refused(core: Door, kind: str) -> None:
    sent, _ = blocks(kind)
    body = {**sent, "qargs": [[0, 1, 3, 4], [0, 1]], "backend_coupling_map": LINE}
    answer = asked(core, "POST", f"/{kind}/transpile", json=body)
    said = "Qargs do not form a connected subgraph of the backend coupling map."
    assert (answer.status, answer.json) == (400, {"detail": said})


def test_blocks_need_as_many_qubits_as_they_act_on(core: Door) -> None:
    for qargs in ([[0, 1]], [[0, 0], [1, 2]]):
        body = {"permutation": [[1, 0], [0, 1]], "qargs": qargs, "backend_coupling_map": LINE}
        answer = asked(core, "POST", "/permutations/transpile", json=body)
        assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "qargs"])
    body = {"permutation": [[0, 0]], "qargs": [[0, 1]], "backend_coupling_map": LINE}
    answer = asked(core, "POST", "/permutations/transpile", json=body)
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "permutation"])


def test_what_nobody_knows_of_is_a_gap(door: Door) -> None:
    answer = asked(door, "POST", "/benchmark", json={}, params={"model": "a", "backend": "b"})
    assert (answer.status, list(answer.json)) == (501, ["detail"])
    assert "not documented" in str(door.app.gaps[0])


def test_all_host_names_are_the_service(door: Door) -> None:
    for host in ("cloud-transpiler", "cloud-transpiler-staging"):
        url = f"https://{host}.quantum-computing.ibm.com/version"
        assert door.request("GET", url, {"Authorization": f"Bearer {door.classic.credential}"}).json
