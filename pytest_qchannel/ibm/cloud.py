"""What the services of IBM Cloud have beside the runtime: login, search, catalog, instances."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.crn import SERVICE
from pytest_qchannel.hosts import CATALOG, CONTROLLER, IAM, SEARCH, base_url_of
from pytest_qchannel.ibm.fields import PARAMETERS, RESOURCE, below, each
from pytest_qchannel.ibm.route import Action, Route

__all__ = ["API_KEY_GRANT", "INSTANCES", "ISSUER", "LIFETIME_S", "ROUTES"]

API_KEY_GRANT: Final = "urn:ibm:params:oauth:grant-type:apikey"
"""The ``grant_type`` of a login with an API key."""

INSTANCES: Final = f"service_name:{SERVICE}"
"""The ``query`` of a search for instances, as the client sends it."""

ISSUER: Final = f"{base_url_of(IAM)}/identity"
"""The ``iss`` of an access token."""

LIFETIME_S: Final = 3_600
"""How long an access token is valid."""

_CONTROLLER_API: Final = "IBM Cloud Resource Controller v2 API"

ROUTES: Final = (
    Route(
        IAM, "POST", "/identity/token", "none", "IBM Cloud IAM Identity API",
        {200: "O", 400: "O"},
        Action.LOGIN,
        form={"grant_type": "keep", "apikey": "api_key", "response_type": "keep",
              "refresh_token": "refresh_token"},
        answered={"access_token": "access_token", "refresh_token": "refresh_token",
                  "token_type": "keep", "expires_in": "keep", "expiration": "keep",
                  "scope": "keep", "ims_user_id": "drop"},
    ),
    Route(
        SEARCH, "POST", "/v3/resources/search", "iam", "IBM Cloud Global Search v3 API",
        {200: "D", 400: "D", 501: "G"},
        Action.READ,
        query={"limit": "keep", "account_id": "account"},
        sent={"query": "keep", "fields[]": "keep", "search_cursor": "cursor"},
        answered={
            "limit": "keep", "search_cursor": "cursor", "items[].crn": "crn",
            "items[].name": "instance", "items[].service_plan_unique_id": "plan_id",
            "items[].service_name": "keep", "items[].region": "keep", "items[].tags[]": "tag",
            "items[].account_id": "account", "items[].resource_group_id": "drop",
            "items[].created_by": "drop",
            **below("items[].doc.extensions.", each(
                "backends[] usage_allocation_seconds instance_limit_seconds", "keep")),
        },
    ),
    Route(
        CATALOG, "GET", "/<plan_id>", "iam", "IBM Cloud Global Catalog API",
        {200: "C", 404: "D"},
        query={"include": "keep", "complete": "keep"},
        answered={"id": "plan_id", "kind": "keep", "name": "keep", "active": "keep",
                  "overview_ui.en.display_name": "keep", "metadata.pricing.type": "keep",
                  "provider.**": "drop", "created": "drop", "updated": "drop",
                  "catalog_crn": "drop", "url": "drop", "tags[]": "drop"},
    ),
    Route(
        CONTROLLER, "GET", "/v2/resource_instances", "iam", _CONTROLLER_API,
        {200: "C", 400: "I", 501: "G"},
        query={"name": "instance", "guid": "guid", "resource_plan_id": "plan_id",
               "start": "cursor", "resource_group_id": "text",
               **each("limit resource_id type sub_type state updated_from updated_to", "keep")},
        answered={"rows_count": "keep", "next_url": "link", **below("resources[].", RESOURCE)},
    ),
    Route(
        CONTROLLER, "POST", "/v2/resource_instances", "iam", _CONTROLLER_API,
        {201: "D", 400: "I", 501: "G"},
        Action.HARD_GATE,
        sent={"name": "instance", "target": "keep", "resource_group": "text",
              "resource_plan_id": "plan_id", "tags[]": "tag", "allow_cleanup": "keep",
              **below("parameters.", PARAMETERS)},
        answered=RESOURCE,
    ),
    Route(
        CONTROLLER, "GET", "/v2/resource_instances/<instance_id>", "iam", _CONTROLLER_API,
        {200: "T", 404: "I"},
        answered=RESOURCE,
    ),
    Route(
        CONTROLLER, "PATCH", "/v2/resource_instances/<instance_id>", "iam", _CONTROLLER_API,
        {200: "D", 400: "I", 404: "I", 501: "G"},
        Action.HARD_GATE,
        sent=below("parameters.", PARAMETERS),
        answered=RESOURCE,
    ),
)  # fmt: skip
