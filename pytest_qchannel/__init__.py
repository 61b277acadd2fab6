"""Test code that talks to IBM Quantum: the same test emulated, replayed, recorded, or live.

The plugin needs no import: ask for its fixtures. What tests import from here are the assertions
and the errors; nothing heavy is loaded until it is used.

PYTEST_DONT_REWRITE: no assertion is here, and pytest would warn where it was loaded before.
"""

from __future__ import annotations

import atexit
import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_qchannel._version import __version__
    from pytest_qchannel.assertions import (
        assert_authenticated,
        assert_least_busy,
        assert_logged_out,
        assert_sampler_run,
        assert_submitted_once,
    )
    from pytest_qchannel.cassette.gate.findings import SecretFound
    from pytest_qchannel.cassette.playback.replay.miss import CassetteMiss
    from pytest_qchannel.cassette.problems import (
        BlobDamaged,
        BlobMissing,
        CassetteBusy,
        CassetteDamaged,
        CassetteMissing,
        CassetteProblem,
        CassetteTaken,
        CassetteTooOld,
        CassetteUnsafe,
        RecordingRefused,
    )
    from pytest_qchannel.channels.model import Account, Channel, Instance
    from pytest_qchannel.channels.rest import ChannelSession
    from pytest_qchannel.crn import CRN
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.emulator.faults import Fault
    from pytest_qchannel.emulator.faults.model import RouteMatch
    from pytest_qchannel.emulator.faults.unmet import FaultNotMet
    from pytest_qchannel.emulator.world.jobs import Job, JobEnding, Session, SessionState
    from pytest_qchannel.emulator.world.lifecycle import JobState
    from pytest_qchannel.emulator.world.progression import Progression, polls, seconds
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder
    from pytest_qchannel.errors import (
        ChannelUnavailable,
        EmulatorGap,
        ExpectationFailed,
        HopelessWait,
        NetworkBlocked,
        QChannelError,
        RawKeyWarning,
        RealSecretRefused,
        UsageProblem,
    )
    from pytest_qchannel.journal import Exchange, Journal
    from pytest_qchannel.lanes.emulation import emulated
    from pytest_qchannel.lanes.qchannel import QChannel, SavedAccounts
    from pytest_qchannel.modes import Door, Mode, Source
    from pytest_qchannel.plugin.fixtures import fixtures
    from pytest_qchannel.secret import Secret
    from pytest_qchannel.settings import Settings

_HOMES = {
    "pytest_qchannel._version": ("__version__",),
    "pytest_qchannel.assertions": (
        "assert_authenticated",
        "assert_least_busy",
        "assert_logged_out",
        "assert_sampler_run",
        "assert_submitted_once",
    ),
    "pytest_qchannel.cassette.gate.findings": ("SecretFound",),
    "pytest_qchannel.cassette.playback.replay.miss": ("CassetteMiss",),
    "pytest_qchannel.cassette.problems": (
        "BlobDamaged",
        "BlobMissing",
        "CassetteBusy",
        "CassetteDamaged",
        "CassetteMissing",
        "CassetteProblem",
        "CassetteTaken",
        "CassetteTooOld",
        "CassetteUnsafe",
        "RecordingRefused",
    ),
    "pytest_qchannel.lanes.emulation": ("emulated",),
    "pytest_qchannel.lanes.qchannel": ("QChannel", "SavedAccounts"),
    "pytest_qchannel.channels.model": ("Account", "Channel", "Instance"),
    "pytest_qchannel.channels.rest": ("ChannelSession",),
    "pytest_qchannel.crn": ("CRN",),
    "pytest_qchannel.emulator.control": ("EmulatorControl",),
    "pytest_qchannel.emulator.faults": ("Fault",),
    "pytest_qchannel.emulator.faults.model": ("RouteMatch",),
    "pytest_qchannel.emulator.faults.unmet": ("FaultNotMet",),
    "pytest_qchannel.emulator.world.jobs": ("Job", "JobEnding", "Session", "SessionState"),
    "pytest_qchannel.emulator.world.lifecycle": ("JobState",),
    "pytest_qchannel.emulator.world.progression": ("Progression", "polls", "seconds"),
    "pytest_qchannel.emulator.worlds.builder": ("WorldBuilder",),
    "pytest_qchannel.errors": (
        "ChannelUnavailable",
        "EmulatorGap",
        "ExpectationFailed",
        "HopelessWait",
        "NetworkBlocked",
        "QChannelError",
        "RawKeyWarning",
        "RealSecretRefused",
        "UsageProblem",
    ),
    "pytest_qchannel.journal": ("Exchange", "Journal"),
    "pytest_qchannel.modes": ("Door", "Mode", "Source"),
    "pytest_qchannel.plugin.fixtures": ("fixtures",),
    "pytest_qchannel.secret": ("Secret",),
    "pytest_qchannel.settings": ("Settings",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CRN",
    "Account",
    "BlobDamaged",
    "BlobMissing",
    "CassetteBusy",
    "CassetteDamaged",
    "CassetteMiss",
    "CassetteMissing",
    "CassetteProblem",
    "CassetteTaken",
    "CassetteTooOld",
    "CassetteUnsafe",
    "Channel",
    "ChannelSession",
    "ChannelUnavailable",
    "Door",
    "EmulatorControl",
    "EmulatorGap",
    "Exchange",
    "ExpectationFailed",
    "Fault",
    "FaultNotMet",
    "HopelessWait",
    "Instance",
    "Job",
    "JobEnding",
    "JobState",
    "Journal",
    "Mode",
    "NetworkBlocked",
    "Progression",
    "QChannel",
    "QChannelError",
    "RawKeyWarning",
    "RealSecretRefused",
    "RecordingRefused",
    "RouteMatch",
    "SavedAccounts",
    "Secret",
    "SecretFound",
    "Session",
    "SessionState",
    "Settings",
    "Source",
    "UsageProblem",
    "WorldBuilder",
    "__version__",
    "assert_authenticated",
    "assert_least_busy",
    "assert_logged_out",
    "assert_sampler_run",
    "assert_submitted_once",
    "emulated",
    "fixtures",
    "polls",
    "seconds",
]


class _AsInstalled:
    """Finds the modules of this package as Python does, with the bytecode that was installed.

    Pytest's own finder makes assertions of tests tell more, of which there are none here; where
    Python may write no bytecode it would compile each module again in every run.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module of ours is; nothing of all others."""
        return PathFinder.find_spec(name, path, target) if name.startswith(_PREFIX) else None


_PREFIX = f"{__name__}."


def _forget() -> None:
    """Removes the finder, also that of this module as it was loaded before.

    One that is left at the end costs the interpreter another look at all objects.
    """
    sys.meta_path[:] = [one for one in sys.meta_path if getattr(one, "__module__", "") != __name__]


if "_pytest.assertion.rewrite" in sys.modules:
    _forget()
    sys.meta_path.insert(0, _AsInstalled)
    atexit.register(_forget)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
