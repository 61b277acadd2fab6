"""Whether a submission may be sent: the instance's rest, the run's budget, and room for a job."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from pytest_qchannel.counted import counted
from pytest_qchannel.ibm.runtime import MAX_TTL_S
from pytest_qchannel.lanes.live.access import Unanswered, answer_of
from pytest_qchannel.lanes.live.across_runs import DAYS, spent
from pytest_qchannel.lanes.live.budget import FIXED_S, reserve_of
from pytest_qchannel.lanes.live.entry import Entry, Kind, State, Wish
from pytest_qchannel.lanes.live.ledger import NoSlot, OverAllowance, OverBudget
from pytest_qchannel.lanes.live.order import Order
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.terms import Terms
from pytest_qchannel.lanes.live.watching import Usage, Usages
from pytest_qchannel.wire import Json, is_int

__all__ = ["Admission"]

LOOK_S: Final = 1.0
"""How often a submission that waits at the door looks whether another process' job has ended."""


class Admission:
    """Holds seconds for submissions, or refuses them.

    Args:
        terms: What the run may do.
        settling: The way to the ledger and the clock.
        usages: What is known of the usage of instances.
        give_up: Called with a submission that waits, and an entry of which nobody knows whether
            the service has it.
    """

    def __init__(
        self,
        terms: Terms,
        settling: Settling,
        usages: Usages,
        give_up: Callable[[Order, Entry], None],
    ) -> None:
        self._terms = terms
        self._settling = settling
        self._ledger = settling.ledger
        self._clock = settling.clock
        self._usages = usages
        self._give_up = give_up
        self._spent: dict[str, float] = {}

    def admit(self, order: Order) -> Entry:
        """A new entry of the ledger; waits until there is room for a job more."""
        wish, allowance = self._wish(order), order.test.allowance
        self._require_usage(order, wish)
        rest_28d_s = self._rest_of_28_days(order, wish)
        until = self._clock.now() + self._terms.queue_timeout_s
        has_settled = False
        while True:
            if order.is_late:
                order.refuse_late()
            try:
                return self._ledger.reserve(
                    wish,
                    budget_s=min(self._terms.budget.seconds, rest_28d_s),
                    most_in_flight=self._terms.most_jobs,
                    most_jobs=allowance.max_jobs,
                    most_s=allowance.whole_s,
                )
            except OverAllowance as over:
                order.refuse(
                    f"the test has had {over.jobs} of "
                    f"{counted(allowance.max_jobs or 0, 'job')} and "
                    f"{over.seconds} s of max_qpu_seconds={allowance.max_qpu_seconds or 0:g}, its "
                    f"reruns included; this one would use up to "
                    f"{max(wish.cost_s, wish.reserve_s - FIXED_S)} s",
                    "raise max_jobs or max_qpu_seconds of its marker live_qpu, or submit less",
                )
            except OverBudget as over:
                if has_settled or not self._settle_ended(order):
                    self._refuse_over_budget(order, wish, over, rest_28d_s)
                has_settled = True
            except NoSlot as full:
                if self._clock.now() >= until:
                    self._refuse_queued(order, full)
                self._wait_for_room(order, full)

    def _require_usage(self, order: Order, wish: Wish) -> None:
        """Refuses where the instance has no such rest; asks for that where nobody has yet."""
        if not wish.reserve_s:
            return
        usage = self._usages.of(wish.instance)
        if usage is None:
            asked = order.access.request("GET /instances/usage")
            try:
                usage = Usage.of(answer_of(asked, order.send))
            except Unanswered as why:
                if why.status in (401, 403):
                    return  # it says the same of the submission, and that is what the code handles
                order.refuse(
                    f"what the instance may still use is not known: asked for it, {why}",
                    "try again later",
                    "service",
                )
            self._usages.note(wish.instance, usage)
        at = f" until {usage.available_at}" if usage.available_at else ""
        if usage.is_reached:
            order.refuse(
                f"the instance has reached its usage limit{at}: a job would wait for ever",
                "wait, raise the instance's limit, or use another instance",
                "quota",
            )
        if usage.rest_s is not None and usage.rest_s < wish.reserve_s:
            order.refuse(
                f"the instance has {usage.rest_s:g} s left, and it needs {_reserve(wish)}",
                "lower max_qpu_seconds of the marker live_qpu, or use another instance",
                "quota",
            )

    def _rest_of_28_days(self, order: Order, wish: Wish) -> float:
        """What other runs have left of what all together may spend; they are asked for once."""
        most_s = self._terms.most_28d_s
        if most_s is None or not wish.reserve_s:
            return math.inf
        if wish.instance not in self._spent:
            try:
                self._spent[wish.instance] = spent(
                    order.access,
                    order.send,
                    self._clock.now(),
                    self._terms.run,
                    lambda: {one.n for one in self._ledger.entries()},
                )
            except Unanswered as why:
                order.refuse(
                    f"what other runs have spent is not known: asked for their jobs, {why}",
                    "try again later, or take --qchannel-budget-28d away",
                    "credentials" if why.status in (401, 403) else "service",
                )
        return most_s - self._spent[wish.instance]

    def _settle_ended(self, order: Order) -> bool:
        """Waits for the prices of what has ended: they are lower than what is held for it."""
        ended = [one for one in self._ledger.entries(is_open=True) if one.ended is not None]
        ended = [one for one in ended if one.instance == order.access.instance]
        if ended:
            self._settling.wait_for_prices(
                ended,
                lambda _: order.access,
                order.send,
                wait=lambda seconds: order.wait(self._clock, seconds),
            )
        return bool(ended)

    def _wait_for_room(self, order: Order, full: NoSlot) -> None:
        """A moment, in which it is looked after those jobs in flight that can be asked for."""
        for entry in full.entries:
            if entry.instance != order.access.instance:
                continue
            if entry.state is State.RUNNING:
                with suppress(Unanswered):
                    self._settling.look(entry, order.access, order.send)
            elif entry.state is State.LOST:
                self._give_up(order, entry)
        self._clock.sleep(LOOK_S)

    def _wish(self, order: Order) -> Wish:
        """What is to be held for it."""
        allowance, body = order.test.allowance, order.body
        own = body.get("cost" if order.kind is Kind.JOB else "max_ttl")
        wish = own if is_int(own) else None
        session = body.get("session_id") if order.kind is Kind.JOB else None
        is_paid, overrun_s = self._terms.budget.tier != "dry", 0
        if order.kind is Kind.JOB:
            cost = allowance.cost_of(wish)
            is_in_session = self._is_paid_by_session(order, session)
            is_paid = is_paid and not is_in_session
        elif order.kind is Kind.SESSION:
            cost, overrun_s = allowance.longest_session(wish), allowance.overrun_s
        else:
            # Its jobs are charged one by one; it may wait for them as long as a job may wait.
            cost, is_paid = math.ceil(self._terms.queue_timeout_s), False
            if wish is not None and 1 <= wish <= MAX_TTL_S:
                cost = wish
        return Wish(
            test=allowance.test,
            instance=order.access.instance,
            backend=str(body.get("backend") or ""),
            cost_s=cost,
            reserve_s=reserve_of(cost + overrun_s) if is_paid else 0,
            kind=order.kind,
            session=session if isinstance(session, str) else None,
            owner=self._terms.owner,
            is_capped=cost != wish,
        )

    def _is_paid_by_session(self, order: Order, session: Json) -> bool:
        """Whether a job is one of a dedicated session, for whose whole time there is a hold.

        In that of another test, or one that has ended, it is held by itself: it may run on when the
        session's time is over.
        """
        if session is None:
            return False
        entry = self._ledger.by_remote(session) if isinstance(session, str) else None
        if entry is None or entry.kind is Kind.JOB:
            order.refuse(
                "its session is none that this run has opened: the clock charges it, and nobody "
                "knows until when",
                "open the session in the test",
            )
        is_own = entry.test == order.test.allowance.test
        return entry.kind is Kind.SESSION and is_own and entry.is_alive

    def _refuse_over_budget(
        self, order: Order, wish: Wish, over: OverBudget, rest_28d_s: float
    ) -> NoReturn:
        if rest_28d_s < self._terms.budget.seconds:
            others = self._spent[wish.instance]
            order.refuse(
                f"it needs {_reserve(wish)}, and of the {others + rest_28d_s:g} s of "
                f"--qchannel-budget-28d other runs of the last {DAYS} days have spent {others:g} "
                f"s, and this one holds {over.held:g} s",
                "wait, or raise --qchannel-budget-28d",
                "quota",
            )
        rest = max(0.0, over.budget_s - over.held)
        needed = math.ceil(over.held + over.reserve_s)
        order.refuse(
            f"it needs {_reserve(wish)}, and of the budget of {over.budget_s:g} s there are "
            f"{rest:g} s left",
            f"--qchannel-budget={needed}, or lower max_qpu_seconds of the marker live_qpu",
            "quota",
        )

    def _refuse_queued(self, order: Order, full: NoSlot) -> NoReturn:
        others = ", ".join(f"{one.remote or one.tag} of {one.test}" for one in full.entries)
        order.refuse(
            f"it has waited {self._terms.queue_timeout_s:g} s at the door, because "
            f"{self._terms.most_jobs} may be in flight, and these are: {others}",
            "raise --qchannel-queue-timeout or --qchannel-live-jobs",
            "queue",
        )


def _reserve(wish: Wish) -> str:
    """What is held, in words: the fixed seconds are part of every message."""
    may_use_s = wish.reserve_s - FIXED_S
    return f"{wish.reserve_s} s ({may_use_s} s, and {FIXED_S} s for fixed charges)"
