"""The token exchange: a valid API key gives a JWT that lives an hour."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import jwt

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.api.refusals import iam_headers
from pytest_qchannel.emulator.world.records import AccessToken, Account
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.hosts import IAM, base_url_of
from pytest_qchannel.ibm.cloud import API_KEY_GRANT, ISSUER, LIFETIME_S
from pytest_qchannel.wire import ApiError, Json, Response


def exchange(ctx: Context) -> Response:
    """``POST /identity/token``: the API key grant, the only one that the clients use."""
    form = ctx.request.form()
    grant = _required(ctx, form, "grant_type")
    if grant != API_KEY_GRANT:
        # What the service says to another grant is not known.
        raise _refusal(ctx, "BXNIM0109E", f"The grant type {grant!r} is not supported.")
    account = ctx.world.account_of("cloud", _required(ctx, form, "apikey"))
    if account is None:
        raise _refusal(ctx, "BXNIM0415E", "Provided API key could not be found.")
    token = ctx.world.remember(mint(ctx.world, account))
    return Response.json(
        {
            "access_token": token.value,
            "refresh_token": "not_supported",
            "ims_user_id": int(account.id[:8], 16) % 10_000_000,
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "expiration": int(token.expires_at),
            "scope": "ibm openid",
        },
        headers=iam_headers(ctx.world.hex(32)),
    )


def _required(ctx: Context, form: Mapping[str, str], name: str) -> str:
    if value := form.get(name):
        return value
    details = f"Property '{name}' either missing or empty."
    raise _refusal(ctx, "BXNIM0109E", "Property missing or empty.", details)


def _refusal(ctx: Context, code: str, message: str, details: str | None = None) -> ApiError:
    """A 400 with all that the service tells of the request. Source: recorded bodies of 2026."""
    trace = ctx.world.hex(32)
    at = datetime.fromtimestamp(ctx.world.clock.now(), UTC)
    clock = f"{at:%d.%m.%Y %H:%M:%S}:{at.microsecond // 1000:03d} UTC"
    context: dict[str, Json] = {
        "requestId": trace,
        "requestType": "incoming.Identity_Token",
        "userAgent": ctx.request.headers.get("user-agent", ""),
        "url": base_url_of(IAM),
        # Which machine it was is nobody's business, and here there is none.
        "instanceId": "emulated",
        "threadId": "emulated",
        "host": "emulated",
        "startTime": clock,
        "endTime": clock,
        "elapsedTime": "0",
        "locale": "en_US",
        "clusterName": "emulated",
    }
    body: dict[str, Json] = {"errorCode": code, "errorMessage": message}
    if details is not None:
        body["errorDetails"] = details
    return ApiError(Response.json({**body, "context": context}, 400, iam_headers(trace)))


def mint(world: World, account: Account) -> AccessToken:
    """An access token for an account: a JWT with IAM's claims, signed by nobody that counts.

    The IBM SDK reads ``iat`` and ``exp`` from it without checking the signature; the emulator
    recognises a token by its value, so a token that somebody else made is refused.
    """
    issued_at = int(world.clock.now())
    claims = {
        "iam_id": account.user_id,
        "id": account.user_id,
        "realmid": "IBMid",
        "jti": secrets.token_hex(16),  # by no seed: of no other test's token
        "identifier": account.user_id.partition("-")[2],
        "name": account.name,
        "email": account.email,
        "sub": account.email,
        "account": {"valid": True, "bss": account.id},
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
        "iss": ISSUER,
        "grant_type": API_KEY_GRANT,
        "scope": "ibm openid",
        "client_id": "default",
        "acr": 1,
        "amr": ["pwd"],
    }
    value = jwt.encode(claims, f"qchannel-emulator-{world.seed:032d}", algorithm="HS256")
    return AccessToken(value, account, issued_at + LIFETIME_S)


HANDLERS: Final[Mapping[str, Handler]] = {"POST /identity/token": exchange}
