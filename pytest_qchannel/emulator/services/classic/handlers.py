"""Login, the user, the network of hubs, logout."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import usage
from pytest_qchannel.emulator.services.runtime.handlers import SHARED
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.records import AccessToken
from pytest_qchannel.ibm.classic import LIFETIME_S
from pytest_qchannel.wire import Json, Response


def version(ctx: Context) -> Response:  # noqa: ARG001 - every handler takes the context
    """``GET /version``: the client takes a service with ``api-auth`` for the right one."""
    return Response.json({"api-auth": "0.1.0", "api-app-server": "2.3.4"})


def login(ctx: Context) -> Response:
    """``POST /users/loginWithToken``: an API token gives an access token for 14 days."""
    try:
        body = ctx.request.json()
    except ValueError:
        body = None
    api_token = body.get("apiToken") if isinstance(body, dict) else None
    if not isinstance(api_token, str) or not api_token:
        raise ctx.refuse(400, Codes.VALIDATION, "The body must be an object with an apiToken.")
    account = ctx.world.account_of("classic", api_token)
    if account is None:
        raise ctx.refuse(401, Codes.CLASSIC_LOGIN_FAILED, "Login failed.")
    now = ctx.world.clock.now()
    token = AccessToken(secrets.token_hex(32), account, now + LIFETIME_S)
    ctx.world.remember(token)
    return Response.json(
        {
            "id": token.value,
            "ttl": LIFETIME_S,
            "created": iso(now),
            "userId": account.user_id,
        }
    )


def me(ctx: Context) -> Response:
    """``GET /users/me``: who is logged in, and where the other services are.

    The host names it gives are of the generation by which it was asked.
    """
    account = ctx.caller.account
    domain = ctx.host.name.partition(".")[2]
    return Response.json(
        {
            "id": account.user_id,
            "email": account.email,
            "username": account.name,
            "firstName": "Emulated",
            "lastName": "User",
            "institution": "pytest-qchannel",
            "urls": {
                "http": f"https://api.{domain}/api",
                "ws": f"wss://wss.{domain}",
                "services": {"runtime": f"https://api.{domain}/runtime"},
            },
        }
    )


def network(ctx: Context) -> Response:
    """``GET /Network``: the user's hubs with their groups and projects."""
    hubs: dict[str, dict[str, dict[str, Json]]] = {}
    for number, name in enumerate(ctx.caller.account.instances):
        hub, group, project = name.split("/")
        projects = hubs.setdefault(hub, {}).setdefault(group, {})
        projects[project] = {"name": project, "isDefault": number == 0}
    return Response.json(
        [
            {
                "name": hub,
                "groups": {
                    group: {"name": group, "projects": projects}
                    for group, projects in groups.items()
                },
            }
            for hub, groups in hubs.items()
        ]
    )


def logout(ctx: Context) -> Response:
    """``POST /users/logout``: the access token is no longer valid; a second one gets a 401."""
    token = ctx.world.token(ctx.request.headers.get("x-access-token", ""))
    if token is None:
        raise ctx.refuse(401, Codes.CLASSIC_BAD_TOKEN, "There is no access token to log out.")
    token.revoked = True
    return Response.json({})


AUTH: Final[Mapping[str, Handler]] = {
    "GET /version": version,
    "POST /users/loginWithToken": login,
    "GET /users/me": me,
    "POST /users/logout": logout,
}
NETWORK: Final[Mapping[str, Handler]] = {"GET /version": version, "GET /Network": network}
RUNTIME: Final[Mapping[str, Handler]] = {**SHARED, "GET /usage": usage.classic_usage}
