"""What one process shares of a live run: credentials, connections, and which test runs now."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.accounts import HeldAccount, HeldInstance
from pytest_qchannel.channels import credentials
from pytest_qchannel.channels.client import client_release
from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Channel
from pytest_qchannel.channels.personal import forget, remember, secrets_of_person
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import QChannelError, UsageProblem, nearest
from pytest_qchannel.lanes.live.access import Access, Accesses
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.budget import FIXED_S, Budget
from pytest_qchannel.lanes.live.caller import Caller, LiveLoginFailed
from pytest_qchannel.lanes.live.clock import MACHINE, Clock
from pytest_qchannel.lanes.live.entry import Kind, State, fingerprint
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.lanes.live.ledger import Ledger, LedgerBroken, LedgerLost, ledger_path
from pytest_qchannel.lanes.live.policy import Policy
from pytest_qchannel.lanes.live.queue_timer import QueueTimer
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.standins import StandIns
from pytest_qchannel.lanes.live.submission import Submissions
from pytest_qchannel.lanes.live.sweep import Line, Sweep
from pytest_qchannel.lanes.live.terms import LiveTest, Terms
from pytest_qchannel.lanes.live.waits import Waits
from pytest_qchannel.lanes.live.watching import Usages, Watching
from pytest_qchannel.secret import Secret
from pytest_qchannel.settings import Settings
from pytest_qchannel.wire import Handle, Link

__all__ = ["CHANNELS", "LiveRun", "held_in", "missing"]

CHANNELS: Final = tuple(one for one in CHANNEL_BY_NAME.values() if not one.is_classic)
"""The channels that there are: the classic platform ended."""


_FIRST: Final = "main"
"""What the process is called that is no worker of pytest-xdist."""


def held_in(environ: Mapping[str, str]) -> dict[Channel, Secret]:
    """The credentials of an environment, by channel; an empty variable is an unset one."""
    found = {one: credentials.secret_of(one, environ) for one in CHANNELS}
    return {channel: secret for channel, secret in found.items() if secret is not None}


def missing(channel: Channel) -> str:
    """Why a test cannot run live on a channel, with what would let it."""
    if channel.is_classic:
        return f"{channel} is not there live: the classic platform ended on 2025-07-01"
    own = credentials.own_variable(channel, "TOKEN")
    return f"live: no credential for {channel}: set {own}, or QISKIT_IBM_TOKEN"


def _without_credential(settings: Settings) -> UsageProblem:
    own = [credentials.own_variable(one, "TOKEN") for one in CHANNELS]
    return UsageProblem(
        "the live lane has no credential of any channel",
        where=f"mode={settings.mode} ({settings.origin['mode']})",
        next=f"set {' or '.join(own)}, or QISKIT_IBM_TOKEN; or name a dotenv file that "
        "has them: --qchannel-secrets=FILE",
    )


class LiveRun:
    """One live run, as one process has it.

    Args:
        settings: The run's.
        environ: Where the credentials are; read once.
        name: The name of the run.
        root: The folder below which the ledger is.
        owner: This process, as a worker of pytest-xdist is called.
        clock: The time.
        send: Sends a request to the real services; by default over the network.
        standins: What stands in the process' variables in the place of real credentials.

    Raises:
        UsageProblem: There is no credential, or one that cannot be one.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        name: str,
        root: Path,
        *,
        owner: str = _FIRST,
        clock: Clock = MACHINE,
        send: Handle | None = None,
        standins: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._began_at = clock.now()
        self.held = held_in(environ)
        """The real credentials, by channel."""
        credentials.require_whole(self.held.values())
        if not self.held:
            raise _without_credential(settings)
        self.real: list[Secret] = []
        """The real credentials, access tokens included; whatever looks for secrets knows them."""
        self.standins = StandIns(self.held, self._learn, standins)
        self._forwarder = Forwarder()
        self.send: Handle = send or self._forwarder.handle
        self._callers = {
            channel: Caller(channel, secret, self.send, clock.now, self._learn)
            for channel, secret in self.held.items()
        }
        self._named = {one: credentials.instance_of(one, environ) for one in self.held}
        self._instances: dict[str, tuple[HeldInstance, ...]] = {}
        self._root = root
        self._accesses, self._usages = Accesses(), Usages()
        self._problems: list[QChannelError] = []
        self._test = LiveTest(Allowance("between tests"))
        self._is_closed, self.is_hurried = False, False
        # A saved account is not used, and not shown.
        for secret in (*credentials.secrets_in(environ), *secrets_of_person()):
            if secret.reveal() not in (standins or {}).values():
                self._learn(secret)
        try:
            self.terms = self._terms(name, owner)
        except BaseException:  # one that could not be made remembers nothing
            self.close()
            raise

    def _terms(self, name: str, owner: str) -> Terms:
        settings = self.settings
        return Terms(
            name,
            Budget.of(settings.budget),
            owner,
            frozenset(settings.live_backends),
            self._instances_allowed(),
            settings.live_jobs,
            settings.queue_timeout,
            settings.budget_28d,
        )

    # Who is logged in.

    def accounts(self, keys: Mapping[str, str]) -> Mapping[str, HeldAccount]:
        """By channel, who code under test logs in as.

        Args:
            keys: By channel, the stand-in that it logs in with.

        Raises:
            LiveLoginFailed: An instance is named by its name, or not at all, and the account's
                could not be listed.
        """
        return {one.name: HeldAccount(keys[one.name], self.instances_of(one)) for one in self.held}

    def instances_of(self, channel: Channel) -> tuple[HeldInstance, ...]:
        """The instances of a channel's account that may be meant, that which is named first.

        Raises:
            LiveLoginFailed: They could not be listed.
        """
        if channel.name not in self._instances:
            self._instances[channel.name] = self._find_instances(channel)
        return self._instances[channel.name]

    def _find_instances(self, channel: Channel) -> tuple[HeldInstance, ...]:
        named = self.settings.instance or self._named[channel]
        if named and named.startswith("crn:"):
            return (HeldInstance(named, named, ""),)
        found = self._callers[channel].instances()
        chosen = tuple(one for one in found if named == one.name)
        return chosen + tuple(one for one in found if one not in chosen)

    def _instances_allowed(self) -> frozenset[str]:
        """The fingerprints of those that may be used; none: any.

        Raises:
            UsageProblem: One that is named is none of the account's.
            LiveLoginFailed: Those of the account could not be listed.
        """
        settings = self.settings
        by_default = [settings.instance] if settings.instance else self._named_or_all()
        named = settings.live_instances or by_default
        if all(one.startswith("crn:") for one in named):
            return frozenset(map(fingerprint, named))
        known = [one for caller in self._callers.values() for one in caller.instances()]
        for name in named:
            if not any(name in one for one in known):
                raise UsageProblem(
                    f"the account has no instance {name!r}",
                    closest=nearest(name, [one.name for one in known]),
                    next=f"name one of {', '.join(sorted({one.name for one in known}))}",
                )
        return frozenset(fingerprint(one.id) for one in known if {one.id, one.name} & set(named))

    def _named_or_all(self) -> list[str]:
        """The instances of the variables; of a channel without one all, where another has one."""
        named = [one for one in self._named.values() if one]
        if not named:
            return []
        unnamed = [self._callers[channel] for channel, one in self._named.items() if not one]
        return [*named, *(one.id for caller in unnamed for one in caller.instances())]

    # What may be sent.

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The ledger of the run; the file is made when it is first asked for."""
        path = ledger_path(self._root, self.terms.run)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parents[1].joinpath(".gitignore").write_text("*\n", encoding="ascii")
            # Nobody but the first process of a run makes it: a second one would have spent nothing.
            is_made = self.terms.owner == _FIRST or self.terms.budget.tier == "read"
            return Ledger(path, self.terms.run, self.clock.now, is_made=is_made)
        except (OSError, LedgerBroken) as error:
            raise UsageProblem(
                f"the ledger of the live run cannot be written: {error.__cause__ or error}",
                where=str(path),
                next="mend that, or move the file away, and find the jobs by their tags: "
                "qchannel cleanup",
            ) from None

    @functools.cached_property
    def settling(self) -> Settling:
        """What finds out prices."""
        return Settling(self.ledger, self.clock)

    def rules(self) -> Sequence[Link]:
        """The handlers that stand before the real services, but for the credentials."""
        return (
            Policy(self.terms, self.ledger, self.current, client_release()),
            Watching(self.terms, self.settling, self._usages, self._accesses, self.current),
            QueueTimer(
                self.terms,
                self.settling,
                self.current,
                is_over=lambda: self._is_closed,
                access_of=self.access_of,
            ),
            Submissions(self.terms, self.settling, self._usages, self.current),
        )

    def require_enough(self, allowance: Allowance) -> None:
        """Passes a test whose smallest job the budget can pay.

        Raises:
            UsageProblem: It cannot; names the number that could.
        """
        budget = self.terms.budget
        if allowance.may_submit and allowance.smallest_reserve_s > budget.seconds:
            raise UsageProblem(
                f"--qchannel-budget={budget} is less than one job of a selected test needs: "
                f"{allowance.smallest_reserve_s} s, of which {FIXED_S} s are for fixed charges",
                where=allowance.test,
                next=f"--qchannel-budget={allowance.smallest_reserve_s}, or lower "
                "max_qpu_seconds of its marker live_qpu",
            )

    # Which test runs now.

    def current(self) -> LiveTest:
        """The test that runs now."""
        return self._test

    def begin(self, allowance: Allowance) -> None:
        """Another test runs from now on."""
        self._test.swept += 1
        self._test = LiveTest(allowance, self._problems)

    def stop_waiting(self) -> None:
        """Ends what waits at the door for room, for the service, or for a price: its test is over.

        A run that is hurried waits for no answer either: what has not come is looked for by its
        tag.
        """
        self._test.swept += 1
        if self.is_hurried:
            self._forwarder.abandon()

    def stop_submitting(self) -> None:
        """The run was told to end. Takes no lock: a handler of a signal calls it."""
        self._test.is_over = True

    def hurry(self) -> None:
        """The run is to end soon: CI kills a few seconds after its signal."""
        self.is_hurried = True
        self.stop_waiting()

    def reports_to(self, problems: list[QChannelError]) -> None:
        """Has problems put into the list of the lane that was opened last."""
        self._problems = self._test.problems = problems

    def access(self, channel: Channel, crn: str) -> Access:
        """How an instance is asked as the account of a channel.

        Raises:
            LiveLoginFailed: IAM did not take the channel's credential, or did not answer.
        """
        return self._callers[channel].access(crn)

    # Its end.

    def access_of(self, instance: str) -> Access | None:
        """How the instance with a fingerprint is asked, with a credential that is valid now."""
        for channel, caller in self._callers.items():
            with suppress(LiveLoginFailed):
                if crn := self._crn_of(instance, channel):
                    return caller.access(crn)
        return self._accesses.of(instance)

    def _crn_of(self, instance: str, channel: Channel) -> str | None:
        """The CRN with a fingerprint, of the instances in use or of all of the account."""
        known = {fingerprint(one.id): one.id for one in self.instances_of(channel)}
        if instance not in known:
            known = {fingerprint(one.id): one.id for one in self._callers[channel].instances()}
        return known.get(instance)

    @functools.cached_property
    def _sweep(self) -> Sweep:
        return Sweep(
            self.terms.run,
            self.settling,
            self.access_of,
            self.send,
            lambda problem: self.current().complain(problem),
        )

    def sweep_test(self, test: str) -> list[Line]:
        """Ends what a test left; its prices may come later."""
        if self._test.allowance.test == test:
            self._test.swept += 1
        entries = self.ledger.entries(test=test, is_open=True)
        return self._sweep.sweep(entries, self.settings.sweep_timeout, price_s=0)

    def sweep_owner(self, owner: str) -> list[Line]:
        """Ends what a process of the run left that is gone; its prices may come later."""
        entries = self.ledger.entries(owner=owner, is_open=True)
        return self._sweep.sweep(entries, self.settings.sweep_timeout, price_s=0)

    def sweep_all(self, seconds: float) -> list[Line]:
        """Ends what is left of the whole run, within some seconds."""
        return self._sweep.sweep(self.ledger.entries(), seconds, is_last=True)

    def spent(self) -> tuple[float, float, float | None]:
        """The QPU seconds that were used, that are held, and that may be used at all."""
        budget, held = self.terms.budget, self.ledger.held()
        used = sum(one.used or 0.0 for one in self.ledger.entries())
        return used, held - used, budget.seconds if budget.tier == "paid" else None

    def summary(self) -> list[str]:
        """What has been spent, in lines."""
        try:
            if not (entries := self.ledger.entries()):
                return []
        except LedgerLost:  # its sweep has told that
            return []
        used, held, budget_s = self.spent()
        jobs = sum(one.kind is Kind.JOB and one.state is not State.VOID for one in entries)
        left = "" if budget_s is None else f", {max(0.0, budget_s - used - held):g} left"
        return [
            f"qchannel: live run {self.terms.run}: {counted(jobs, 'job')}, "
            f"{counted(used, 'QPU second')} used, {held:g} held{left}, budget {self.terms.budget}"
        ]

    def wait_line(self) -> str | None:
        """What the run waits for, if it waits for long; before a submission there is no ledger."""
        if self._is_closed or not ledger_path(self._root, self.terms.run).exists():
            return None
        return self._waits.line()

    @functools.cached_property
    def _waits(self) -> Waits:
        return Waits(self.terms, self.settling, self._began_at, self.access_of, self.send)

    def close(self) -> None:
        """Closes the connections; what still waits for a job does nothing any more."""
        self._is_closed = True
        self._forwarder.close()
        while self.real:
            forget(self.real.pop())

    def _learn(self, secret: Secret) -> None:
        """Another real credential: an access token of a login."""
        if secret.is_searchable and secret not in self.real:
            remember(secret)
            self.real.append(secret)
