"""Who is asking: every request is checked here, and nowhere else.

One function for each kind of credential that a route can demand; :data:`CHECKS` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pytest_qchannel.crn import CRN, CRN_HEADER
from pytest_qchannel.emulator.api.context import Context, Principal
from pytest_qchannel.emulator.api.refusals import Code, Codes, Known
from pytest_qchannel.emulator.world.ended import said_of_ended
from pytest_qchannel.emulator.world.records import Account
from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.hosts import CLASSIC_RUNTIME
from pytest_qchannel.ibm.route import Credential
from pytest_qchannel.wire import ApiError, Request

__all__ = ["CHECKS", "NO_CRN", "classic_token"]

NO_CRN: Final = "The request has no Service-CRN header."
"""What is advised who names no instance."""


def classic_token(request: Request) -> str | None:
    """The access token of the classic login, in its header or in the query."""
    return request.headers.get("x-access-token") or request.first("access_token")


def _cloud_account(ctx: Context, *, allow_api_key: bool) -> Account:
    scheme, value = ctx.request.authorization
    if scheme == "bearer":
        token = ctx.world.token(value)
        if token is not None and not token.account.is_classic:
            return token.account
    elif scheme == "apikey" and allow_api_key:
        account = ctx.world.account_of("cloud", value)
        if account is not None:
            return account
    raise _bad_credentials(ctx, value)


def _iam(ctx: Context) -> Principal:
    """A bearer token of IAM: what search, catalog and resource controller want."""
    return Principal(_cloud_account(ctx, allow_api_key=False))


def _runtime(ctx: Context) -> Principal:
    """A bearer token (or the API key itself) and the CRN of an instance in this host's region.

    Source: security schemes of IBM's API description (bearer, apikey, Service-CRN).
    """
    account = _cloud_account(ctx, allow_api_key=True)
    text = ctx.request.headers.get(CRN_HEADER, "")
    try:
        crn = CRN.parse(text)
    except UsageProblem as problem:
        said = NO_CRN if not text else problem.headline
        raise ctx.refuse_as(Known.NOT_AUTHORIZED, advice=said) from None
    if crn.account_id != account.id:
        said = "Use an instance that belongs to the account of the credential."
        raise ctx.refuse_as(Known.NOT_AUTHORIZED, advice=said)
    instance = account.instances.get(str(crn))
    if instance is None:
        raise ctx.refuse_as(Known.NO_INSTANCE, crn, "The account has no instance with this CRN.")
    if crn.region != ctx.host.region:
        said = f"The instance is in {crn.region}; this is the service of {ctx.host.region}."
        raise ctx.refuse_as(Known.NO_INSTANCE, crn, said)
    return Principal(account, instance)


def _whole_account(ctx: Context) -> Principal:
    """The same, or in place of an instance the account: in ``Account-Id``, or in the path.

    Source: IBM's tool qauvern 0.14.0.
    """
    named = ctx.request.headers.get("account-id") or ctx.args.get("account")
    if named is None or CRN_HEADER in ctx.request.headers:
        return _runtime(ctx)
    account = _cloud_account(ctx, allow_api_key=True)
    if named != account.id and "account" not in ctx.args:  # what is at a path is its handler's
        said = "Name the account of the credential."
        raise ctx.refuse_as(Known.NOT_AUTHORIZED, advice=said)
    return Principal(account)


def _classic(ctx: Context) -> Principal:
    """An access token in ``x-access-token``, or the API token itself as a bearer.

    Source: the client (``X-Access-Token``) and IBM's channel guide (bearer API token).
    """
    if sent := classic_token(ctx.request):
        token = ctx.world.token(sent)
        if token is not None and token.account.is_classic:
            return Principal(token.account)
        raise _bad_classic(
            ctx, Codes.CLASSIC_BAD_TOKEN, "The access token is not valid any more.", sent
        )
    scheme, value = ctx.request.authorization
    account = ctx.world.account_of("classic", value) if scheme == "bearer" else None
    if account is None:
        raise _bad_classic(ctx, Codes.CLASSIC_LOGIN_FAILED, "The request has no valid credential.")
    return Principal(account)


def _transpiler(ctx: Context) -> Principal:
    """The API token of the classic platform as a bearer, of an account with the service's plan.

    Source: IBM's reference of the transpiler service; no access token is mentioned there.
    """
    scheme, value = ctx.request.authorization
    account = ctx.world.account_of("classic", value) if scheme == "bearer" else None
    if account is None:
        raise ctx.refuse_as(Known.NO_TRANSPILER_TOKEN)
    if not any(one.plan.has_transpiler for one in account.instances.values()):
        raise ctx.refuse(403, "forbidden", "The plan has no access to the transpiler service.")
    return Principal(account)


def _bad_credentials(ctx: Context, sent: str) -> ApiError:
    """The 401 of the runtime; of a token of another test, its advice names the test."""
    advice = f"{Known.BAD_CREDENTIALS.solution}{said_of_ended(sent)}"
    return ctx.refuse_as(Known.BAD_CREDENTIALS, advice=advice)


def _bad_classic(ctx: Context, code: Code, said: str, sent: str = "") -> ApiError:
    """The 401 of the classic runtime, or of the login and the network beside it."""
    if ctx.host.service == CLASSIC_RUNTIME:
        return _bad_credentials(ctx, sent)
    return ctx.refuse(401, code, said + said_of_ended(sent))


CHECKS: Final[Mapping[Credential, Callable[[Context], Principal | None]]] = {
    "none": lambda ctx: None,  # noqa: ARG005
    "iam": _iam,
    "runtime": _runtime,
    "account": _whole_account,
    "classic": _classic,
    "transpiler": _transpiler,
}
