"""Which function answers which route of the transpiler service."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from functools import partial
from typing import Final, NoReturn, cast

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.services.transpiler import tasks
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.ibm.transpiler import SYNTHESES
from pytest_qchannel.wire import Response

__all__ = ["HANDLERS"]

_ORDERS: Final = "pytest_qchannel.emulator.services.transpiler.orders"


def version(ctx: Context) -> Response:  # noqa: ARG001 - every handler takes the context
    """``GET /version``: the client writes QPY that this Qiskit reads."""
    return Response.json({"qiskit": importlib.metadata.version("qiskit")})


def backends(ctx: Context) -> Response:
    """``GET .../backends``: the names that the account may use."""
    return Response.json(list(tasks.backend_names(ctx)))


def order(ctx: Context, kind: str) -> Response:
    """What takes circuits and makes a task of them."""
    taken = cast("Mapping[str, Handler]", importlib.import_module(_ORDERS).ORDERS)
    return taken[kind](ctx)


def benchmark(ctx: Context) -> NoReturn:  # noqa: ARG001 - every handler takes the context
    """``POST /benchmark`` and what it makes.

    Raises:
        EmulatorGap: Always: what the service answers is known to nobody.
    """
    raise EmulatorGap(
        "the emulator has no /benchmark of the transpiler service: its answers are not documented",
        closest="POST https://cloud-transpiler.quantum.ibm.com/transpile",
        next="transpile circuits of your own, or keep this test for the real service",
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "GET /version": version,
    "POST /transpile": partial(order, kind="transpile"),
    "GET /transpile/<task_id>": tasks.look,
    "GET /routing/backends": backends,
    "POST /routing/routing": partial(order, kind="routing"),
    "GET /routing/routing/<task_id>": tasks.look,
    **{f"GET /{kind}/backends": backends for kind in SYNTHESES},
    **{f"POST /{kind}/transpile": partial(order, kind=kind) for kind in SYNTHESES},
    **{f"GET /{kind}/transpile/<task_id>": tasks.look for kind in SYNTHESES},
    "POST /benchmark": benchmark,
    "GET /benchmark/<task_id>": benchmark,
}
