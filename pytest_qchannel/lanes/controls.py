"""What can be done to a lane's source beside asking it: levers, access, faults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.rerun_command import again
from pytest_qchannel.settings import Mode

if TYPE_CHECKING:  # a replay loads nothing of the emulator's world
    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.emulator.faults import Fault
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder

__all__ = ["Controls", "NoLevers", "RecordingControls"]


class Controls(Protocol):
    """What every lane offers; a lever that a lane has not got raises the usage error itself."""

    @property
    def emulator(self) -> EmulatorControl:
        """The emulator's levers.

        Raises:
            UsageProblem: The lane has none.
        """

    @property
    def world(self) -> WorldBuilder:
        """What the emulated world was built from.

        Raises:
            UsageProblem: The lane has none.
        """

    def revoke_access(self) -> None:
        """Makes what was logged in with invalid."""

    def revoke_access_token(self, token: str) -> None:
        """Makes one access token invalid, where there is something that could know it."""

    def unmet_faults(
        self, where: str, *, besides: Collection[Fault] = (), since: int = 0
    ) -> list[QChannelError]:
        """What to say of faults that were declared and did not happen."""

    def unmet_faults_of_world(self) -> dict[int, str]:
        """What to say of those that the world itself declares, by their number there."""

    def qpu_seconds(self, jobs: Collection[str]) -> Mapping[str, float]:
        """What jobs have used of a QPU, or would use, by their ids: those that it is known of."""

    def ending_faults(self) -> AbstractContextManager[object]:
        """Around a test: faults that are declared in the block end with it."""


class NoLevers:
    """The controls of a lane whose answers nobody can change.

    Args:
        mode: The lane's, for errors.
        where: The test, for errors.
    """

    def __init__(self, mode: Mode, where: str) -> None:
        self._mode = mode
        self._where = where

    @property
    def emulator(self) -> EmulatorControl:
        """There is none."""
        raise self._refusal()

    @property
    def world(self) -> WorldBuilder:
        """There is none."""
        raise self._refusal()

    def revoke_access(self) -> None:
        """Nothing: the answers that were recorded after it are refusals."""

    def revoke_access_token(self, token: str) -> None:
        """Nothing: nobody knows it."""

    def unmet_faults(
        self,
        where: str,  # noqa: ARG002
        *,
        besides: Collection[Fault] = (),  # noqa: ARG002
        since: int = 0,  # noqa: ARG002
    ) -> list[QChannelError]:
        """Nothing goes wrong here that was not recorded."""
        return []

    def unmet_faults_of_world(self) -> dict[int, str]:
        """There is no world."""
        return {}

    def qpu_seconds(self, jobs: Collection[str]) -> Mapping[str, float]:  # noqa: ARG002
        """Nothing is known of jobs that others ran."""
        return {}

    def ending_faults(self) -> AbstractContextManager[object]:
        """Nothing to end."""
        return nullcontext()

    def _refusal(self) -> UsageProblem:
        return UsageProblem(
            f"the emulator's levers are there in the emulated lane only, this is {self._mode}",
            where=self._where,
            next=f"{again('--qchannel-mode=emulated')}, or take the marker vcr from the test",
        )


class RecordingControls(NoLevers):
    """The controls of a source that is recorded: no levers, for a replay could not pull them.

    Args:
        source: The source's.
        where: The test, for errors.
    """

    def __init__(self, source: Controls, where: str) -> None:
        super().__init__(Mode.RECORD, where)
        self._source = source

    def revoke_access(self) -> None:
        """As the source does."""
        self._source.revoke_access()

    def revoke_access_token(self, token: str) -> None:
        """As the source does."""
        self._source.revoke_access_token(token)

    def unmet_faults(
        self, where: str, *, besides: Collection[Fault] = (), since: int = 0
    ) -> list[QChannelError]:
        """The source's."""
        return self._source.unmet_faults(where, besides=besides, since=since)

    def unmet_faults_of_world(self) -> dict[int, str]:
        """The source's."""
        return self._source.unmet_faults_of_world()

    def qpu_seconds(self, jobs: Collection[str]) -> Mapping[str, float]:
        """As the source knows them."""
        return self._source.qpu_seconds(jobs)
