"""The levers of the emulator that a test may pull: ``qchannel_emulator``."""

from __future__ import annotations

from pytest_qchannel.emulator.app import App
from pytest_qchannel.emulator.world import AccessToken, Device, DeviceStatus, Job
from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["EmulatorControl"]


class EmulatorControl:
    """What a test can do to the emulated services, beside using them."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def backends(self) -> tuple[str, ...]:
        """The names of all devices of the world."""
        return tuple(self._app.world.devices)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs that were created, oldest first."""
        return tuple(self._app.world.jobs.values())

    def now(self) -> float:
        """The emulated time, in seconds since the epoch."""
        return self._app.world.clock.now()

    def advance_clock(self, seconds: float) -> None:
        """Moves the emulated time forward; tokens expire by it.

        The client keeps its own time: it goes on sending a token that the services have come to
        regard as expired, and gets a 401.
        """
        self._app.world.clock.advance(seconds)

    def revoke_access_tokens(self) -> int:
        """Makes every access token given so far invalid; says how many were valid until now."""
        valid = [token for token in self._tokens() if not token.revoked]
        for token in valid:
            token.revoked = True
        return len(valid)

    def revoke_access_token(self, value: str) -> None:
        """Makes one access token invalid.

        Raises:
            UsageProblem: The emulator never gave out this token.
        """
        token = self._app.world.tokens.get(value)
        if token is None:
            raise UsageProblem(
                "this access token was not given out by the emulator",
                next="pass the value of qchannel_access_token, or use revoke_access_tokens()",
            )
        token.revoked = True

    def revoke_credentials(self) -> None:
        """Makes every API key and API token invalid; access tokens given so far stay valid."""
        for account in self._app.world.accounts:
            account.credential_revoked = True

    def set_queue_length(self, backend: str, length: int) -> None:
        """Sets how many jobs of other people wait at a backend."""
        if length < 0:
            raise UsageProblem(f"a queue cannot have {length} jobs", next="give 0 or more")
        self._device(backend).queue_length = length

    def take_offline(self, backend: str) -> None:
        """Takes a backend offline; its jobs stay queued until :meth:`bring_online`."""
        self._device(backend).status = DeviceStatus.OFFLINE

    def pause(self, backend: str) -> None:
        """Pauses a backend: it accepts jobs and keeps them queued."""
        self._device(backend).status = DeviceStatus.PAUSED

    def bring_online(self, backend: str) -> None:
        """Brings a backend back; its queued jobs run when they are next looked at."""
        self._device(backend).status = DeviceStatus.ONLINE

    def _tokens(self) -> list[AccessToken]:
        return list(self._app.world.tokens.values())

    def _device(self, name: str) -> Device:
        devices = self._app.world.devices
        if name not in devices:
            close = nearest(name, devices)
            raise UsageProblem(
                f"the emulated world has no backend {name!r}",
                closest=close,
                next=f"use one of {', '.join(devices)}",
            )
        return devices[name]
