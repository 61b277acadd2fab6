"""What requests of the transpiler service may say; what is wrong is told as FastAPI tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.transpiler.order import Coupling, LayoutMode
from pytest_qchannel.wire import ApiError, Json, Response

__all__ = [
    "Cliffords",
    "PauliNetworks",
    "Permutations",
    "RoutingBody",
    "RoutingQuery",
    "Synthesis",
    "SynthesisQuery",
    "TranspileBody",
    "TranspileQuery",
    "invalid",
    "read_body",
    "read_query",
]

_Preference = Literal["n_cnots", "n_gates", "cnot_layers", "layers", "noise"]
_Preferences = _Preference | list[_Preference] | None
_Level = Annotated[int, Field(ge=1, le=3)]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


_Layout = Annotated[LayoutMode, BeforeValidator(_lower)]  # the client writes capitals


class TranspileQuery(BaseModel):
    """The query of ``POST /transpile``."""

    backend: str | None = None
    optimization_level: _Level = 3
    ai: Literal["true", "false", "auto"] = "auto"
    use_ai: bool | None = None
    ai_layout_mode: _Layout = "optimize"
    use_fractional_gates: bool = False


class TranspileBody(BaseModel):
    """The body of ``POST /transpile``."""

    qasm_circuits: str | list[str] | None = None
    qpy_circuits: str | None = None
    backend_coupling_map: Coupling | None = None
    optimization_preferences: _Preferences = None
    qiskit_transpile_options: dict[str, object] | None = None


class RoutingQuery(BaseModel):
    """The query of ``POST /routing/routing``."""

    check_result: bool = False
    layout_mode: _Layout = "optimize"
    optimization_level: _Level = 1


class RoutingBody(BaseModel):
    """The body of ``POST /routing/routing``; the client puts a device's name for its pairs."""

    qasm: str | None = None
    qpy: str | None = None
    coupling_map: Coupling | str
    optimization_preferences: _Preferences = None


class SynthesisQuery(BaseModel):
    """The query of the four syntheses."""

    backend: str | None = None


class Synthesis(BaseModel):
    """What the bodies of the four syntheses share."""

    qargs: list[tuple[int, ...]]
    backend_coupling_map: Coupling | None = None


class _Clifford(BaseModel):
    """``Clifford.to_dict()``."""

    stabilizer: list[str]
    destabilizer: list[str]


class Cliffords(Synthesis):
    """Of Cliffords and of linear functions."""

    clifford_dict: list[_Clifford]


class Permutations(Synthesis):
    """Of permutations."""

    permutation: list[list[int]]


class PauliNetworks(Synthesis):
    """Of Pauli networks."""

    qasm: str | list[str] | None = None
    qpy: str | None = None


_Model = TypeVar("_Model", bound=BaseModel)


def read_query(ctx: Context, model: type[_Model]) -> _Model:
    """The query, of each field the first value; what does not fit is refused."""
    return _read(model, {name: values[0] for name, values in ctx.request.query.items()}, "query")


def read_body(ctx: Context, model: type[_Model]) -> _Model:
    """The JSON body; what does not fit is refused."""
    if not ctx.request.body:
        raise invalid("missing", ["body"], "Field required", None)
    try:
        sent = ctx.request.json()
    except ValueError as problem:
        raise invalid("json_invalid", ["body", 0], f"JSON decode error: {problem}", {}) from None
    return _read(model, sent, "body")


def _read(model: type[_Model], sent: object, where: str) -> _Model:
    try:
        return model.model_validate(sent)
    except ValidationError as problem:
        rows: list[dict[str, Json]] = json.loads(problem.json(include_url=False))
        detail: list[Json] = [{**row, "loc": [where, *_steps(row)]} for row in rows]
        raise ApiError(Response.json({"detail": detail}, 422)) from None


def _steps(row: Mapping[str, Json]) -> list[Json]:
    loc = row["loc"]
    assert isinstance(loc, list)
    return loc


def invalid(kind: str, loc: list[Json], said: str, sent: Json) -> ApiError:
    """The refusal of a field that is wrong together with others."""
    row: dict[str, Json] = {"type": kind, "loc": loc, "msg": said, "input": sent}
    return ApiError(Response.json({"detail": [row]}, 422))
