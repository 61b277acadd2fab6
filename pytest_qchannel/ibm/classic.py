"""What the classic platform had beside the runtime, below the base path of each of its hosts."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.hosts import CLASSIC_AUTH, CLASSIC_NETWORK
from pytest_qchannel.ibm.fields import CLASSIC_QUERY
from pytest_qchannel.ibm.route import Action, Answers, Fields, Route

__all__ = ["LIFETIME_S", "ROUTES"]

LIFETIME_S: Final = 14 * 24 * 3_600
"""How long an access token was valid."""

_CLIENT: Final = "qiskit-ibm-runtime 0.34 to 0.40"
_GUIDE: Final = "IBM's channel guide of 2024"

_VERSION_ANSWERS: Final[Answers] = {200: "C"}
_VERSION: Final[Fields] = {"api-auth": "keep", "api-app-server": "keep"}

ROUTES: Final = (
    Route(
        CLASSIC_AUTH, "GET", "/version", "none", _CLIENT, _VERSION_ANSWERS, answered=_VERSION
    ),
    Route(
        CLASSIC_AUTH, "POST", "/users/loginWithToken", "none", _GUIDE,
        {200: "D", 400: "I", 401: "D"},
        Action.LOGIN,
        sent={"apiToken": "api_key"},
        answered={"id": "access_token", "ttl": "keep", "created": "keep", "userId": "user"},
    ),
    Route(
        CLASSIC_AUTH, "GET", "/users/me", "classic", _CLIENT,
        {200: "C"},
        query=CLASSIC_QUERY,
        answered={"id": "user", "email": "email", "username": "person", "firstName": "person",
                  "lastName": "person", "institution": "person", "urls.http": "base_url",
                  "urls.ws": "base_url", "urls.services.runtime": "base_url"},
    ),
    Route(
        CLASSIC_AUTH, "POST", "/users/logout", "classic", _GUIDE,
        {200: "D"},
        Action.HARD_GATE,
        query=CLASSIC_QUERY,
    ),
    Route(
        CLASSIC_NETWORK, "GET", "/version", "none", _CLIENT, _VERSION_ANSWERS, answered=_VERSION
    ),
    Route(
        CLASSIC_NETWORK, "GET", "/Network", "classic", _CLIENT,
        {200: "C"},
        query=CLASSIC_QUERY,
        answered={"[].name": "hub", "[].groups.{group}.name": "group",
                  "[].groups.{group}.projects.{project}.name": "project",
                  "[].groups.{group}.projects.{project}.isDefault": "keep"},
    ),
)  # fmt: skip
