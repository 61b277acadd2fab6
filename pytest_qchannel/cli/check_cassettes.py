"""The cassettes of ``qchannel check``: where a recording goes, and which ones a replay takes.

A client's flow of one channel is one cassette, and so is its REST flow::

    cassettes/check/client-0.40.1/ibm_cloud.yaml
    cassettes/check/rest/ibm_cloud.yaml

Clients ask for different things, so each generation has a set of its own. The installed client
replays the newest set that is not newer than itself. REST needs no client and has one set. Those
of this project are in the wheel, below the package; in a checkout they lie beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pytest_qchannel import paths
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.ibm.releases import version_of
from pytest_qchannel.lanes.decide import Plan
from pytest_qchannel.lanes.tapes import Place, RecordTape, ReplayTape, tape_for
from pytest_qchannel.settings import Mode, Settings

__all__ = ["DEFAULT", "CheckCassettes", "shipped"]

DEFAULT: Final = Path("cassettes")
"""Where a recording goes if nobody says where: the folder of a checkout."""

_FOLDER: Final = "check"
_SET: Final = re.compile(r"client-(\d+(?:\.\d+)*)")


def shipped() -> Path:
    """The folder of the cassettes that came with this package."""
    return paths.shipped("", "cassettes")


class CheckCassettes:
    """Gives the tape of each flow.

    Args:
        settings: Their mode says what the tapes do; there are none in the emulated lane.
        folder: The folder of all cassettes; by default ``cassettes`` for a recording, and those
            that came with the package for a replay.

    Raises:
        UsageProblem: A replay finds no set for the installed client.
    """

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self._settings = settings
        is_replay = settings.mode is Mode.REPLAY
        self.folder = folder or (shipped() if is_replay else DEFAULT)
        self.release = self._newest_fitting() if is_replay else client_version()

    def place(self, channel: Channel, *, is_rest: bool) -> Place:
        """Where the cassette of a flow lies."""
        chosen = "rest" if is_rest else f"client-{self.release}"
        return Place.of(self.folder, f"{_FOLDER}/{chosen}::{channel}")

    def tape(self, channel: Channel, *, is_rest: bool) -> ReplayTape | RecordTape | None:
        """The tape of a flow; ``None`` in the emulated lane.

        Raises:
            CassetteProblem: There is none to replay, or it cannot be used.
        """
        if self._settings.mode is Mode.EMULATED:
            return None
        place = self.place(channel, is_rest=is_rest)
        return tape_for(Plan(self._settings.mode), place, self._settings)

    def _newest_fitting(self) -> str:
        base = self.folder / _FOLDER
        found = [_SET.fullmatch(one.name) for one in base.glob("client-*")] if base.is_dir() else []
        releases = sorted((one[1] for one in found if one is not None), key=version_of)
        installed = client_version()
        fitting = [one for one in releases if version_of(one) <= version_of(installed)]
        if fitting:
            return fitting[-1]
        of = f"of qiskit-ibm-runtime {', '.join(releases)} only" if releases else "of no client"
        raise UsageProblem(
            f"there are no cassettes for qiskit-ibm-runtime {installed} to replay",
            where=str(self.folder),
            facts=[("found", f"cassettes {of}")],
            next="record some: qchannel check --mode record --cassettes cassettes; "
            "then: qchannel check --mode replay --cassettes cassettes",
        )
