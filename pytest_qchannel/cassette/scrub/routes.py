"""What may be kept on each route: query, form and JSON fields, each with the name of a rule.

A path of JSON fields is written ``jobs[].state.status``; ``{hub}`` is any key, replaced by the
rule of that name; ``.**`` is everything below. The empty path is the whole body. What is not
named is replaced, and reported: :class:`~.scrubber.Unknown` says the line to add here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["ERRORS", "HOSTS", "ROUTES", "Fields", "RouteRule"]

Fields = Mapping[str, str]

HOSTS: Final = (
    ("iam", r"(private\.)?iam(\.test)?\.cloud\.ibm\.com", ""),
    ("search", r"api\.global-search-tagging(\.test)?\.cloud\.ibm\.com", ""),
    ("catalog", r"globalcatalog(\.test)?\.cloud\.ibm\.com", "/api/v1"),
    ("controller", r"resource-controller(\.test)?\.cloud\.ibm\.com", ""),
    ("runtime", r"((private\.)?(us-east|eu-de)\.)?quantum(\.test)?\.cloud\.ibm\.com", "/api/v1"),
    ("runtime", r"(private\.)?(us-east|eu-de)\.quantum-computing\.cloud\.ibm\.com", ""),
    ("classic_auth", r"auth\.quantum(-computing)?\.ibm\.com", "/api"),
    ("classic_runtime", r"api\.quantum(-computing)?\.ibm\.com", "/runtime"),
    ("classic_runtime", r"runtime-us-east\.quantum-computing\.ibm\.com", ""),
    ("classic_network", r"api(-qcon)?\.quantum(-computing)?\.ibm\.com", "/api"),
)
"""Service, its public host names, and the path that its routes are below."""


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What may be kept on one route.

    Attributes:
        services: The services that have it.
        method: The HTTP method.
        rule: Its path below the base; ``<job_id>`` is a value, replaced by the rule of that name.
        query: Query field -> rule.
        form: Field of a form -> rule.
        sent: JSON path of the request's body -> rule.
        answered: JSON path of the response's body -> rule, where the status is below 400.
        text: The rule for a response that is no JSON.
    """

    services: tuple[str, ...]
    method: str
    rule: str
    query: Fields = field(default_factory=dict)
    form: Fields = field(default_factory=dict)
    sent: Fields = field(default_factory=dict)
    answered: Fields = field(default_factory=dict)
    text: str = "log"


def _below(prefix: str, fields: Fields) -> dict[str, str]:
    return {prefix + name: rule for name, rule in fields.items()}


def _all(names: str, rule: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), rule)


ERRORS: Final[Fields] = {
    "errors[].code": "keep", "errors[].message": "prose", "errors[].solution": "prose",
    "errors[].more_info": "doc_url", "trace": "trace", "status_code": "keep",
    "error.status": "keep", "error.statusCode": "keep", "error.name": "keep",
    "error.message": "prose", "error.code": "keep", "error.helpMessage": "prose",
    "errorCode": "keep", "errorMessage": "prose", "errorDetails": "prose",
    "context.requestId": "trace", "context.requestType": "keep", "context.locale": "keep",
    "context.userAgent": "drop", "context.url": "drop", "context.clientIp": "drop",
    "context.instanceId": "drop", "context.threadId": "drop", "context.host": "drop",
    "context.startTime": "drop", "context.endTime": "drop", "context.elapsedTime": "drop",
    "context.clusterName": "drop",
}  # fmt: skip
"""The services' error bodies, the same on every route."""

_HGP: Final[Fields] = {"hub": "hub", "group": "group", "project": "project"}
_JOB: Final[Fields] = {
    **_all(
        "backend status state.status state.reason_code state.reasonCode program.id created ended "
        "cost private usage.** estimated_running_time_seconds estimated_max_running_time_seconds "
        "estimated_start_time estimated_completion_time estimated_queue_time_seconds",
        "keep",
    ),
    "id": "job_id", "state.reason": "prose", "state.reason_solution": "prose", "tags[]": "tag",
    "user_id": "user", "session_id": "session_id", "calibration_id": "calibration",
    "runtime": "image", "params": "params", **_HGP,
    **_all("remote_storage.** ip city country", "drop"),
}  # fmt: skip
_SESSION: Final[Fields] = {
    **_all(
        "backend_name interactive_ttl max_ttl active_ttl state accepting_jobs last_job_started "
        "last_job_completed started_at created_at activated_at closed_at mode elapsed_time "
        "timestamps[].** max_session_ttl",
        "keep",
    ),
    "id": "session_id", "state_reason": "prose", "user_id": "user", "instance": "instance_id",
    "messages[].data": "prose", "calibration_id": "calibration",
}  # fmt: skip
_JOB_FILTERS: Final[Fields] = {
    **_all(
        "exclude_params limit offset backend pending program created_after created_before sort "
        "include_mocks",
        "keep",
    ),
    "tags": "tag", "session_id": "session_id", "provider": "hgp", "search": "search",
}  # fmt: skip
_RESOURCE: Final[Fields] = {
    **_all("region_id state type sub_type resource_id allow_cleanup locked", "keep"),
    "id": "instance_id", "crn": "crn", "guid": "guid", "name": "instance",
    "account_id": "account", "resource_plan_id": "plan_id",
    **_all(
        "created_at created_by updated_at updated_by deleted_at deleted_by url resource_group_id "
        "resource_group_crn target_crn dashboard_url parameters.** extensions.** plan_history[].** "
        "last_operation.** resource_aliases_url resource_bindings_url resource_keys_url",
        "drop",
    ),
}  # fmt: skip
_DEVICE_ROW: Final[Fields] = _all(
    "name status.** is_simulator qubits physical_qubits queue_length class clops.** "
    "processor_type.** performance_metrics.** wait_time_seconds",
    "keep",
)
_CONFIGURATION: Final[Fields] = {
    **_all(
        "backend_name backend_version sample_name online_date basis_gates[] local simulator memory "
        "conditional open_pulse n_qubits max_shots max_experiments dt dtm clops clops_h clops_v "
        "quantum_volume credits_required live_data allow_q_object allow_object_storage "
        "dynamic_reprate_enabled measure_esp_enabled multi_meas_enabled input_allowed[] "
        "supported_features[] supported_instructions[] parametric_pulses[] pulse_num_channels "
        "pulse_num_qubits n_registers n_uchannels uchannels_enabled parallel_compilation "
        "default_rep_delay",
        "keep",
    ),
    **_all(
        "acquisition_latency.** channels.** conditional_latency.** coords.** coupling_map.** "
        "description discriminators.** gates.** hamiltonian.** instruction_signatures.** "
        "meas_kernels.** meas_levels.** meas_lo_range.** meas_map.** processor_type.** "
        "qubit_channel_mapping.** qubit_lo_range.** rep_delay_range.** rep_times.** "
        "timing_constraints.** u_channel_lo.**",
        "public",
    ),
    **_all("url hamiltonian.description", "drop"),
}
_PROPERTIES: Final[Fields] = _all(
    "backend_name backend_version last_update_date qubits.** gates.** general.** general_qlists.**",
    "public",
)
_DEFAULTS: Final[Fields] = _all(
    "_data.** buffer cmd_def.** discriminator.** meas_freq_est.** meas_kernel.** pulse_library.** "
    "qubit_freq_est.** schema_version",
    "public",
)
_WORKLOAD: Final[Fields] = {
    **_all(
        "created ended backend accepting_jobs mode status usage.** usage_seconds "
        "estimated_running_time_seconds",
        "keep",
    ),
    "id": "workload_id", "instance": "instance_id", "user_id": "user", "status_reason": "prose",
    "tags[]": "tag",
}  # fmt: skip
_USAGE: Final[Fields] = {
    "instance_id": "instance_id", "plan_id": "plan_id", "usage_period.**": "keep",
    **_all("usage_consumed_seconds usage_limit_seconds usage_limit_reached "
           "usage_allocation_seconds usage_remaining_seconds instance_limit_seconds", "keep"),
}  # fmt: skip
_ANALYTICS: Final[Fields] = {
    **_all("interval_start interval_end backend simulators", "keep"),
    "instance": "instance_id", "plan": "plan_id", "user_id": "user",
}  # fmt: skip
_ANALYSED: Final[Fields] = {
    **_all("interval_start interval_end data[].date data[].usage data[].jobs", "keep"),
    "data[].group": "instance_id",
}  # fmt: skip

_RUN: Final = ("runtime", "classic_runtime")
_NEW: Final = ("runtime",)
_AUTH: Final = ("classic_auth",)
_SNAPSHOT: Final[Fields] = {"calibration_id": "calibration", "updated_before": "keep"}

ROUTES: Final[tuple[RouteRule, ...]] = (
    RouteRule(
        ("iam",), "POST", "/identity/token",
        form={"grant_type": "keep", "apikey": "api_key", "response_type": "keep",
              "refresh_token": "refresh_token"},
        answered={"access_token": "access_token", "refresh_token": "refresh_token",
                  "token_type": "keep", "expires_in": "keep", "expiration": "keep",
                  "scope": "keep", "ims_user_id": "drop"},
    ),
    RouteRule(
        ("search",), "POST", "/v3/resources/search",
        query={"limit": "keep", "account_id": "account"},
        sent={"query": "keep", "fields[]": "keep", "search_cursor": "cursor"},
        answered={
            "limit": "keep", "search_cursor": "cursor", "items[].crn": "crn",
            "items[].name": "instance", "items[].service_plan_unique_id": "plan_id",
            "items[].service_name": "keep", "items[].region": "keep", "items[].tags[]": "tag",
            "items[].account_id": "account", "items[].resource_group_id": "drop",
            "items[].created_by": "drop",
            **_below("items[].doc.extensions.", _all(
                "backends[] usage_allocation_seconds instance_limit_seconds", "keep")),
        },
    ),
    RouteRule(
        ("catalog",), "GET", "/<plan_id>",
        query={"include": "keep", "complete": "keep"},
        answered={"id": "plan_id", "kind": "keep", "name": "keep", "active": "keep",
                  "overview_ui.en.display_name": "keep", "metadata.pricing.type": "keep",
                  "provider.**": "drop", "created": "drop", "updated": "drop",
                  "catalog_crn": "drop", "url": "drop", "tags[]": "drop"},
    ),
    RouteRule(
        ("controller",), "GET", "/v2/resource_instances",
        query={"name": "instance", "guid": "guid", "limit": "keep"},
        answered={"rows_count": "keep", "next_url": "link", **_below("resources[].", _RESOURCE)},
    ),
    RouteRule(("controller",), "GET", "/v2/resource_instances/<instance_id>", answered=_RESOURCE),
    RouteRule(("classic_auth", "classic_network"), "GET", "/version",
              answered={"api-auth": "keep", "api-app-server": "keep"}),
    RouteRule(
        _AUTH, "POST", "/users/loginWithToken",
        sent={"apiToken": "api_key"},
        answered={"id": "access_token", "ttl": "keep", "created": "keep", "userId": "user"},
    ),
    RouteRule(
        _AUTH, "GET", "/users/me",
        answered={"id": "user", "email": "email", "username": "person", "firstName": "person",
                  "lastName": "person", "institution": "person", "urls.http": "base_url",
                  "urls.ws": "base_url", "urls.services.runtime": "base_url"},
    ),
    RouteRule(_AUTH, "POST", "/users/logout"),
    RouteRule(
        ("classic_network",), "GET", "/Network",
        answered={"[].name": "hub", "[].groups.{group}.name": "group",
                  "[].groups.{group}.projects.{project}.name": "project",
                  "[].groups.{group}.projects.{project}.isDefault": "keep"},
    ),
    RouteRule(
        _RUN, "GET", "/backends",
        query={"provider": "hgp", "include_mocks": "keep", "fields": "keep"},
        answered={"devices[]": "keep", **_below("devices[].", _DEVICE_ROW)},
    ),
    RouteRule(_RUN, "GET", "/backends/<backend>/configuration", _SNAPSHOT,
              answered=_CONFIGURATION),
    RouteRule(_RUN, "GET", "/backends/<backend>/properties", _SNAPSHOT, answered=_PROPERTIES),
    RouteRule(_RUN, "GET", "/backends/<backend>/defaults", _SNAPSHOT, answered=_DEFAULTS),
    RouteRule(
        _RUN, "GET", "/backends/<backend>/status",
        answered={**_all("state status length_queue backend_version", "keep"), "message": "prose"},
    ),
    RouteRule(
        _RUN, "POST", "/jobs",
        sent={**_all("program_id backend log_level cost start_session session_time private",
                     "keep"),
              "params": "params", "runtime": "image", "session_id": "session_id",
              "tags[]": "tag", "calibration_id": "calibration", **_HGP},
        answered={"id": "job_id", "backend": "keep", "session_id": "session_id",
                  "private": "keep", "calibration_id": "calibration",
                  "messages[].data": "prose", **_HGP},
    ),
    RouteRule(
        _RUN, "GET", "/jobs", _JOB_FILTERS,
        answered={"count": "keep", "limit": "keep", "offset": "keep", **_below("jobs[].", _JOB)},
    ),
    RouteRule(_RUN, "GET", "/jobs/<job_id>", {"exclude_params": "keep"}, answered=_JOB),
    RouteRule(_RUN, "DELETE", "/jobs/<job_id>"),
    RouteRule(_RUN, "GET", "/jobs/<job_id>/results", answered={"": "payload"}, text="prose"),
    RouteRule(_RUN, "GET", "/jobs/<job_id>/interim_results", answered={"": "payload"}),
    RouteRule(_RUN, "POST", "/jobs/<job_id>/cancel"),
    RouteRule(_RUN, "GET", "/jobs/<job_id>/logs"),
    RouteRule(
        _RUN, "GET", "/jobs/<job_id>/metrics",
        answered=_all(
            "timestamps.** usage.** bss.** qiskit_version caller estimated_start_time "
            "estimated_completion_time position_in_queue position_in_provider executions "
            "num_circuits num_qubits[] circuit_depths[] num_qubits circuit_depths "
            "circuits_execution_time_ns", "keep"),
    ),
    RouteRule(_RUN, "PUT", "/jobs/<job_id>/tags", sent={"tags[]": "tag"}),
    RouteRule(
        _RUN, "POST", "/sessions",
        sent={**_all("mode backend max_ttl max_session_ttl interactive_ttl active_ttl", "keep"),
              "instance": "instance_id", "calibration_id": "calibration"},
        answered=_SESSION,
    ),
    RouteRule(_RUN, "GET", "/sessions/<session_id>", answered=_SESSION),
    RouteRule(_RUN, "PATCH", "/sessions/<session_id>", sent={"accepting_jobs": "keep"}),
    RouteRule(_RUN, "DELETE", "/sessions/<session_id>/close"),
    RouteRule(
        ("classic_runtime",), "GET", "/usage",
        answered={"period.**": "keep", "byInstance[].instance": "hgp",
                  **_below("byInstance[].", _all("quota usage pendingJobs maxPendingJobs",
                                                 "keep"))},
    ),
    RouteRule(_NEW, "GET", "/instances/usage", answered=_USAGE),
    RouteRule(_NEW, "GET", "/instances/configuration",
              answered={"backends[]": "keep", **_USAGE}),
    RouteRule(_NEW, "PUT", "/instances/configuration", sent={"instance_limit_seconds": "keep"}),
    RouteRule(_NEW, "GET", "/instance",
              answered={"instance_id": "instance_id", "plan_id": "plan_id", "name": "instance"}),
    RouteRule(_NEW, "GET", "/accounts/<account>", {"plan_id": "plan_id"},
              answered={"account_id": "account", **_USAGE}),
    RouteRule(
        _RUN, "GET", "/workloads",
        {**_all("sort limit backend status mode created_after created_before include_mocks",
                "keep"),
         "previous": "cursor", "next": "cursor", "search": "search", "tags": "tag", "user": "user",
         "provider": "hgp"},
        answered={"total_count": "keep", "limit": "keep", "previous.href": "link",
                  "next.href": "link", **_below("workloads[].", _WORKLOAD)},
    ),
    RouteRule(_NEW, "GET", "/tags", {"type": "keep", "search": "search"},
              answered={"tags[]": "tag"}),
    RouteRule(_NEW, "GET", "/versions",
              answered=_below("versions[].", _all("version status sunset_date", "keep"))),
    RouteRule(
        _NEW, "GET", "/analytics/filters", _ANALYTICS,
        answered={"backends[].name": "keep", "instances[].id": "instance_id",
                  "instances[].name": "instance", "instances[].plan_id": "plan_id",
                  "users[].id": "user"},
    ),
    RouteRule(
        _NEW, "GET", "/analytics/usage", _ANALYTICS,
        answered=_all(
            "usage jobs sessions batch_sessions dedicated_sessions individual_jobs queue_time "
            "avg_queue_time sessions_usage avg_sessions_usage max_sessions_usage "
            "batch_sessions_usage avg_batch_sessions_usage max_batch_sessions_usage "
            "dedicated_sessions_usage avg_dedicated_sessions_usage max_dedicated_sessions_usage "
            "individual_jobs_usage avg_individual_jobs_usage max_individual_jobs_usage", "keep"),
    ),
    RouteRule(_NEW, "GET", "/analytics/usage_grouped", {**_ANALYTICS, "group_by": "keep"},
              answered=_ANALYSED),
    RouteRule(_NEW, "GET", "/analytics/usage_grouped_by_date",
              {**_ANALYTICS, "group_by": "keep"}, answered=_ANALYSED),
)  # fmt: skip
