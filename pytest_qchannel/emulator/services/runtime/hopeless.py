"""Waits that nothing in a test can end: for a job that only time, money or a lever would move.

The service lets such a job wait for days. A test that polls it would hang, so the wait fails by
name after ``most_polls`` polls of the world's rules.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.services.runtime import session_clock
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.errors import HopelessWait

__all__ = ["note_page", "note_poll"]

SOON_S: Final = 60.0
"""A job that the clock itself moves within this time is worth waiting for."""


_MOST_PAGES: Final = 500
"""How often one page beyond the end of a list is asked for that nothing can fill."""


class _Hold(NamedTuple):
    """What keeps a job where it is, and what would move it."""

    why: str
    lever: str


def note_poll(world: World, job: Job) -> None:
    """Counts a poll in which nothing happened.

    Raises:
        HopelessWait: They are too many, and nothing that a poll can wait for moves the job.
    """
    most = world.rules.most_polls
    hold = None if job.is_final or job.is_with_worker else _hold(world, job)
    if hold is None or not most:
        job.idle_looks = 0
        return
    if job.idle_since != world.clock.moved:
        job.idle_since, job.idle_looks = world.clock.moved, 0
    job.idle_looks += 1
    if job.idle_looks >= most:
        raise HopelessWait(
            f"the job {job.id} was polled {counted(most, 'time')} and stays {job.state.value}: "
            f"{hold.why}",
            closest=f"it is job {job.number} of this world, on {job.backend}",
            next=f"{hold.lever}; where the test is about the wait itself, most_polls = 0 of the "
            "world lets it go on, or cancel the job",
        )


def note_page(world: World, query: str, offset: int, count: int) -> None:
    """Counts a page of jobs that is asked for; the client asks for one beyond the ends for ever.

    What could fill it is a job that is still to come, into the list or to its end: with one, and
    once anything else is asked of the list, the count begins anew.

    Raises:
        HopelessWait: It was asked for very often, and nothing in the world can fill it.
    """
    may_come = world.unfinished or world.rules.list_lag_s or not world.rules.most_polls
    if 0 <= offset <= count or may_come:
        world.idle_pages = (), 0
        return
    page = (query, count, len(world.jobs), world.clock.moved)
    before, asked = world.idle_pages
    world.idle_pages = page, asked + 1 if page == before else 1
    if world.idle_pages[1] >= _MOST_PAGES:
        bound = f"{count} at most" if offset > 0 else "0 or more"
        raise HopelessWait(
            f"the jobs from number {offset} on were listed {_MOST_PAGES} times, and there are "
            f"{count}: service.jobs(skip=...) of the client never ends there, live as here",
            next=f"ask for skip={bound}; where the test is about the wait itself, "
            "most_polls = 0 of the world lets it go on",
        )


def _hold(world: World, job: Job) -> _Hold | None:
    ahead = session_clock.job_ahead(job)
    if ahead is not None:
        before = _hold(world, ahead)
        if before is None:
            return None
        return _Hold(f"before it in its session is {ahead.id}: {before.why}", before.lever)
    device = world.devices[job.backend]
    if device.status is not DeviceStatus.ONLINE:
        return _Hold(
            f"{device.name} is {device.status}", f"qchannel_emulator.bring_online({device.name!r})"
        )
    if job.running_at is None and job.instance.is_used_up:
        instance = job.instance
        return _Hold(
            f"{instance.name} has used the {counted(instance.usage_limit_s or 0, 'second')} that "
            "it may use",
            f"qchannel_emulator.set_usage_limit({instance.name!r}, None), "
            "or use an instance that has time left",
        )
    if job.progression.is_stuck:
        return _Hold(
            "its progression is 'stuck'",
            f"let its device have another one, as set_progression({device.name!r}, 'polls(3)')",
        )
    left_s = _left_s(world, job)
    if left_s > SOON_S:
        return _Hold(
            f"by its progression, {job.progression}, it has "
            f"{counted(round(left_s), 'second')} to go",
            f"qchannel_emulator.advance_clock({left_s:.0f})",
        )
    return None


def _left_s(world: World, job: Job) -> float:
    """How long the emulated clock has to go until the job ends; 0 where that is not what counts."""
    since = session_clock.turn(world, job)
    if since is None or not job.progression.total_s:
        return 0.0
    return since + job.progression.total_s - world.clock.now()
