"""The least busy backend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pytest_qchannel.assertions._explain import explain_error
from pytest_qchannel.assertions._table import table
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import ExpectationFailed, QChannelError, UsageProblem

__all__ = ["assert_least_busy"]

_ROWS: Final = 12


class _Status(Protocol):
    operational: bool
    pending_jobs: int
    status_msg: str


class _Backend(Protocol):
    def status(self) -> _Status: ...


class _Service(Protocol):
    def backends(self, **filters: object) -> Iterable[_Backend]: ...


@dataclass(frozen=True)
class _Row:
    name: str
    queue: int | None
    status: str
    is_candidate: bool


def assert_least_busy(backend: object, service: Any, **filters: object) -> None:
    """Holds if no available backend that the filters admit has a shorter queue.

    Args:
        backend: What the code under test picked: a backend or its name.
        service: The service it was picked from.
        filters: What ``service.least_busy`` was given, as ``operational=True``.

    Raises:
        ExpectationFailed: Another backend has a shorter queue, or this one is not available.
        UsageProblem: ``backend`` has no name.

    Source: ``QiskitRuntimeService.least_busy``: of the active, operational
        backends the one with the fewest pending jobs; ties are open.
    """
    __tracebackhide__ = True
    name = _name_of(backend)
    asked = f"service.backends({_shown(filters)})"
    rows = sorted(_rows(service, filters, asked), key=_order)
    if not rows:
        raise ExpectationFailed(
            f"assert_least_busy: the service lists no backend at all for {name} to be among",
            where=asked,
            closest="after a 401 the client's backends() gives an empty list, too",
            next="call assert_authenticated(service) first, then loosen the filters",
        )
    given = next((row for row in rows if row.name == name), None)
    best = min((row.queue for row in rows if row.queue is not None and row.is_candidate), default=0)
    if given is not None and given.is_candidate and given.queue == best:
        return
    busier = sum(
        row.is_candidate
        and row.queue is not None
        and (given is None or given.queue is None or row.queue < given.queue)
        for row in rows
    )
    if given is None:
        said = f"{name} is not among the backends that match the filters"
    elif not given.is_candidate:
        said = f"{name} is not available: {given.status}"
    else:
        queue = counted(given.queue or 0, "pending job")
        said = f"{name} has {queue}, the least busy backend {best}"
    verb = "is" if busier == 1 else "are"
    raise ExpectationFailed(
        f"assert_least_busy: {said}",
        where=asked,
        facts=[("backends", _table(rows, name, best))],
        closest=f"{busier} of {len(rows)} backends {verb} less busy" if given else None,
        next="on the live service queues move: pick the backend again just before",
    )


def _name_of(backend: object) -> str:
    __tracebackhide__ = True
    name = backend if isinstance(backend, str) else getattr(backend, "name", None)
    name = name() if callable(name) else name
    if not isinstance(name, str) or not name:
        raise UsageProblem(
            f"assert_least_busy: a {type(backend).__name__} has no name",
            next="pass what service.least_busy() gave, or a backend's name",
        )
    return name


def _shown(filters: Mapping[str, object]) -> str:
    return ", ".join(
        f"{key}={getattr(value, '__name__', repr(value))}" for key, value in filters.items()
    )


def _rows(service: _Service, filters: Mapping[str, object], asked: str) -> list[_Row]:
    __tracebackhide__ = True
    failure = ""
    listed: list[_Backend] = []
    try:
        listed = list(service.backends(**filters))
    except QChannelError:
        raise
    except Exception as error:  # each client has its own family
        failure = explain_error(error)
    if failure:
        raise ExpectationFailed(
            "assert_least_busy: the backends could not be listed",
            where=asked,
            facts=[("got", failure)],
            next="mend that failure first; qchannel.requests shows what was sent",
        )
    return list({row.name: row for row in map(_row, listed)}.values())


def _row(backend: _Backend) -> _Row:
    name = _name_of(backend)
    try:
        status = backend.status()
    except QChannelError:
        raise
    except Exception as error:  # one broken backend is no candidate; the others still are
        return _Row(name, None, f"no status ({explain_error(error)})", is_candidate=False)
    message = str(status.status_msg)
    if not status.operational:
        return _Row(name, int(status.pending_jobs), f"not operational ({message})", False)
    return _Row(name, int(status.pending_jobs), message, message == "active")


def _order(row: _Row) -> tuple[bool, float, str]:
    return (not row.is_candidate, float("inf") if row.queue is None else row.queue, row.name)


def _table(rows: list[_Row], name: str, best: int) -> str:
    shown = rows[:_ROWS]
    given = [row for row in rows[_ROWS:] if row.name == name]
    if given:
        shown = [*rows[: _ROWS - 1], *given]
    cells = []
    for row in shown:
        verdict = "least busy" if row.queue == best else "busier"
        verdict = verdict if row.is_candidate else "no candidate"
        mark = "  <- given" if row.name == name else ""
        cells.append(
            (row.name, "?" if row.queue is None else row.queue, row.status, verdict + mark)
        )
    text = table(("name", "queue", "status", "verdict"), cells)
    left = len(rows) - len(shown)
    return f"{text}\n({left} more)" if left else text
