"""Faults: stands before the services, and lets happen what a test has declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_qchannel.emulator.faults.answers import refusal, spoil
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.emulator.faults.strike import due
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.hosts import Host, find_host
from pytest_qchannel.wire import ConnectionDropped, Handle, Link, Request, Response, Trouble

__all__ = ["with_faults"]


def with_faults(world: World, look: Callable[[Request], object]) -> Link:
    """Lets the faults of a world happen to requests and answers.

    What answers carry as ``trouble`` says which fault it was, and what had been answered.

    Args:
        world: Has the faults, and the state that some of them change.
        look: Called with each request that a fault keeps from the services: it complains of one
            that they would not know.
    """

    def handle(request: Request, answer: Handle) -> Response:
        host = find_host(request.host, request.path)
        with world.engine.changed:
            fault = due(world, request, host) if host is not None else None
            if fault is None or host is None:
                return answer(request)
            if fault.delay_s:
                # Waiting for the condition lets other requests in meanwhile.
                world.engine.changed.wait_for(lambda: False, timeout=fault.delay_s)
            answered = answer(request) if fault.lets_through else None
            if answered is None:
                look(request)
            trouble = Trouble(str(fault), answered, is_lost=bool(fault.drop or fault.body))
            if fault.drop is not None:
                raise ConnectionDropped(fault.drop, trouble)
            return replace(_left(world, fault, request, host, answered), trouble=trouble)

    return handle


def _left(
    world: World, fault: Fault, request: Request, host: Host, answered: Response | None
) -> Response:
    """What a fault leaves of an answer."""
    if fault.status is not None:
        is_submission = request.method == "POST" and request.path == f"{host.base}/jobs"
        answered = refusal(fault, host.service, world.hex(32), is_submission=is_submission)
    assert answered is not None, "a request is kept from the services by a status or a drop only"
    return spoil(fault, answered)
