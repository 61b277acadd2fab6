"""Ends what live runs left by the tags of their jobs alone, where no ledger tells of it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_qchannel.lanes.live.access import Unanswered
from pytest_qchannel.lanes.live.caller import LiveLoginFailed
from pytest_qchannel.lanes.live.entry import fingerprint
from pytest_qchannel.lanes.live.run import LiveRun
from pytest_qchannel.lanes.live.sweep import Line, TagSweep

__all__ = ["swept_by_tags"]


def swept_by_tags(
    run: LiveRun,
    named: str | None,
    unasked: list[str],
    *,
    seconds: float | None = None,
    before: float | None = None,
    is_dry: bool = False,
) -> Iterator[Line]:
    """What the service has, of whatever machine: of each instance that can be asked.

    Args:
        run: Has the credentials, and the way to the services.
        named: The run; ``None``: all of them.
        unasked: Is told of each instance that could not be asked: nothing found is not the same as
            nothing left.
        seconds: How long at most for each; ``None``: as the settings say.
        before: Only what is older, in seconds since the epoch.
        is_dry: Whether it is only told what there is.
    """
    sweep, seen = TagSweep(run.clock, run.send), set[str]()
    for channel in run.held:
        try:
            instances = run.instances_of(channel)
        except LiveLoginFailed as problem:
            unasked.append(str(problem))
            continue
        for one in instances:
            if one.id in seen:
                continue
            try:
                yield from sweep.sweep(
                    run.access(channel, one.id),
                    run.settings.sweep_timeout if seconds is None else seconds,
                    run=named,
                    before=before,
                    is_dry=is_dry,
                )
            except (LiveLoginFailed, Unanswered) as problem:
                unasked.append(f"instance {fingerprint(one.id)}: {problem}")
            else:
                seen.add(one.id)
