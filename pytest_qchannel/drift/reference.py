"""The emulated world that the service is compared with: something of every kind is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_qchannel.crn import CRN
from pytest_qchannel.drift.ask import Subject
from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.default_world import fleet
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Handle

__all__ = ["Reference", "reference"]

_ACCOUNT: Final = "drift"
_PARAMS: Final = '{"pubs": [["OPENQASM 3.0; bit[1] c; c[0] = measure $0;"]]}'
_RESULT: Final = (
    '{"results": [{"data": {"c": {"samples": ["0x0"], "num_bits": 1}}, "metadata": {}}], '
    '"metadata": {"execution": {"execution_spans": [[{"date": "2026-01-01T00:00:00Z"}, '
    '{"date": "2026-01-01T00:00:01Z"}, {"0": [[1], [0, 1], [0, 1]]}]]}}}'
)
_LITTLE: Final = '{"results": [], "metadata": {}}'
_ENDLESS: Final = "seconds(1000000000)"


@dataclass(frozen=True, slots=True)
class Reference:
    """The emulator, and those in whose names it is asked."""

    handle: Handle
    subjects: tuple[Subject, ...]


def reference(clock: Clock) -> Reference:
    """The emulator with devices, instances, jobs and sessions of every kind.

    Args:
        clock: Where its time comes from.
    """
    app = App(_world().build(clock))
    [account] = app.world.accounts
    secret = Secret("the emulated key", account.credential)
    limited, bought = (CRN.parse(one.id) for one in account.instances.values())
    # One of them asks about devices: they are the same for both, and large.
    subjects = (
        Subject(secret, limited, backends=0, jobs=40, few=40),
        Subject(secret, bought, backends=9, jobs=40, few=40),
    )
    return Reference(app.handle, subjects)


def _world() -> WorldBuilder:
    """An instance with a limit and one without, and in each a job of every kind."""
    known = fleet()
    devices = (*known.online[:2], known.offline, known.paid[-1], *known.eu_de)
    world = WorldBuilder()
    states = ("online", "offline", "paused", "online", "online", "online")
    for name, status in zip(devices, states, strict=True):
        world = world.device(name, status=status, queue_length=1)
    world = world.account(_ACCOUNT, channels=("ibm_quantum_platform",))
    world = world.instance("drift-open", plan="Open", usage_limit_s=600, usage_s=10, tags=("a",))
    world = world.instance("drift-premium", plan="Premium", usage_allocation_s=36_000)
    for instance in ("drift-open", "drift-premium"):
        world = _with_jobs(world, instance, devices[0])
    return world


def _with_jobs(world: WorldBuilder, instance: str, device: str) -> WorldBuilder:
    kinds: tuple[dict[str, object], ...] = (
        {"state": JobState.COMPLETED, "result": _LITTLE, "tags": ("qchannel-drift",)},
        {"state": JobState.COMPLETED, "result": _RESULT, "session": instance, "usage_s": 1.5},
        {"state": JobState.FAILED, "reason": "It failed.", "reason_code": 1517},
        {"state": JobState.FAILED, "reason": "It failed."},
        {"state": JobState.CANCELLED},
        {"state": JobState.QUEUED, "progression": _ENDLESS},
        {"state": JobState.RUNNING, "progression": _ENDLESS},
    )
    for age, words in enumerate(kinds):
        world = world.job(
            account=_ACCOUNT,
            instance=instance,
            backend=device,
            params=_PARAMS,
            age_s=3_600.0 * (len(kinds) - age),
            **words,  # type: ignore[arg-type]
        )
    return world
