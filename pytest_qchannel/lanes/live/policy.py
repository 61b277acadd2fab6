"""Refuses, before it is sent, what a live run may not do.

- In every tier: changes of instances, what the table does not know and may change something, and
  the classic platform, which ended on 2025-07-01.
- With a budget of 0: all that is not a read.
- Else submissions of tests without the marker ``live_qpu``, or for backends or instances that are
  not allowed, and changes of jobs and sessions that this run has not made.

A dry run sends submissions to the twin of the device that runs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

from pytest_qchannel.emulator.api.client_release import client_release
from pytest_qchannel.hosts import CATALOG, CONTROLLER, HOSTS, IAM, RUNTIME, SEARCH
from pytest_qchannel.ibm.releases import DRY_RUNS_SINCE, Version, is_twin, twin_of
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import Found, find
from pytest_qchannel.lanes.live.access import (
    Unanswered,
    answer_of,
    instance_of,
    json_of,
    saying,
    shown,
    with_body,
)
from pytest_qchannel.lanes.live.entry import Kind, fingerprint
from pytest_qchannel.lanes.live.ledger import Ledger
from pytest_qchannel.lanes.live.order import Order, order_of
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.terms import CurrentTest, Terms
from pytest_qchannel.wire import Handle, Json, Request, Response

__all__ = ["Policy"]

_SERVICES: Final = (RUNTIME, IAM, SEARCH, CATALOG, CONTROLLER)
_HOSTS: Final = frozenset(host.name for host in HOSTS if host.service in _SERVICES)
"""A header may name another host than the one that was connected to, and the key goes there."""

_HARMLESS: Final = ("GET", "HEAD", "OPTIONS")
_OVERRIDES: Final = frozenset(
    {"x-http-method-override", "x-http-method", "x-method-override", "x-original-method"}
    | {"x-original-url", "x-original-uri", "x-rewrite-url", "x-envoy-original-path"}
)
"""Headers that make a submission of another request, where a service or a proxy before it heeds
them."""

_BACKENDS: Final = "GET /backends"


class Policy:
    """A link of the chain that lets pass what may be sent.

    Args:
        terms: What the run may do.
        ledger: The run's: whose jobs and sessions are its own.
        test: Gives the test that runs now.
        installed: The client's release in this process.
    """

    def __init__(
        self,
        terms: Terms,
        ledger: Ledger,
        test: CurrentTest,
        installed: Version | None = None,
    ) -> None:
        self._terms = terms
        self._ledger = ledger
        self._test = test
        self._installed = installed
        self._lock = threading.Lock()
        self._twins: dict[str, frozenset[str]] = {}

    def __call__(self, request: Request, answer: Handle) -> Response:
        """The answer to a request that may be sent; lists without what may not be used.

        Raises:
            LiveRefused: It may not.
        """
        found = find(request.method, request.host, request.path)
        overriding = _OVERRIDES & request.headers.keys()
        if overriding or (found is None and request.method not in _HARMLESS):
            self._refuse(
                request,
                "the lane does not know what it does",
                f"take its header {min(overriding)} away"
                if overriding
                else "send it from outside of a live test",
            )
        if found is not None and found.route.service not in _SERVICES:
            self._refuse(
                request,
                "the classic platform ended on 2025-07-01",
                "use the channel ibm_quantum_platform",
            )
        if request.host not in _HOSTS:
            self._refuse(
                request,
                "it is for none of the services that the lane knows",
                "send it without a header Host of its own",
            )
        if found is None:
            return answer(request)
        self._require_instance(request, found)
        order = order_of(request, found, self._test(), answer)
        if order is not None:
            return answer(self._admitted(order))
        self._require_harmless(request, found)
        return self._narrowed(found, answer(request))

    def _refuse(self, request: Request, why: str, mend: str, outcome: str = "code") -> NoReturn:
        test = self._test()
        raise test.complain(
            LiveRefused(
                f"{shown(request)} was not sent: {why}",
                outcome=outcome,
                where=test.allowance.test,
                next=mend,
            )
        )

    def _require_instance(self, request: Request, found: Found) -> None:
        """Refuses what is for an instance that is not allowed."""
        names_one = found.route.credential == "runtime"
        allowed = self._terms.instances
        if names_one and allowed and instance_of(request) not in allowed:
            self._refuse(
                request,
                "its instance is none of --qchannel-live-instances",
                "use one of these, or add it to them",
            )

    def _require_harmless(self, request: Request, found: Found) -> None:
        """Refuses changes, but for those of the run's own jobs and sessions."""
        route = found.route
        if route.action in (Action.LOGIN, Action.READ):
            return
        if route.resource not in ("job", "session"):
            self._refuse(
                request,
                "it changes an instance, and the live lane changes none",
                "change it where it is administered",
            )
        if self._terms.budget.tier == "read":
            self._refuse(
                request,
                "with --qchannel-budget=0 the live lane only reads",
                "--qchannel-budget=dry, or a number of QPU seconds",
                "quota" if self._test().allowance.may_submit else "code",
            )
        name = f"{route.resource}_id"
        if self._ledger.by_remote(found.args[name]) is None:
            self._refuse(
                request,
                f"this run has not made that {route.resource}",
                f"let the test submit what it changes, or change the {route.resource} elsewhere",
            )
        known = {path.partition("[]")[0] for path in route.sent}
        if known and not known.issuperset(_fields_of(request)):
            self._refuse(
                request,
                f"its body is no JSON object with nothing but {', '.join(sorted(known))}",
                "send a body as the API describes it: another may raise what a session costs, or "
                "lose the tags by which a job is found",
            )

    def _admitted(self, order: Order) -> Request:
        """The request of a submission that may be sent."""
        allowance, tier = order.test.allowance, self._terms.budget.tier
        if not allowance.may_submit:
            order.refuse(
                "the test has no marker live_qpu",
                "@pytest.mark.live_qpu(max_qpu_seconds=10)",
            )
        if tier == "read":
            order.refuse(
                "with --qchannel-budget=0 the live lane only reads",
                f"--qchannel-budget={allowance.smallest_reserve_s}, the least that this test "
                "needs, or --qchannel-budget=dry",
                "quota",
            )
        named = order.body.get("instance")
        if named is not None and fingerprint(str(named)) != order.access.instance:
            order.refuse(
                "its body names another instance than its header Service-CRN",
                "name one instance in both",
            )
        allowed = self._allowed()
        if allowed is not None and order.backend not in allowed:
            named = order.backend or "no backend"
            order.refuse(
                f"it is for {named}, and allowed is {', '.join(sorted(allowed)) or 'none'}",
                "use one of these, or change --qchannel-live-backends or the marker's backend",
            )
        return order.request if tier == "paid" else self._dry(order)

    def _allowed(self) -> frozenset[str] | None:
        """The backends that the test may use; ``None``: any."""
        own = self._test().allowance.backend
        if own is None:
            return self._terms.backends or None
        one = frozenset({own})
        return one & self._terms.backends if self._terms.backends else one

    def _dry(self, order: Order) -> Request:
        """A submission for the twin of its device."""
        if order.kind is not Kind.JOB:
            order.refuse(
                "whether a session without QPU time is free is not known",
                "a number of seconds for --qchannel-budget, or a job outside of a session",
                "not offered",
            )
        release = client_release(order.request, self._installed)
        if release is not None and release < DRY_RUNS_SINCE:
            order.refuse(
                f"client {'.'.join(map(str, release))} has no dry runs",
                f"pip install 'qiskit-ibm-runtime>={'.'.join(map(str, DRY_RUNS_SINCE))}'",
                "not offered",
            )
        twin = twin_of(order.backend)
        if twin not in self._mocks(order):
            order.refuse(
                f"the instance has no device {twin}: dry runs are for the plans Flex, Premium and "
                "On-Prem",
                "an instance of such a plan, or a number of seconds for --qchannel-budget",
                "not offered",
            )
        return with_body(order.request, {**order.body, "backend": twin})

    def _mocks(self, order: Order) -> frozenset[str]:
        """The devices of an instance that run nothing; asked for once."""
        instance = order.access.instance
        with self._lock:
            known = self._twins.get(instance)
        if known is not None:
            return known
        asked = order.access.request(_BACKENDS, query=[("include_mocks", "true")])
        try:
            rows = answer_of(asked, order.send).get("devices")
        except Unanswered as why:
            order.refuse(
                f"which devices run nothing is not known: asked for them, {why}",
                "try again later",
                "credentials" if why.status in (401, 403) else "service",
            )
        names = frozenset(filter(is_twin, map(_name_of, _rows(rows))))
        with self._lock:
            self._twins[instance] = names
        return names

    def _narrowed(self, found: Found, response: Response) -> Response:
        """An answer without backends and instances that may not be used, as ``least_busy`` asks."""
        backends, instances = self._allowed(), self._terms.instances
        is_backends = found.route.service == RUNTIME and found.route.key == _BACKENDS
        is_search = found.route.service == SEARCH
        if response.status >= 300 or not (
            (is_backends and backends is not None) or (is_search and instances)
        ):
            return response
        body = json_of(response)
        if is_backends and backends is not None:
            rows = [one for one in _rows(body.get("devices")) if _name_of(one) in backends]
            return saying(response, {**body, "devices": rows}) if "devices" in body else response
        rows = [one for one in _rows(body.get("items")) if _crn_print(one) in instances]
        return saying(response, {**body, "items": rows}) if "items" in body else response


def _fields_of(request: Request) -> Iterable[str]:
    """The names in a body; of one that cannot be read here something that no API has."""
    try:
        body = request.json()
    except ValueError:
        return [""]
    return body if isinstance(body, Mapping) else []


def _rows(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []


def _name_of(row: Json) -> str:
    """The name of a row of devices: older versions of the API list names alone."""
    name = row.get("name") if isinstance(row, Mapping) else row
    return name if isinstance(name, str) else ""


def _crn_print(row: Json) -> str:
    crn = row.get("crn") if isinstance(row, Mapping) else None
    return fingerprint(crn) if isinstance(crn, str) else ""
