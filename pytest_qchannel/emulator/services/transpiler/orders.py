"""What the requests of the transpiler service order, once they are found to be in order.

It reads them with pydantic, and is imported by the first order: most tests send none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypedDict

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.api.refusals import Known
from pytest_qchannel.emulator.services.transpiler.asked import (
    Cliffords,
    PauliNetworks,
    Permutations,
    RoutingBody,
    RoutingQuery,
    Synthesis,
    SynthesisQuery,
    TranspileBody,
    TranspileQuery,
    invalid,
    read_body,
    read_query,
)
from pytest_qchannel.emulator.services.transpiler.tasks import backend_names, begin
from pytest_qchannel.emulator.transpiler.order import Coupling, Order
from pytest_qchannel.emulator.world.snapshots import Snapshot
from pytest_qchannel.wire import Json, Response

__all__ = ["ORDERS"]


def _snapshot(ctx: Context, name: str | None) -> Snapshot | None:
    """The device of that name, which the account must have."""
    if name is None:
        return None
    if name not in backend_names(ctx):
        raise ctx.refuse_as(Known.NO_ACCESS_TO_BACKEND, name)
    return ctx.world.devices[name].snapshot


class _Circuits(TypedDict):
    """The circuits of a body as fields of an order."""

    qpy: str | None
    qasm: tuple[str, ...]


def _circuits(
    ctx: Context, prefix: str, qpy: str | None, qasm: str | Sequence[str] | None
) -> _Circuits:
    if qpy is None and not qasm:
        raise invalid("missing", ["body", f"qpy{prefix}"], "Field required", ctx.json_body())
    return {"qpy": qpy, "qasm": (qasm,) if isinstance(qasm, str) else tuple(qasm or ())}


def _require_place(ctx: Context, backend: str | None, coupling: Coupling | None) -> None:
    if backend is None and coupling is None:
        loc: list[Json] = ["body", "backend_coupling_map"]
        raise invalid("missing", loc, "Field required without a backend", ctx.json_body())


def transpile(ctx: Context) -> Response:
    """``POST /transpile``."""
    query, body = read_query(ctx, TranspileQuery), read_body(ctx, TranspileBody)
    _require_place(ctx, query.backend, body.backend_coupling_map)
    if query.backend is None and "noise" in (body.optimization_preferences or ()):
        loc: list[Json] = ["query", "backend"]
        raise invalid("missing", loc, "Field required to optimize for noise", None)
    order = Order(
        "transpile",
        ctx.world.task_seed(),
        snapshot=_snapshot(ctx, query.backend),
        coupling=body.backend_coupling_map,
        level=query.optimization_level,
        is_ai=query.ai == "true" or (query.use_ai is True and "ai" not in query.model_fields_set),
        layout_mode=query.ai_layout_mode,
        has_fractional_gates=query.use_fractional_gates,
        options=body.qiskit_transpile_options or {},
        **_circuits(ctx, "_circuits", body.qpy_circuits, body.qasm_circuits),
    )
    return begin(ctx, order, "/transpile", query.backend)


def route(ctx: Context) -> Response:
    """``POST /routing/routing``."""
    query, body = read_query(ctx, RoutingQuery), read_body(ctx, RoutingBody)
    name = body.coupling_map if isinstance(body.coupling_map, str) else None
    order = Order(
        "routing",
        ctx.world.task_seed(),
        snapshot=_snapshot(ctx, name),
        coupling=None if isinstance(body.coupling_map, str) else body.coupling_map,
        level=query.optimization_level,
        layout_mode=query.layout_mode,
        **_circuits(ctx, "", body.qpy, body.qasm),
    )
    return begin(ctx, order, "/routing/routing", name)


def synthesise(ctx: Context, kind: str) -> Response:
    """``POST /<kind>/transpile``."""
    query, body = read_query(ctx, SynthesisQuery), read_body(ctx, _SYNTHESES[kind])
    _require_place(ctx, query.backend, body.backend_coupling_map)
    order = Order(
        kind,
        ctx.world.task_seed(),
        snapshot=_snapshot(ctx, query.backend),
        coupling=body.backend_coupling_map,
        qargs=tuple(body.qargs),
    )
    if isinstance(body, PauliNetworks):
        order = replace(order, **_circuits(ctx, "", body.qpy, body.qasm))
    elif isinstance(body, Cliffords):
        _require_sizes(ctx, body, [len(one.stabilizer) for one in body.clifford_dict])
        order = replace(order, cliffords=tuple(one.model_dump() for one in body.clifford_dict))
    elif isinstance(body, Permutations):
        _require_sizes(ctx, body, [len(one) for one in body.permutation])
        if any(sorted(one) != list(range(len(one))) for one in body.permutation):
            said = "Each pattern must name every place of its block once"
            raise invalid("value_error", ["body", "permutation"], said, ctx.json_body())
        order = replace(order, permutations=tuple(body.permutation))
    return begin(ctx, order, f"/{kind}/transpile", query.backend)


def _require_sizes(ctx: Context, body: Synthesis, sizes: Sequence[int]) -> None:
    if sizes != [len(set(one)) for one in body.qargs]:
        loc: list[Json] = ["body", "qargs"]
        said = "Each block must have its own physical qubits, as many as it acts on"
        raise invalid("value_error", loc, said, ctx.json_body())


_SYNTHESES: Final[Mapping[str, type[Synthesis]]] = {
    "clifford": Cliffords,
    "linear_functions": Cliffords,
    "permutations": Permutations,
    "pauli_network": PauliNetworks,
}

ORDERS: Final[Mapping[str, Handler]] = {
    "transpile": transpile,
    "routing": route,
    **{kind: partial(synthesise, kind=kind) for kind in _SYNTHESES},
}
"""What a task does -> what takes the order for it."""
