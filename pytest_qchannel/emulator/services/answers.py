"""Which statuses each route answers with, and who says so; the docs are generated from it.

Every answer in the contract tests is held against this table. A status that IBM's API description
has for the route needs no other source; the docs' generator looks it up there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_qchannel.wire import Auth, Route

__all__ = ["ANSWERS", "BY_AUTH", "SOURCES", "answers_of"]

SOURCES: Final[Mapping[str, str]] = {
    "A": "IBM's API description, for this very route",
    "D": "IBM's documentation, error registry or changelog",
    "C": "the client, by what it sends or does with the answer",
    "T": "IBM's own tests of its client",
    "I": "inferred from the nearest documented case",
    "G": "a gap of the emulator, which fails the test",
}

Answers = Mapping[int, str]
"""Status -> the letter of its source in :data:`SOURCES`."""

BY_AUTH: Final[Mapping[Auth, Answers]] = {
    "none": {},
    "iam": {401: "D"},
    "runtime": {401: "D", 403: "D", 404: "I"},  # 404: an unknown instance, or another region's
    "classic": {401: "D"},
}

_JOB: Final = {404: "D"}
_SESSION: Final = {404: "D"}
_DEVICE: Final = {200: "C", 403: "I", 404: "D"}
_ANALYTICS: Final = {200: "D", 400: "I", 404: "I"}

ANSWERS: Final[Mapping[tuple[str, str], Answers]] = {
    ("POST", "/identity/token"): {200: "D", 400: "D"},
    ("POST", "/v3/resources/search"): {200: "D", 400: "D", 501: "G"},
    ("GET", "/<plan_id>"): {200: "C", 404: "D"},
    ("GET", "/v2/resource_instances"): {200: "C"},
    ("GET", "/v2/resource_instances/<instance_id>"): {200: "T", 404: "I"},
    ("GET", "/version"): {200: "C"},
    ("POST", "/users/loginWithToken"): {200: "D", 400: "I", 401: "D"},
    ("GET", "/users/me"): {200: "C"},
    ("POST", "/users/logout"): {200: "D"},
    ("GET", "/Network"): {200: "C"},
    ("GET", "/usage"): {200: "C"},
    ("GET", "/backends"): {200: "D", 400: "I", 403: "D"},
    ("GET", "/backends/<name>/configuration"): _DEVICE,
    ("GET", "/backends/<name>/properties"): {**_DEVICE, 400: "I", 501: "G"},
    ("GET", "/backends/<name>/status"): _DEVICE,
    ("GET", "/backends/<name>/defaults"): _DEVICE,
    ("POST", "/jobs"): {200: "D", 400: "D", 403: "D", 404: "D", 409: "D", 501: "G"},
    ("GET", "/jobs"): {200: "D", 400: "D", 403: "D"},
    ("GET", "/jobs/<job_id>"): {200: "D", **_JOB},
    ("DELETE", "/jobs/<job_id>"): {204: "D", 409: "D", **_JOB},
    ("GET", "/jobs/<job_id>/results"): {200: "D", 204: "C", **_JOB},
    ("POST", "/jobs/<job_id>/cancel"): {204: "D", 409: "D", **_JOB},
    ("GET", "/jobs/<job_id>/logs"): {200: "C", **_JOB},
    ("GET", "/jobs/<job_id>/interim_results"): {204: "I", **_JOB},
    ("GET", "/jobs/<job_id>/metrics"): {200: "D", 400: "I", **_JOB},
    ("PUT", "/jobs/<job_id>/tags"): {204: "C", 400: "D", **_JOB},
    ("POST", "/sessions"): {200: "C", 400: "D", 401: "D", 403: "D", 404: "I"},
    ("GET", "/sessions/<session_id>"): {200: "C", **_SESSION},
    ("PATCH", "/sessions/<session_id>"): {204: "C", 400: "I", **_SESSION},
    ("DELETE", "/sessions/<session_id>/close"): {204: "C", **_SESSION},
    ("GET", "/instances/usage"): {200: "C"},
    ("GET", "/instances/configuration"): {200: "D"},
    ("PUT", "/instances/configuration"): {204: "D", 400: "D", 409: "D", 501: "G"},
    ("GET", "/instance"): {200: "D"},
    ("GET", "/accounts/<name>"): {200: "D", 404: "D"},
    ("GET", "/workloads"): {200: "D", 400: "I", 403: "I"},
    ("GET", "/tags"): {200: "D", 400: "I"},
    ("GET", "/versions"): {200: "D"},
    ("GET", "/analytics/filters"): _ANALYTICS,
    ("GET", "/analytics/usage"): _ANALYTICS,
    ("GET", "/analytics/usage_grouped"): _ANALYTICS,
    ("GET", "/analytics/usage_grouped_by_date"): _ANALYTICS,
}


def answers_of(route: Route) -> Answers:
    """Every status that a route can answer with, its authentication included."""
    return dict(sorted({**BY_AUTH[route.auth], **ANSWERS[route.method, route.rule]}.items()))
