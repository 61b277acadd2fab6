"""The Qiskit Transpiler Service: circuits in, circuits of a device out, each in a task.

It was a host of its own beside the classic platform. Sources: IBM's guide to transpiling over REST
and its API reference (2024 and 2025), its client ``qiskit-ibm-transpiler`` 0.8 to 0.10, and the
tests in the source distribution of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_qchannel.hosts import TRANSPILER
from pytest_qchannel.ibm.fields import each
from pytest_qchannel.ibm.route import Action, Answers, Fields, Route

__all__ = ["ROUTES", "SYNTHESES"]

_CLIENT: Final = "qiskit-ibm-transpiler 0.8 to 0.10"
_GUIDE: Final = "IBM's guide to transpiling over REST"
_REFERENCE: Final = "IBM's reference of the transpiler service; its results are known to nobody"

SYNTHESES: Final = ("clifford", "linear_functions", "permutations", "pauli_network")
"""What blocks of circuits are synthesised again, by the first part of their paths."""

# Of the refusals only the bodies are known.
_POSTED: Final[Answers] = {400: "I", 403: "I", 422: "D"}
_POLLED: Final[Answers] = {200: "D", 404: "I"}
_TASK: Final[Fields] = {"task_id": "task_id"}
_ANSWERED: Final[Fields] = {"state": "keep", "result": "params", "detail": "prose"}
_PACKED: Final[Fields] = {"": "params"}


def _task(rule: str, source: str, query: Fields, letter: str = "C") -> Iterator[Route]:
    """What takes circuits and answers with a task, and what asks for that."""
    yield Route(
        TRANSPILER, "POST", rule, "transpiler", source,
        {200: letter, **_POSTED},
        Action.WRITE,
        query=query,
        sent=_PACKED,
        answered=_TASK,
    )  # fmt: skip
    yield Route(
        TRANSPILER, "GET", f"{rule}/<task_id>", "transpiler", source, _POLLED, answered=_ANSWERED
    )


def _backends(kind: str) -> Route:
    return Route(
        TRANSPILER, "GET", f"/{kind}/backends", "transpiler", _CLIENT, {200: "C"},
        answered={"[]": "keep"},
    )  # fmt: skip


ROUTES: Final = (
    Route(
        TRANSPILER, "GET", "/version", "transpiler", _CLIENT, {200: "C"},
        answered={"qiskit": "keep"},
    ),
    *_task(
        "/transpile", _GUIDE,
        each("backend optimization_level ai use_ai ai_layout_mode use_fractional_gates", "keep"),
        letter="D",
    ),
    _backends("routing"),
    *_task(
        "/routing/routing", _CLIENT, each("check_result layout_mode optimization_level", "keep")
    ),
    *(_backends(kind) for kind in SYNTHESES),
    *(
        route
        for kind in SYNTHESES
        for route in _task(f"/{kind}/transpile", _CLIENT, each("backend", "keep"))
    ),
    Route(
        TRANSPILER, "POST", "/benchmark", "transpiler", _REFERENCE, {200: "D", 501: "G"},
        Action.WRITE,
        query=each("model backend", "keep"),
        answered=_TASK,
    ),
    Route(
        TRANSPILER, "GET", "/benchmark/<task_id>", "transpiler", _REFERENCE,
        {200: "D", 501: "G"},
        answered=_ANSWERED,
    ),
)  # fmt: skip
