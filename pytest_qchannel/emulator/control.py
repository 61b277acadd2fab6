"""What a test can do to the emulator beside using it: the fixture ``qchannel_emulator``."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NoReturn

from pytest_qchannel.emulator.api.app import App
from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.emulator.faults.unmet import FaultNotMet, unmet
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.worlds.absent import no_device
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.journal import Journal

__all__ = ["EmulatorControl"]


class EmulatorControl:
    """What a test can do to the emulated services, beside using them.

    Args:
        app: The services.
        journal: What was sent to them.
    """

    def __init__(self, app: App, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    if not TYPE_CHECKING:  # to a type checker any name would be a lever

        def __getattr__(self, name: str) -> NoReturn:
            levers = [one for one in dir(type(self)) if not one.startswith("_")]
            problem = UsageProblem(
                f"the emulator has no lever {name!r}",
                closest=nearest(name, levers),
                next=f"use one of {', '.join(levers)} (qchannel docs emulator)",
            )
            raise AttributeError(str(problem))

    @property
    def backends(self) -> tuple[str, ...]:
        """The names of all devices of the world; not those of dry runs."""
        return self._app.world.listed

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
        with self._app.engine.changed:  # a thread of the test may be logging in
            valid = [token for token in self._app.world.tokens.values() if not token.revoked]
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

    def set_progression(self, backend: str, progression: Progression | str) -> None:
        """Sets how fast the jobs of a backend move on that are submitted from now on.

        Args:
            backend: Its name.
            progression: As in a world file: ``immediate``, ``polls(3)``, ``seconds(30)``,
                ``seconds(30, queued=10)`` (on the emulated clock, :meth:`advance_clock`), or
                ``stuck``. A ``Progression`` does, too.

        Raises:
            UsageProblem: There is no such backend or progression.
        """
        self._device(backend).progression = _progression(progression)

    def set_next_job(self, progression: Progression | str) -> None:
        """Sets how fast the next job that is submitted moves on, whatever its backend's jobs do.

        How it ends is the matter of :meth:`fault`: ``fault(job="failed")``.

        Args:
            progression: As in :meth:`set_progression`.

        Raises:
            UsageProblem: There is no such progression.
        """
        self._app.world.next_progression = _progression(progression)

    def set_noise(self, backend: str, noise: str) -> None:
        """Makes a backend err, or not, in the jobs that run from now on.

        Args:
            backend: Its name.
            noise: ``calibration``: it errs as its own snapshot says; ``off``: it is ideal.

        Raises:
            UsageProblem: There is no such backend or noise.
        """
        device = self._device(backend)
        if noise not in tuple(Noise):
            raise UsageProblem(
                f"{noise!r} is no noise",
                closest=nearest(str(noise), tuple(Noise)),
                next=f"use one of {', '.join(Noise)}",
            )
        device.noise = Noise(noise)

    def set_usage_limit(self, instance: str, seconds: int | None) -> None:
        """Sets how many QPU seconds an instance may use; jobs that wait for that go on.

        Args:
            instance: Its name or CRN; on the classic platform ``hub/group/project``.
            seconds: In all, with what it has used already; ``None``: any number.

        Raises:
            UsageProblem: There is no such instance, or the number is negative.
        """
        with self._app.engine.changed:  # a thread of the test may be making one
            every = [one for each in self._app.world.accounts for one in each.instances.values()]
        found = [one for one in every if instance in (one.name, one.id)]
        if not found:
            names = [one.name for one in every]
            raise UsageProblem(
                f"the emulated world has no instance {instance!r}",
                closest=nearest(instance, names),
                next=f"use one of {', '.join(names)}",
            )
        if seconds is not None and seconds < 0:
            raise UsageProblem(
                f"an instance cannot have {seconds} seconds", next="give 0 or more, or None"
            )
        for one in found:
            one.usage_limit_s, one.refuses_when_used_up = seconds, False

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that were declared so far, with how often each has happened."""
        return tuple(self._app.faults)

    def fault(self, route: str | None = None, **words: object) -> Fault:
        """Declares something that is going to go wrong, from now on.

        Args:
            route: The requests that meet it, as ``POST /jobs`` or ``GET /jobs/<job_id>``.
            words: The rest of the declaration; ``docs/faults.md`` tells all words.

        Returns:
            The fault; ``strikes`` is how often it has happened.

        Raises:
            UsageProblem: A word is unknown, or a value is wrong.
        """
        table = words if route is None else {"route": route, **words}
        try:
            fault = parse_fault(table)
        except ValueError as problem:
            raise UsageProblem(
                f"fault: {problem}", next="see the words of a fault: qchannel docs faults"
            ) from None
        world = self._app.world
        if fault.backend:
            self._device(fault.backend)
        names = [account.name for account in world.accounts]
        if fault.account_name and fault.account_name not in names:
            raise UsageProblem(
                f"the emulated world has no account {fault.account_name!r}",
                closest=nearest(fault.account_name, names),
                next=f"use one of {', '.join(names)}",
            )
        with self._app.engine.changed:
            self._app.faults.append(fault)
        return fault

    def end_faults(self, *, besides: Collection[Fault] = ()) -> None:
        """Lets nothing go wrong any more, but for some faults; what has happened stays so."""
        with self._app.engine.changed:
            self._app.faults[:] = [one for one in self._app.faults if one in besides]

    def unmet_faults(
        self, where: str | None = None, *, besides: Collection[Fault] = (), since: int = 0
    ) -> list[FaultNotMet]:
        """A complaint for each fault that has not happened, but for the optional ones.

        Args:
            where: The test, for the message.
            besides: Faults that are not asked for.
            since: Only requests after the one of this number are named as close ones.
        """
        faults = [one for one in self._app.faults if one not in besides]
        return unmet(faults, self._journal[since:], where)

    def _device(self, name: str) -> Device:
        devices = self._app.world.devices
        if name not in devices:
            raise no_device(self._app.world, name)
        return devices[name]


def _progression(given: Progression | str) -> Progression:
    try:
        return Progression.of(given)
    except ValueError as problem:
        said, _, valid = str(problem).partition(": ")
        words = ("immediate", "polls(3)", "seconds(30)", "seconds(30, queued=10)", "stuck")
        raise UsageProblem(said, closest=nearest(str(given), words), next=valid) from None
