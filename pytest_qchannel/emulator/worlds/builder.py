"""Worlds described in Python: the same words as in a world file, one method per kind of table.

A builder never changes: each method gives another one. So a builder may be shared by all tests of
a session, and :meth:`WorldBuilder.build` gives each of them a world of its own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from pytest_qchannel.emulator.faults import Fault
from pytest_qchannel.emulator.tables import Misfit, Table, Where, read
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.assemble import assemble
from pytest_qchannel.emulator.worlds.checks import check
from pytest_qchannel.emulator.worlds.default_world import default_description
from pytest_qchannel.emulator.worlds.description import (
    AccountKeys,
    AccountSpec,
    Description,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    RuleKeys,
    read_fault,
)
from pytest_qchannel.emulator.worlds.kinds import Text
from pytest_qchannel.emulator.worlds.toml_file import load
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.paths import shown
from pytest_qchannel.wire import is_int

__all__ = ["WorldBuilder"]

Keys = ParamSpec("Keys")
Made = TypeVar("Made", bound=Table)


@dataclass(frozen=True, slots=True)
class OwnedInstance(InstanceSpec):
    """An instance, and whose it is: a file tells that by the place, the builder in words."""

    account: Annotated[Text | None, "whose it is; by default the account that was added last"] = (
        None
    )


_Adding = Callable[["WorldBuilder", dict[str, object]], "WorldBuilder"]
_Method = Callable[Concatenate["WorldBuilder", Keys], "WorldBuilder"]


def _taking(spec: Callable[Keys, object]) -> Callable[[_Adding], _Method[Keys]]:
    """Gives a method of a table the keys of a class of tables for arguments.

    Args:
        spec: The class; an argument that is not given, or ``None``, is not in the table.
    """
    signature = inspect.signature(spec)

    def decorate(add: _Adding) -> _Method[Keys]:
        @functools.wraps(add)
        def method(self: WorldBuilder, /, *args: Keys.args, **keys: Keys.kwargs) -> WorldBuilder:
            try:
                given = signature.bind(*args, **keys).arguments
            except TypeError as problem:
                raise TypeError(f"WorldBuilder.{add.__name__}() {problem}") from None
            table = {key: value for key, value in given.items() if value is not None}
            return add(self, table)

        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[first, *signature.parameters.values()], return_annotation="WorldBuilder"
        )
        return method

    return decorate


@dataclass(frozen=True, slots=True)
class WorldBuilder:
    """A description of a world; ``docs/world.md`` tells of each argument.

    Attributes:
        described: What has been described so far.
        source: What it was read from, for messages.
        is_checked: Whether it is known that a world can be built.
    """

    described: Description = field(default_factory=Description)
    source: str = "WorldBuilder"
    is_checked: bool = field(default=False, compare=False)

    @classmethod
    def default(cls) -> WorldBuilder:
        """The world that tests get when they ask for nothing special, to be added to."""
        return cls(default_description(), source="the default world", is_checked=True)

    @classmethod
    def from_file(cls, path: str | Path) -> WorldBuilder:
        """The world that a TOML file describes, checked.

        Raises:
            UsageProblem: There is no such file, it is no TOML, or something in it is wrong; names
                the line.
        """
        path = Path(path)
        return cls(load(path), source=shown(path), is_checked=True)

    @property
    def world_seed(self) -> int | None:
        """What fixes ids and counts, unless a setting does."""
        return self.described.seed

    def seed(self, seed: int) -> WorldBuilder:
        """Fixes ids and counts, unless a setting does (``--qchannel-seed``).

        Raises:
            UsageProblem: It is not a whole number, 0 or more.
        """
        if not is_int(seed) or seed < 0:
            raise UsageProblem(f"{seed!r} is no seed", next="give a whole number, 0 or more")
        return self._with(seed=seed)

    @_taking(DeviceSpec)
    def device(self, table: dict[str, object]) -> WorldBuilder:
        """Adds a device.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(DeviceSpec, table)
        return self._with(devices=(*self.described.devices, made))

    @_taking(AccountKeys)
    def account(self, table: dict[str, object]) -> WorldBuilder:
        """Adds an account; instances that are added next are its own.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(AccountSpec, table)
        return self._with(accounts=(*self.described.accounts, made))

    @_taking(OwnedInstance)
    def instance(self, table: dict[str, object]) -> WorldBuilder:
        """Adds an instance to an account, by default to the one that was added last.

        Raises:
            UsageProblem: An argument is wrong, or there is no such account.
        """
        account = table.pop("account", None)
        made = self._read(InstanceSpec, table)
        names = [one.name for one in self.described.accounts]
        if not names or account not in (None, *names):
            raise UsageProblem(
                f"the instance {made.name!r} has no account"
                + (f": there is no {account!r}" if account is not None else ""),
                where=self._where(),
                closest=nearest(str(account or ""), names),
                next="call account(...) first, or name one that there is: "
                + (", ".join(names) or "so far none"),
            )
        place = len(names) - 1 if account is None else names.index(str(account))
        accounts = list(self.described.accounts)
        owner = accounts[place]
        accounts[place] = replace(owner, instances=(*owner.instances, made))
        return self._with(accounts=tuple(accounts))

    @_taking(JobSpec)
    def job(self, table: dict[str, object]) -> WorldBuilder:
        """Adds a job to the history.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(JobSpec, table)
        return self._with(jobs=(*self.described.jobs, made))

    @_taking(RuleKeys)
    def rules(self, table: dict[str, object]) -> WorldBuilder:
        """Sets how the service deals with limits, charges and late news; the rest stays.

        Raises:
            UsageProblem: An argument is wrong.
        """
        made = self._read(RuleKeys, table)
        return self._with(**{key: getattr(made, key) for key in table})

    def fault(self, table: Mapping[str, object]) -> WorldBuilder:
        """Adds scripted trouble, as a table of a world file has it.

        Raises:
            UsageProblem: The table is wrong.
        """
        with self._told():
            made = read_fault(table)
        return self._with(faults=(*self.described.faults, made))

    def check(self) -> WorldBuilder:
        """The same builder, once it is known that a world can be built.

        Raises:
            UsageProblem: Something does not fit together; says what and where.
        """
        if self.is_checked:
            return self
        with self._told():
            check(self.described)
        return replace(self, is_checked=True)

    def build(self, clock: Clock, seed: int | None = None) -> World:
        """A new world, which shares nothing with any other.

        Args:
            clock: Where its time comes from.
            seed: Fixes ids and counts; by default :meth:`seed`'s, or 0.

        Raises:
            UsageProblem: Something does not fit together; says what and where.
        """
        self.check()
        return assemble(self.described, clock, seed if seed is not None else self.world_seed or 0)

    def new_faults(self) -> list[Fault]:
        """What is to go wrong in the world, made anew: faults count, so each world has its own."""
        return [words.fault() for words in self.described.faults]

    def _read(self, spec: type[Made], table: Mapping[str, object]) -> Made:
        with self._told():
            return read(spec, table)

    def _with(self, **changes: object) -> WorldBuilder:
        described = replace(self.described, **changes)  # type: ignore[arg-type]  # fields of it
        return replace(self, described=described, is_checked=False)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what does not fit into a problem of this package's shape."""
        try:
            yield
        except Misfit as misfit:
            raise UsageProblem(
                misfit.headline,
                where=self._where(misfit.where),
                closest=misfit.closest,
                next=misfit.next,
            ) from None

    def _where(self, path: Where = ()) -> str:
        place = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
        return f"{self.source}{f', at {place[1:]}' if place else ''}"
