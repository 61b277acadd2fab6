"""What the runtime API of today's channels answers, below each host's base path."""

from typing import Final

from pytest_qchannel.emulator.services.runtime import (
    analytics,
    api_version,
    backends,
    instances,
    job_list,
    jobs,
    metrics,
    sessions,
    submission,
    tag_list,
    tags,
    usage,
    workloads,
)
from pytest_qchannel.wire import Route

_API: Final = "IBM's API description of the runtime service"

ROUTES: Final = (
    Route("GET", "/backends", backends.list_backends, "runtime", _API),
    Route("GET", "/backends/<name>/configuration", backends.configuration, "runtime", _API),
    Route("GET", "/backends/<name>/properties", backends.properties, "runtime", _API),
    Route("GET", "/backends/<name>/status", backends.status, "runtime", _API),
    Route("GET", "/backends/<name>/defaults", backends.defaults, "runtime", _API),
    Route("POST", "/jobs", submission.create, "runtime", _API),
    Route("GET", "/jobs", job_list.list_jobs, "runtime", _API),
    Route("GET", "/jobs/<job_id>", jobs.details, "runtime", _API),
    Route("GET", "/jobs/<job_id>/results", jobs.results, "runtime", _API),
    Route("POST", "/jobs/<job_id>/cancel", jobs.cancel, "runtime", _API),
    Route("DELETE", "/jobs/<job_id>", jobs.delete, "runtime", _API),
    Route("GET", "/jobs/<job_id>/logs", jobs.logs, "runtime", _API),
    Route("GET", "/jobs/<job_id>/interim_results", jobs.interim_results, "runtime", _API),
    Route("GET", "/jobs/<job_id>/metrics", metrics.metrics, "runtime", _API),
    Route("PUT", "/jobs/<job_id>/tags", tags.replace, "runtime", _API),
    Route("POST", "/sessions", sessions.create, "runtime", _API),
    Route("GET", "/sessions/<session_id>", sessions.details, "runtime", _API),
    Route("PATCH", "/sessions/<session_id>", sessions.update, "runtime", _API),
    Route("DELETE", "/sessions/<session_id>/close", sessions.close, "runtime", _API),
    Route("GET", "/instances/usage", usage.instance_usage, "runtime", _API),
    Route("GET", "/instances/configuration", instances.configuration, "runtime", _API),
    Route("PUT", "/instances/configuration", instances.replace_configuration, "runtime", _API),
    Route("GET", "/instance", instances.instance, "runtime", _API),
    Route("GET", "/accounts/<name>", instances.account, "runtime", _API),
    Route("GET", "/workloads", workloads.list_workloads, "runtime", _API),
    Route("GET", "/tags", tag_list.list_tags, "runtime", _API),
    Route("GET", "/versions", api_version.versions, "none", _API),
    Route("GET", "/analytics/filters", analytics.filters, "runtime", _API),
    Route("GET", "/analytics/usage", analytics.usage, "runtime", _API),
    Route("GET", "/analytics/usage_grouped", analytics.usage_grouped, "runtime", _API),
    Route(
        "GET", "/analytics/usage_grouped_by_date", analytics.usage_grouped_by_date, "runtime", _API
    ),
)
