"""The token exchange: a valid API key gives a JWT that lives an hour."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

import jwt

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.world.records import AccessToken, Account
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.wire import Response

GRANT: Final = "urn:ibm:params:oauth:grant-type:apikey"
LIFETIME_S: Final = 3_600


def exchange(ctx: Context) -> Response:
    """``POST /identity/token``: the API key grant, the only one that the clients use."""
    form = ctx.request.form()
    grant = form.get("grant_type", "")
    if grant != GRANT:
        said = f"The grant type {grant!r} is not supported." if grant else "grant_type is missing."
        raise ctx.refuse(400, "BXNIM0109E", said)
    if not form.get("apikey"):
        raise ctx.refuse(400, "BXNIM0109E", "apikey is missing or empty.")
    account = ctx.world.account_of("cloud", form["apikey"])
    if account is None:
        raise ctx.refuse(400, "BXNIM0415E", "The API key could not be found.")
    token = ctx.world.remember(mint(ctx.world, account))
    return Response.json(
        {
            "access_token": token.value,
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "expiration": int(token.expires_at),
            "scope": "ibm openid",
        }
    )


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
        "iss": "https://iam.cloud.ibm.com/identity",
        "grant_type": GRANT,
        "scope": "ibm openid",
        "client_id": "default",
        "acr": 1,
        "amr": ["pwd"],
    }
    value = jwt.encode(claims, f"qchannel-emulator-{world.seed:032d}", algorithm="HS256")
    return AccessToken(value, account, issued_at, issued_at + LIFETIME_S)


HANDLERS: Final[Mapping[str, Handler]] = {"POST /identity/token": exchange}
