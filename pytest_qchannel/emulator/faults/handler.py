"""Faults: stands before the services, and lets happen what a test has declared."""

from __future__ import annotations

from dataclasses import replace

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.faults.answers import refusal, spoil
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.emulator.faults.strike import due
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.hosts import Host, find_host
from pytest_qchannel.ibm.table import is_submission
from pytest_qchannel.wire import ConnectionDropped, Handle, Link, Request, Response, Trouble

__all__ = ["with_faults"]


def with_faults(app: App) -> Link:
    """Lets the faults of an emulator happen to requests and answers.

    What answers carry as ``trouble`` says which fault it was, and what had been answered.

    Args:
        app: Has the faults, and the world that some of them change. Of a request that a fault
            keeps from the services it complains where they would not know it.
    """

    def handle(request: Request, answer: Handle) -> Response:
        host = find_host(request.host, request.path)
        with app.engine.changed:
            fault = due(app.faults, app.world, request, host) if host is not None else None
            if fault is None or host is None:
                return answer(request)
            if fault.delay_s:
                # Waiting for the condition lets other requests in meanwhile.
                app.engine.changed.wait_for(lambda: False, timeout=fault.delay_s)
            answered = answer(request) if fault.lets_through else None
            if answered is None:
                app.note_gap(request)
            trouble = Trouble(str(fault), answered, is_lost=bool(fault.drop or fault.body))
            if fault.drop is not None:
                raise ConnectionDropped(fault.drop, trouble)
            return replace(_left(app.world, fault, request, host, answered), trouble=trouble)

    return handle


def _left(
    world: World, fault: Fault, request: Request, host: Host, answered: Response | None
) -> Response:
    """What a fault leaves of an answer."""
    if fault.status is not None:
        submits = is_submission(request.method, request.host, request.path)
        answered = refusal(fault, host.service, world.hex(32), is_submission=submits)
    assert answered is not None, "a request is kept from the services by a status or a drop only"
    return spoil(fault, answered)
