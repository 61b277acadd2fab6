"""When faults happen: asked for every request and for every job, the first that is due wins.

Faults are asked in the order of their declaration, and one that takes a request hides it from
those after it: ``status=503`` and then ``status=429`` for one route is a script of two answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_qchannel.emulator.api.auth import classic_token
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.records import Account
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.hosts import Host
from pytest_qchannel.wire import Request

__all__ = ["due", "set_ending"]


def due(faults: Iterable[Fault], world: World, request: Request, host: Host) -> Fault | None:
    """The fault that a request meets; of an account's, the state has been changed already."""
    for fault in faults:
        if fault.is_about_jobs or not fault.route.covers(request, host):
            continue
        if fault.account is None:
            if fault.count():
                return fault
        elif _trouble(world, fault, request):
            return fault
    return None


def set_ending(faults: Iterable[Fault], job: Job) -> None:
    """Gives a new job the end, or the pace, that the first due fault has for it."""
    for fault in faults:
        if fault.is_about_jobs and fault.backend in ("", job.backend) and fault.count():
            job.ending = fault.ending or job.ending
            job.progression = fault.progression or job.progression
            return


def _trouble(world: World, fault: Fault, request: Request) -> bool:
    """Counts a request for the fault of an account, and changes the account if it is time."""
    if fault.account in ("token_revoked", "token_expired"):
        token = world.token(_credential(request))
        if token is None or not _is_meant(fault, token.account) or not fault.count():
            return False
        _end_tokens(world, fault, token.account)
        return True
    if fault.account_name:
        sender = _sender(world, request)
        if sender is None or sender.name != fault.account_name:
            return False
    if not fault.count():
        return False
    if fault.account in ("credential_revoked", "used_up"):
        for account in world.accounts:
            if _is_meant(fault, account):
                _change(fault, account)
    return True


def _is_meant(fault: Fault, account: Account) -> bool:
    return fault.account_name in ("", account.name)


def _end_tokens(world: World, fault: Fault, account: Account) -> None:
    now = world.clock.now()
    for token in world.tokens.values():
        if token.account is account and token.is_valid(now):
            if fault.account == "token_revoked":
                token.revoked = True
            else:
                token.expires_at = now


def _change(fault: Fault, account: Account) -> None:
    if fault.account == "credential_revoked":
        account.credential_revoked = True
        return
    for instance in account.instances.values():
        if instance.usage_limit_s is None:
            instance.usage_limit_s = int(instance.usage_s)
        instance.usage_s = max(instance.usage_s, float(instance.usage_limit_s))
        instance.refuses_when_used_up = True


def _credential(request: Request) -> str:
    """The access token or key that a request carries; empty where there is none."""
    return classic_token(request) or request.authorization[1]


def _sender(world: World, request: Request) -> Account | None:
    """The account behind a request: by its token, its API key, or the one in a login's body."""
    token = world.token(_credential(request))
    if token is not None:
        return token.account
    given = {_credential(request), request.form().get("apikey", ""), _api_token(request)}
    return next((one for one in world.accounts if one.credential in given), None)


def _api_token(request: Request) -> str:
    """The API token in a login of the classic platform; empty in any other request."""
    try:
        body = request.json() if b'"apiToken"' in request.body else None
    except ValueError:
        return ""
    return str(body.get("apiToken")) if isinstance(body, dict) else ""
