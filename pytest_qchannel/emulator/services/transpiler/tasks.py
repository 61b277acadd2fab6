"""Tasks: made by an order, worked on beside the requests, and asked for until they are done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.programs.aside import Unwanted
from pytest_qchannel.emulator.transpiler import load
from pytest_qchannel.emulator.transpiler.order import Order, Tick
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Step
from pytest_qchannel.emulator.world.tasks import TaskState, TranspilerTask
from pytest_qchannel.wire import Json, Response

__all__ = ["backend_names", "begin", "look"]

HOLD_S: Final = 5.0
"""How long a poll waits for the work: a short task is done at the first look, as most jobs are."""


def backend_names(ctx: Context) -> Collection[str]:
    """The names of the devices that the account may use."""
    instances = ctx.caller.account.instances.values()
    return dict.fromkeys(name for one in instances for name in one.devices)


def begin(ctx: Context, order: Order, rule: str, backend: str | None) -> Response:
    """Takes an order; it is worked on from now on, whether anybody looks or not."""
    work = load(order.kind)
    if (said := work.refusal(order)) is not None:
        raise ctx.refuse(400, "bad_request", said)
    world, engine = ctx.world, ctx.engine
    task = TranspilerTask(
        id=world.task_id(),
        account=ctx.caller.account,
        rule=rule,
        created_at=world.clock.now(),
        progression=world.devices[backend].progression if backend is not None else IMMEDIATE,
    )
    world.tasks[task.id] = task

    def done(tick: Tick) -> None:
        task.state = TaskState.STARTED
        result, reason = _outcome(lambda: work.run(order, tick))
        with engine.changed:
            task.result, task.reason = result, reason
            task.state = TaskState.FAILURE if reason else TaskState.SUCCESS
            engine.changed.notify_all()

    engine.aside.submit(done)
    return Response.json({"task_id": task.id})


def _outcome(run: Callable[[], Json]) -> tuple[Json, str]:
    try:
        return run(), ""
    except Unwanted:
        raise
    except Exception as problem:  # whatever Qiskit makes of circuits and options
        return None, f"{type(problem).__name__}: {problem}"


def look(ctx: Context) -> Response:
    """``GET .../{task_id}``: where a task stands; it is waited for, a moment."""
    task = ctx.world.tasks.get(ctx.args["task_id"])
    is_there = task is not None and ctx.request.path.startswith(f"{task.rule}/")
    if task is None or not is_there or task.account is not ctx.caller.account:
        raise ctx.refuse(404, "not_found", "Not Found")
    task.looks += 1
    step = task.progression.step(task.looks, ctx.world.clock.now() - task.created_at)
    if step is Step.WAITING:
        return _told(TaskState.PENDING)
    if step is Step.WORKING:
        return _told(TaskState.STARTED)
    ctx.engine.changed.wait_for(lambda: task.is_final, timeout=HOLD_S)
    return _told(task.state, task.result, task.reason)


def _told(state: TaskState, result: Json = None, reason: str = "") -> Response:
    said: dict[str, Json] = {"state": state.value, "result": result}
    # Nobody has seen what the service tells of a failure: this field is ours.
    return Response.json({**said, "detail": reason} if reason else said)
