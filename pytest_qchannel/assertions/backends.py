"""The least busy backend."""

from __future__ import annotations

from typing import Any, Final

from pytest_qchannel.errors import ExpectationFailed

__all__ = ["assert_least_busy"]

_ROWS: Final = 12


def assert_least_busy(backend: Any, service: Any, **filters: Any) -> None:
    """Holds if no available backend that the filters admit has a shorter queue.

    Args:
        backend: What the code under test picked: a backend or its name.
        service: The service it was picked from.
        filters: What ``service.least_busy`` was given, as ``operational=True``.

    Raises:
        ExpectationFailed: Another backend has a shorter queue, or this one is not available.
    Source: ``QiskitRuntimeService.least_busy`` of 0.34 to 0.51: of the active, operational
        backends the one with the fewest pending jobs; ties are open.
    """
    __tracebackhide__ = True
    name = backend if isinstance(backend, str) else backend.name
    name = name() if callable(name) else name
    rows = []
    for candidate in service.backends(**filters):
        status = candidate.status()
        available = bool(status.operational) and status.status_msg == "active"
        rows.append((int(status.pending_jobs), candidate.name, available, status.status_msg))
    rows.sort(key=lambda row: (not row[2], row[0]))
    queues = {row[1]: row[0] for row in rows if row[2]}
    if name in queues and queues[name] == min(queues.values()):
        return
    if name not in {row[1] for row in rows}:
        said = f"{name} is not among the backends that the filters admit"
    elif name not in queues:
        said = f"{name} is not available"
    else:
        said = f"{name} has {queues[name]} jobs in its queue, another backend has fewer"
    lines = [f"{row[1]:<20} {row[0]:>6} jobs  {row[3]}" for row in rows[:_ROWS]]
    if len(rows) > _ROWS:
        lines.append(f"and {len(rows) - _ROWS} more")
    raise ExpectationFailed(
        f"assert_least_busy: {said}",
        where=f"filters {filters}" if filters else None,
        facts=[("backends", "\n".join(lines) or "none")],
        closest=min(queues, key=lambda one: queues[one]) if queues else None,
        next="call service.least_busy() again: the queues may have changed since",
    )
