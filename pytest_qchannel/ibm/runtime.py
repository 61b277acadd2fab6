"""What the runtime API has: that of today's channels, and the classic one with most of its routes.

An entry is of today's API; :func:`_both` gives the same one of the classic API beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pytest_qchannel.hosts import CLASSIC_RUNTIME, RUNTIME
from pytest_qchannel.ibm.fields import (
    ANALYSED,
    ANALYTICS,
    CLASSIC_QUERY,
    CONFIGURATION,
    DEFAULTS,
    DEVICE_ROW,
    FIGURES,
    HGP,
    JOB,
    JOB_FILTERS,
    PROPERTIES,
    SESSION,
    SNAPSHOT,
    USAGE,
    WORKLOAD,
    below,
    each,
)
from pytest_qchannel.ibm.route import Action, Answers, Route, Tells

__all__ = ["MAX_TTL_S", "ROUTES"]

MAX_TTL_S: Final = 28_800
"""How long a session or a batch is open at most, after its first job's start: eight hours.

Source: IBM's documentation.
"""

_API: Final = "IBM's API description of the runtime service"
_CLIENT: Final = "qiskit-ibm-runtime 0.34 to 0.40"
_DOCS: Final = "IBM's docs of the classic API"
_SETUP: Final = "IBM's guide to setting up REST; its body is inferred"
_GUIDE: Final = "IBM's channel guide of 2024"

_NO_JOB: Final[Answers] = {404: "O"}
_NO_SESSION: Final[Answers] = {404: "O"}
_DEVICE: Final[Answers] = {200: "C", 403: "O", 404: "O"}
_ANALYTICS: Final[Answers] = {200: "D", 400: "I", 404: "I"}
_USED: Final = {**ANALYTICS, "group_by": "keep"}


def _both(classic_source: str, route: Route) -> tuple[Route, Route]:
    """A route of today's API and the same one of the classic API, with the source of that."""
    classic = replace(
        route,
        service=CLASSIC_RUNTIME,
        credential="classic",
        source=classic_source,
        query={**route.query, **CLASSIC_QUERY},
    )
    return route, classic


ROUTES: Final = (
    *_both(_GUIDE, Route(
        RUNTIME, "GET", "/backends", "runtime", _API,
        {200: "D", 400: "I", 403: "D"},
        query={"provider": "hgp", "include_mocks": "keep", "fields": "keep"},
        # Elsewhere the field is the caller's own wish: it chooses jobs and workloads.
        abilities={
            "include_mocks": "qiskit-ibm-runtime 0.51 sends it with every list of backends, and "
            "leaves mock backends out itself (backends() of qiskit_runtime_service.py)"
        },
        answered={"devices[]": "keep", **below("devices[].", DEVICE_ROW)},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/backends/<backend>/configuration", "runtime", _API,
        _DEVICE,
        query=SNAPSHOT,
        answered=CONFIGURATION,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/backends/<backend>/properties", "runtime", _API,
        {**_DEVICE, 400: "I", 501: "G"},
        query=SNAPSHOT,
        answered=PROPERTIES,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/backends/<backend>/status", "runtime", _API,
        _DEVICE,
        answered={**each("state status length_queue backend_version", "keep"), "message": "prose"},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/backends/<backend>/defaults", "runtime", _API,
        _DEVICE,
        query=SNAPSHOT,
        answered=DEFAULTS,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "POST", "/jobs", "runtime", _API,
        {200: "D", 400: "O", 403: "O", 404: "O", 409: "D", 429: "D", 501: "G"},
        Action.SUBMISSION,
        sent={**each("program_id backend log_level cost start_session session_time private",
                     "keep"),
              "params": "params", "runtime": "image", "session_id": "session_id",
              "tags[]": "tag", "calibration_id": "calibration", **HGP},
        answered={"id": "job_id", "backend": "keep", "session_id": "session_id",
                  "private": "keep", "calibration_id": "calibration",
                  "messages[].data": "prose", **HGP},
    )),
    *_both(_GUIDE, Route(
        RUNTIME, "GET", "/jobs", "runtime", _API,
        {200: "D", 400: "D", 403: "D", 501: "G"},  # 501: a page that nothing fills
        tells=Tells.STATES,
        query=JOB_FILTERS,
        answered={"count": "keep", "limit": "keep", "offset": "keep", **below("jobs[].", JOB)},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/jobs/<job_id>", "runtime", _API,
        # 400: a version of the API that there is not; 501: a wait for what nothing moves
        {200: "D", 400: "I", **_NO_JOB, 501: "G"},
        tells=Tells.STATE,
        query={"exclude_params": "keep"},
        answered=JOB,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/jobs/<job_id>/results", "runtime", _API,
        {200: "D", 204: "C", **_NO_JOB},
        tells=Tells.END,
        answered={"": "payload"},
        text="prose",
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "POST", "/jobs/<job_id>/cancel", "runtime", _API,
        {204: "D", 409: "D", **_NO_JOB},
        Action.SOFT_GATE,
        Tells.END,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "DELETE", "/jobs/<job_id>", "runtime", _API,
        {204: "D", 409: "D", **_NO_JOB},
        Action.HARD_GATE,
        Tells.END,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/jobs/<job_id>/logs", "runtime", _API, {200: "C", **_NO_JOB},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/jobs/<job_id>/interim_results", "runtime", _API,
        {204: "I", **_NO_JOB},
        answered={"": "payload"},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/jobs/<job_id>/metrics", "runtime", _API,
        {200: "D", 400: "I", **_NO_JOB},
        answered={"caller": "origin", **each(
            "timestamps.** usage.** bss.** qiskit_version estimated_start_time "
            "estimated_completion_time position_in_queue position_in_provider executions "
            "num_circuits num_qubits[] circuit_depths[] num_qubits circuit_depths "
            "circuits_execution_time_ns", "keep")},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "PUT", "/jobs/<job_id>/tags", "runtime", _API,
        {204: "C", 400: "D", **_NO_JOB},
        Action.SOFT_GATE,
        sent={"tags[]": "tag"},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "POST", "/sessions", "runtime", _API,
        {200: "C", 400: "O", 403: "O", 404: "O", 500: "O"},
        Action.WRITE,
        sent={**each("mode backend backend_name max_ttl max_session_ttl interactive_ttl active_ttl",
                     "keep"),
              "instance": "instance_id", "calibration_id": "calibration"},
        answered=SESSION,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "GET", "/sessions/<session_id>", "runtime", _API,
        {200: "C", **_NO_SESSION, 501: "G"},
        answered=SESSION,
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "PATCH", "/sessions/<session_id>", "runtime", _API,
        {204: "C", 400: "I", **_NO_SESSION},
        Action.SOFT_GATE,
        sent={"accepting_jobs": "keep"},
    )),
    *_both(_CLIENT, Route(
        RUNTIME, "DELETE", "/sessions/<session_id>/close", "runtime", _API,
        {204: "C", **_NO_SESSION},
        Action.SOFT_GATE,
    )),
    Route(
        CLASSIC_RUNTIME, "GET", "/usage", "classic", _CLIENT,
        {200: "C"},
        query=CLASSIC_QUERY,
        answered={"period.**": "keep", "byInstance[].instance": "hgp",
                  **below("byInstance[].", each("quota usage pendingJobs maxPendingJobs",
                                                "keep"))},
    ),
    Route(RUNTIME, "GET", "/instances/usage", "runtime", _API, {200: "C"}, answered=USAGE),
    # No description has it: its body is taken to be that of /instances/usage.
    Route(RUNTIME, "GET", "/usage", "runtime", _SETUP, {200: "I"}, answered=USAGE),
    Route(
        RUNTIME, "GET", "/instances/configuration", "runtime", _API,
        {200: "D"},
        answered={"instance_limit": "keep"},
    ),
    Route(
        RUNTIME, "PUT", "/instances/configuration", "runtime", _API,
        {204: "D", 400: "D", 409: "D", 501: "G"},
        Action.HARD_GATE,
        sent={"instance_limit": "keep"},
    ),
    Route(
        RUNTIME, "GET", "/instance", "runtime", _API,
        {200: "D"},
        answered={"backends[]": "keep", "plan_id": "plan_id", **each(
            "instance_limit instance_limit_seconds usage_allocation_seconds", "keep")},
    ),
    Route(
        RUNTIME, "GET", "/accounts/<account>", "account", _API,
        {200: "D", 404: "D"},
        query={"plan_id": "plan_id"},
        answered=below("plans[].", {
            "plan_id": "plan_id", "subscription_id": "plan_id", "subscription_name": "text",
            "functions[].**": "drop",
            **each("backends[] usage_allocation_seconds usage_limit_seconds start_time end_time "
                   "unallocated_usage_seconds max_ttl active_ttl interactive_ttl", "keep")}),
    ),
    *_both(_DOCS, Route(
        RUNTIME, "GET", "/workloads", "runtime", _API,
        {200: "D", 400: "D", 403: "I"},
        tells=Tells.LIST,
        query={
            **each("sort limit backend status mode created_after created_before include_mocks",
                   "keep"),
            "previous": "cursor", "next": "cursor", "search": "search", "tags": "tag",
            "user": "user", "provider": "hgp",
        },
        answered={"total_count": "keep", "limit": "keep", "previous.href": "link",
                  "next.href": "link", **below("workloads[].", WORKLOAD)},
    )),
    Route(
        RUNTIME, "GET", "/tags", "runtime", _API,
        {200: "D", 400: "O"},
        query={"type": "keep", "search": "search"},
        answered={"tags[]": "tag"},
    ),
    Route(
        RUNTIME, "GET", "/versions", "none", _API,
        {200: "D"},
        answered=below("versions[].", each("version status sunset_date", "keep")),
    ),
    Route(
        RUNTIME, "GET", "/analytics/filters", "account", _API,
        _ANALYTICS,
        query=ANALYTICS,
        answered={"backends[].name": "keep", "instances[].id": "instance_id",
                  "instances[].deleted": "keep", "users[].id": "user", "plans[].name": "keep",
                  "subscriptions[].id": "plan_id", "subscriptions[].name": "text"},
    ),
    Route(
        RUNTIME, "GET", "/analytics/usage", "account", _API,
        _ANALYTICS,
        query=ANALYTICS,
        answered=FIGURES,
    ),
    Route(
        RUNTIME, "GET", "/analytics/usage_grouped", "account", _API,
        _ANALYTICS,
        query=_USED,
        answered=ANALYSED,
    ),
    Route(
        RUNTIME, "GET", "/analytics/usage_grouped_by_date", "account", _API,
        _ANALYTICS,
        query=_USED,
        answered=ANALYSED,
    ),
)  # fmt: skip
