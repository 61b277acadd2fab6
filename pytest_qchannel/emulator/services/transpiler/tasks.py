"""Tasks: made by an order, worked on beside the requests, and asked for until they are done."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.programs.outcome import JobFailure, Outcome
from pytest_qchannel.emulator.transpiler import load, worked
from pytest_qchannel.emulator.transpiler.order import ORDER, Order, Tick
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Step
from pytest_qchannel.emulator.world.tasks import TaskState, TranspilerTask
from pytest_qchannel.wire import Response

__all__ = ["backend_names", "begin", "look"]

HOLD_S: Final = 5.0
"""How long a poll waits for the work: a short task is done at the first look, as most jobs are."""


def backend_names(ctx: Context) -> Collection[str]:
    """The names of the devices that the account may use."""
    instances = ctx.caller.account.instances.values()
    return dict.fromkeys(name for one in instances for name in one.devices)


def begin(ctx: Context, order: Order, rule: str, backend: str | None) -> Response:
    """Takes an order, which is worked on from the first look on, as a job is."""
    work = load(order.kind)
    if (said := work.refusal(order)) is not None:
        raise ctx.refuse(400, "bad_request", said)
    world = ctx.world
    task = TranspilerTask(
        id=world.task_id(),
        account=ctx.caller.account,
        rule=rule,
        created_at=world.clock.now(),
        order=order,
        progression=world.devices[backend].progression if backend is not None else IMMEDIATE,
    )
    world.tasks[task.id] = task
    return Response.json({"task_id": task.id})


def _work(engine: Engine, task: TranspilerTask) -> None:
    """Has a task worked on: beside the requests, or in the worker process if it is long."""
    task.has_begun = True

    def started() -> None:
        task.state = TaskState.STARTED

    def ended(how: Outcome | JobFailure) -> None:
        with engine.changed:
            if isinstance(how, JobFailure):
                task.state, task.reason = TaskState.FAILURE, how.reason
            else:
                task.state, task.result = TaskState.SUCCESS, how.result
            engine.changed.notify_all()

    def work(tick: Tick) -> None:
        started()
        ended(worked(task.order, tick))

    if task.order.is_long:
        engine.submit(task.id, ORDER, task.order, started, ended)
    else:
        engine.aside.submit(work)


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
    if not task.has_begun:
        _work(ctx.engine, task)
    ctx.engine.changed.wait_for(lambda: task.is_final, timeout=HOLD_S)
    return _told(task.state, task.result, task.reason)


def _told(state: TaskState, result: bytes = b"null", reason: str = "") -> Response:
    # Nobody has seen what the service tells of a failure: the last field is ours.
    more = f',"detail":{json.dumps(reason)}' if reason else ""
    return Response.raw_json(
        b'{"state":"%s","result":%s%s}' % (state.value.encode(), result, more.encode())
    )
