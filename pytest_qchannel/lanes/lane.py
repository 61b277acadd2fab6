"""A lane: who is logged in, in an environment of its own, while its traffic is carried."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.client import login_url
from pytest_qchannel.channels.environment import (
    OPT_OUT,
    account_file,
    isolated_environment,
    put_back,
)
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Account, Channel, Instance
from pytest_qchannel.channels.service import connect
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.garbage import rarely_collected
from pytest_qchannel.lanes.traffic import Traffic
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import Mode, Settings

if TYPE_CHECKING:  # a replay loads nothing of the emulator's world
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel.emulator.control import EmulatorControl
    from pytest_qchannel.emulator.faults import Fault
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder

__all__ = ["Lane", "open_lanes"]

_URL: Final = "QISKIT_IBM_URL"
_VARIABLES: Final = (*credentials.CLIENT_VARIABLES, _URL)
_open: Final[list[Lane]] = []


def open_lanes() -> list[Lane]:
    """The lanes that are open in this process, the innermost last; parts of one do not count."""
    return list(_open)


class Lane:
    """Opens traffic and an isolated environment, for a test or for longer, and closes them again.

    Within a lane that is open for longer, as for a whole run, each test has a lane, too
    (:meth:`part`): the same traffic, the same accounts, and of the journal what belongs to it.

    Args:
        traffic: What carries requests.
        settings: The resolved settings.
        home: An empty directory that is HOME while the lane is open; without one the lane makes
            its own, and removes it.
        has_url: Whether the client's variable for the service's URL is set, too.
        outer: The lane that this one is a part of.
    """

    def __init__(
        self,
        traffic: Traffic,
        settings: Settings,
        home: Path | None = None,
        *,
        has_url: bool = False,
        outer: Lane | None = None,
    ) -> None:
        self.settings = settings
        self.channel: Channel | None = None
        self._traffic = traffic
        self._home = home
        self._has_url = has_url
        self._outer = outer
        self._part: Lane | None = None
        self._since = len(traffic.journal)
        self.requests: Journal = (
            traffic.journal if outer is None else traffic.journal.since(self._since)
        )
        """What was sent and what was answered."""
        self._stack = ExitStack()
        self._variables_are_settled = False

    @property
    def mode(self) -> Mode:
        """Where answers come from."""
        return self.settings.mode

    @property
    def home(self) -> Path:
        """The home directory."""
        assert self._home is not None, "the lane is not open"
        return self._home

    @property
    def where(self) -> str:
        """The test, or the part of the run, that errors name."""
        return self._traffic.network.where

    @property
    def of_test(self) -> Lane:
        """The part of this lane that is open, or the lane itself where none is."""
        return self._part or self

    @property
    def whole(self) -> Lane:
        """The lane that this one is a part of, or the lane itself."""
        return self._outer or self

    def happens_in(self, where: str, *, who: str | None = None, way_out: str | None = None) -> None:
        """Says what errors name from now on: see :meth:`.ShutNetwork.happens_in`."""
        self._traffic.network.happens_in(where, who=who, way_out=way_out)

    def open(self) -> Lane:
        """Shuts the network, opens the door, isolates environment and account file.

        A part of another lane has all of that already.
        """
        with ExitStack() as undo:
            if self._outer is None:
                self._isolate(undo)
            else:
                self._outer._part = self
                undo.callback(setattr, self._outer, "_part", None)
            undo.enter_context(self._traffic.controls.ending_faults())
            self._stack = undo.pop_all()
        return self

    def close(self) -> None:
        """Undoes all of it."""
        self._stack.close()

    @contextmanager
    def paused(self, who: str, advice: str) -> Iterator[None]:
        """The network as it is without a lane, but for IBM's hosts."""
        with self._traffic.network.paused(who, advice):
            yield

    def step_aside(self, is_aside: bool) -> bool:
        """Says whether the door lets everything pass, to whoever answers in its place.

        Returns:
            Whether it did before.
        """
        before, self._traffic.network.is_aside = self._traffic.network.is_aside, is_aside
        return before

    def settle(self) -> None:
        """Tells a recording what it has to know at its end; closing does that, too."""
        self._traffic.settle()

    def part(self, settings: Settings) -> Lane:
        """A lane for one test within this one.

        What the test sets in the environment through its lane, and the faults that it declares,
        end with it.
        """
        settings = settings._replace(mode=self.mode)
        return Lane(self._traffic, settings, self.home, has_url=self._has_url, outer=self)

    def take_problems(self) -> list[QChannelError]:
        """What went wrong since the last call, even where the code under test swallowed it."""
        return self._traffic.take_problems()

    def hints(self, error: BaseException) -> list[str]:
        """What is known of an error that the code under test ended with and that says less."""
        of_outer = self._outer.channel if self._outer is not None else None
        return self._traffic.hints(error, self.channel or of_outer, self.requests)

    # What can be done to where answers come from.

    @property
    def emulator(self) -> EmulatorControl:
        """The levers of the emulated world.

        Raises:
            UsageProblem: This is another lane.
        """
        return self._traffic.controls.emulator

    @property
    def world(self) -> WorldBuilder:
        """What the emulated world was built from.

        Raises:
            UsageProblem: This is another lane.
        """
        return self._traffic.controls.world

    def unmet_faults(self, where: str, *, besides: Collection[Fault] = ()) -> list[QChannelError]:
        """What to say of faults that were declared and did not happen; a replay has none."""
        return self._traffic.controls.unmet_faults(where, besides=besides, since=self._since)

    def unmet_faults_of_world(self) -> dict[int, str]:
        """What to say of each fault of the world that has not happened, by its number there."""
        return self._traffic.controls.unmet_faults_of_world()

    def revoke_access(self) -> None:
        """Makes what was logged in with invalid: access tokens, or the keys of who has none.

        The emulator's services refuse them from now on. In a replay nothing is to be done: the
        answers that were recorded after it are refusals.
        """
        self._traffic.controls.revoke_access()

    def revoke_access_token(self, token: str) -> None:
        """Makes one access token invalid, where there is something that could know it."""
        self._traffic.controls.revoke_access_token(token)

    @property
    def is_live(self) -> bool:
        """Whether what is sent goes on to IBM."""
        return self._traffic.is_live

    def keep_answers(self) -> None:
        """Has the journal keep what is answered about jobs from now on."""
        self._traffic.journal.keeps_answers = True

    def qpu_seconds(self, jobs: Collection[str]) -> Mapping[str, float]:
        """What jobs have used of a QPU, by their ids: in the emulated lane what they would use."""
        return self._traffic.controls.qpu_seconds(jobs)

    # Who is logged in.

    def account(self, channel: Channel, instance: str | None = None) -> Account:
        """The account for a channel; a recording keeps who it was.

        Args:
            channel: The channel.
            instance: The name or id of an instance; by default that of the setting, or the first.

        Raises:
            UsageProblem: The lane has no account for it, or the account no such instance.
        """
        named = instance or self.settings.instance
        found = self._account(
            channel, self._traffic.accounts.instance(channel, named, self.instances(channel))
        )
        self._traffic.logged_in(channel.name)
        return found

    def instances(self, channel: Channel) -> list[Instance]:
        """All instances of the account for a channel."""
        return [Instance(*one) for one in self._traffic.accounts.of(channel).instances]

    def use(self, channel: Channel) -> Account:
        """Makes a channel the one that the client's own variables are about."""
        account = self.account(channel)
        self.channel = channel
        self._settle_variables(
            QISKIT_IBM_CHANNEL=channel.name,
            QISKIT_IBM_TOKEN=account.secret.reveal(),
            QISKIT_IBM_INSTANCE=account.instance.id if account.instance else "",
            **({_URL: login_url(channel)} if self._has_url else {}),
        )
        self._save(account)
        return account

    def _save(self, account: Account) -> None:
        """Saves an account under the names of the settings, as the client does."""
        names, file = self.settings.saved_accounts, account_file(self.home)
        if not names or self._traffic.is_live or file.exists():
            return
        said = {
            "channel": account.channel.name,
            "instance": account.instance.id if account.instance else None,
            "private_endpoint": False,
            "token": account.secret.reveal(),
            "url": login_url(account.channel),
            "verify": True,
        }
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(dict.fromkeys(names, said), indent=4), encoding="utf-8")

    def forget_client_variables(self) -> None:
        """Unsets the client's own variables, so that its account file decides.

        Nothing is saved there yet: a part of another lane gets a HOME of its own.
        """
        if self._outer is not None and self.home == self._outer.home:
            self._home = Path(mkdtemp(prefix="test-", dir=self.home.parent))
            self._stack.enter_context(isolated_environment(self._home, {}))
        elif self.settings.saved_accounts:
            account_file(self.home).unlink(missing_ok=True)
        self._settle_variables()
        for name in credentials.CLIENT_VARIABLES:
            os.environ.pop(name, None)

    def connect(self, channel: Channel, instance: str | None = None) -> QiskitRuntimeService:
        """A service of the installed client on a channel, by default on the instance in use."""
        if not self._variables_are_settled:
            self.use(channel)
        return connect(self.account(channel, instance))

    def _account(self, channel: Channel, instance: Instance | None) -> Account:
        return Account(
            channel,
            Secret(
                credentials.own_variable(channel, "TOKEN"),
                self._traffic.accounts.of(channel).credential,
            ),
            instance,
        )

    def _settle_variables(self, **variables: str) -> None:
        """Sets variables of the client until the lane is closed."""
        self._variables_are_settled = True
        self._stack.callback(put_back, {name: os.environ.get(name) for name in _VARIABLES})
        os.environ.update(variables)

    def _isolate(self, undo: ExitStack) -> None:
        if self._home is None:
            # Not TemporaryDirectory: a forked child that ends would remove it.
            folder = Path(mkdtemp(prefix="qchannel-"))
            undo.callback(rmtree, folder, ignore_errors=True)
            self._home = folder / "home"
            self._home.mkdir()
        undo.enter_context(rarely_collected())
        self._traffic.open()
        undo.callback(self._traffic.close)
        _open.append(self)
        undo.callback(_open.remove, self)
        variables = self._every_channel()
        if not self._traffic.is_live:  # nobody is there to read it, and it takes the client long
            variables.setdefault(OPT_OUT, os.environ.get(OPT_OUT, "True"))
        undo.enter_context(isolated_environment(self._home, variables))
        # What the lane has no account or instance for is not left to the person's own.
        for name in credentials.credential_variables() - variables.keys():
            os.environ.pop(name, None)

    def _every_channel(self) -> dict[str, str]:
        variables: dict[str, str] = {}
        for channel in CHANNEL_BY_NAME.values():
            if channel.name not in self._traffic.accounts.held:
                continue
            instances = self.instances(channel)
            named = [one for one in instances if self.settings.instance in (one.name, one.id)]
            account = self._account(channel, next(iter([*named, *instances]), None))
            variables[credentials.own_variable(channel, "TOKEN")] = account.secret.reveal()
            if account.instance is not None:
                variables[credentials.own_variable(channel, "INSTANCE")] = account.instance.id
            names = (credentials.CLASSIC_TOKEN,) if channel.is_classic else credentials.CLOUD_KEYS
            variables.update(dict.fromkeys(names, account.secret.reveal()))
        return variables
