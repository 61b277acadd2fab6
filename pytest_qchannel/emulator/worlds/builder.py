"""Worlds described in Python: the same words as in a world file, one method per kind of table.

A builder never changes: each method gives another one. So a builder may be shared by all tests of
a session, and :meth:`WorldBuilder.build` gives each of them a world of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.progression import Progression
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds import checks
from pytest_qchannel.emulator.worlds.assemble import assemble
from pytest_qchannel.emulator.worlds.kinds import Misfit
from pytest_qchannel.emulator.worlds.specs import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    read,
)
from pytest_qchannel.emulator.worlds.troubles import check_names, read_fault
from pytest_qchannel.errors import UsageProblem, nearest

__all__ = ["WorldBuilder"]

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class WorldBuilder:
    """A description of a world; ``docs/world.md`` tells of each argument.

    Attributes:
        world_seed: What fixes ids and counts, unless a setting does.
        devices: The devices, in the order in which they are listed.
        accounts: The accounts with their instances; a channel uses the first that names it.
        jobs: The job history.
        faults: Tables of scripted trouble.
        source: What it was read from, for messages.
    """

    world_seed: int | None = None
    devices: tuple[DeviceSpec, ...] = ()
    accounts: tuple[AccountSpec, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    source: str = "WorldBuilder"

    @classmethod
    def default(cls) -> WorldBuilder:
        """The world that tests get when they ask for nothing special, to be added to."""
        from pytest_qchannel.emulator.worlds.default_world import default_builder

        return default_builder()

    @classmethod
    def from_file(cls, path: str | Path) -> WorldBuilder:
        """The world that a TOML file describes, checked.

        Raises:
            UsageProblem: There is no such file, it is no TOML, or something in it is wrong; names
                the line.
        """
        from pytest_qchannel.emulator.worlds.toml_file import load

        return load(Path(path))

    def seed(self, seed: int) -> WorldBuilder:
        """Fixes ids and counts, unless a setting does (``--qchannel-seed``).

        Raises:
            UsageProblem: It is not a whole number, 0 or more.
        """
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise UsageProblem(f"{seed!r} is no seed", next="give a whole number, 0 or more")
        return replace(self, world_seed=seed)

    def device(
        self,
        name: str,
        *,
        source: str | None = None,
        status: str | None = None,
        queue_length: int | None = None,
        kind: str | None = None,
        fractional_gates: bool | None = None,
        calibrations: Mapping[str, str] | None = None,
        progression: str | Progression | None = None,
        noise: str | None = None,
    ) -> WorldBuilder:
        """Adds a device.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(
            DeviceSpec,
            name=name,
            source=source,
            status=status,
            queue_length=queue_length,
            kind=kind,
            fractional_gates=fractional_gates,
            calibrations=calibrations,
            progression=progression,
            noise=noise,
        )
        return replace(self, devices=(*self.devices, made))

    def account(
        self,
        name: str,
        *,
        channels: Iterable[str],
        credential: str | None = None,
        id: str | None = None,  # noqa: A002 - the service's own word
        user_id: str | None = None,
        email: str | None = None,
    ) -> WorldBuilder:
        """Adds an account; instances that are added next are its own.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(
            AccountSpec,
            name=name,
            channels=channels if isinstance(channels, str) else list(channels),
            credential=credential,
            id=id,
            user_id=user_id,
            email=email,
        )
        return replace(self, accounts=(*self.accounts, made))

    def instance(
        self,
        name: str,
        *,
        plan: str,
        account: str | None = None,
        region: str | None = None,
        crn: str | None = None,
        tags: Iterable[str] | None = None,
        devices: Iterable[str] | None = None,
        usage_limit_s: int | None = None,
        usage_s: float | None = None,
        usage_allocation_s: int | None = None,
        max_pending_jobs: int | None = None,
    ) -> WorldBuilder:
        """Adds an instance to an account, by default to the one that was added last.

        Raises:
            UsageProblem: An argument is wrong, or there is no such account.
        """
        made = self._read(
            InstanceSpec,
            name=name,
            plan=plan,
            region=region,
            crn=crn,
            tags=_listed(tags),
            devices=_listed(devices),
            usage_limit_s=usage_limit_s,
            usage_s=usage_s,
            usage_allocation_s=usage_allocation_s,
            max_pending_jobs=max_pending_jobs,
        )
        names = [one.name for one in self.accounts]
        if not names or account not in (None, *names):
            raise UsageProblem(
                f"the instance {name!r} has no account"
                + (f": there is no {account!r}" if account is not None else ""),
                where=self._where(),
                closest=nearest(account or "", names),
                next="call account(...) first, or name one that there is: "
                + (", ".join(names) or "so far none"),
            )
        place = names.index(account) if account is not None else len(names) - 1
        owner = self.accounts[place]
        changed = replace(owner, instances=(*owner.instances, made))
        return replace(
            self, accounts=(*self.accounts[:place], changed, *self.accounts[place + 1 :])
        )

    def job(
        self,
        *,
        account: str,
        instance: str,
        backend: str,
        program: str | None = None,
        state: str | None = None,
        age_s: float | None = None,
        usage_s: float | None = None,
        id: str | None = None,  # noqa: A002 - the service's own word
        tags: Iterable[str] | None = None,
        reason: str | None = None,
        reason_code: int | None = None,
        private: bool | None = None,
        session: str | None = None,
        progression: str | Progression | None = None,
        params: Mapping[str, Any] | str | None = None,
        result: Mapping[str, Any] | str | None = None,
    ) -> WorldBuilder:
        """Adds a job to the history.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(
            JobSpec,
            account=account,
            instance=instance,
            backend=backend,
            program=program,
            state=state,
            age_s=age_s,
            usage_s=usage_s,
            id=id,
            tags=_listed(tags),
            reason=reason,
            reason_code=reason_code,
            private=private,
            session=session,
            progression=progression,
            params=params,
            result=result,
        )
        return replace(self, jobs=(*self.jobs, made))

    def fault(self, table: Mapping[str, Any]) -> WorldBuilder:
        """Adds scripted trouble, as a table of a world file has it.

        Raises:
            UsageProblem: The table is wrong.
        """
        kept = copy.deepcopy(dict(table))
        self._kind(lambda: read_fault(kept))
        return replace(self, faults=(*self.faults, kept))

    def check(self) -> WorldBuilder:
        """The builder itself, once it is known that a world can be built.

        Raises:
            UsageProblem: Something does not fit together; says what and where.
        """
        self._kind(self.require_sense)
        return self

    def require_sense(self) -> None:
        """Passes a description whose parts fit together; :meth:`check` in the words of the kinds.

        Raises:
            Misfit: They do not; says which part.
        """
        checks.check(self.devices, self.accounts, self.jobs)
        check_names(
            self.faults,
            [device.name for device in self.devices],
            [account.name for account in self.accounts],
        )

    def build(self, clock: Clock, seed: int | None = None) -> World:
        """A new world, which shares nothing with any other.

        Args:
            clock: Where its time comes from.
            seed: Fixes ids and counts; by default :meth:`seed`'s, or 0.

        Raises:
            UsageProblem: Something does not fit together; says what and where.
        """
        self.check()
        seed = seed if seed is not None else self.world_seed or 0
        return assemble(self.devices, self.accounts, self.jobs, clock=clock, seed=seed)

    def new_faults(self) -> list[Fault]:
        """What is to go wrong in the world, made anew: faults count, so each world has its own."""
        return [read_fault(table) for table in self.faults]

    def _read(self, spec: Any, **given: Any) -> Any:
        table = {key: value for key, value in given.items() if value is not None}
        return self._kind(lambda: read(spec, table))

    def _kind(self, make: Callable[[], Made]) -> Made:
        """Calls a function, and turns what does not fit into a problem of this package's shape."""
        try:
            return make()
        except Misfit as misfit:
            raise UsageProblem(
                misfit.headline,
                where=self._where(*misfit.where),
                closest=misfit.closest,
                next=misfit.next,
            ) from None

    def _where(self, *path: str | int) -> str:
        place = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
        return f"{self.source}{f', at {place[1:]}' if place else ''}"


def _listed(texts: Iterable[str] | None) -> object:
    # A text is an iterable of texts, too; let the kind refuse it.
    return texts if texts is None or isinstance(texts, str) else list(texts)
