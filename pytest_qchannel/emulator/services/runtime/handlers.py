"""Which function answers which route of the runtime API: today's, and what classic shares of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_qchannel.emulator.api.context import Handler
from pytest_qchannel.emulator.services.runtime import (
    accounts,
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

__all__ = ["HANDLERS", "SHARED"]

SHARED: Final[Mapping[str, Handler]] = {
    "GET /backends": backends.list_backends,
    "GET /backends/<backend>/configuration": backends.configuration,
    "GET /backends/<backend>/properties": backends.properties,
    "GET /backends/<backend>/status": backends.status,
    "GET /backends/<backend>/defaults": backends.defaults,
    "POST /jobs": submission.create,
    "GET /jobs": job_list.list_jobs,
    "GET /jobs/<job_id>": jobs.details,
    "GET /jobs/<job_id>/results": jobs.results,
    "POST /jobs/<job_id>/cancel": jobs.cancel,
    "DELETE /jobs/<job_id>": jobs.delete,
    "GET /jobs/<job_id>/logs": jobs.logs,
    "GET /jobs/<job_id>/interim_results": jobs.interim_results,
    "GET /jobs/<job_id>/metrics": metrics.metrics,
    "PUT /jobs/<job_id>/tags": tags.replace,
    "POST /sessions": sessions.create,
    "GET /sessions/<session_id>": sessions.details,
    "PATCH /sessions/<session_id>": sessions.update,
    "DELETE /sessions/<session_id>/close": sessions.close,
    "GET /workloads": workloads.list_workloads,
}

HANDLERS: Final[Mapping[str, Handler]] = {
    **SHARED,
    "GET /instances/usage": usage.instance_usage,
    "GET /usage": usage.instance_usage,
    "GET /instances/configuration": instances.configuration,
    "PUT /instances/configuration": instances.replace_configuration,
    "GET /instance": instances.instance,
    "GET /accounts/<account>": accounts.account,
    "GET /tags": tag_list.list_tags,
    "GET /versions": api_version.versions,
    "GET /analytics/filters": analytics.filters,
    "GET /analytics/usage": analytics.usage,
    "GET /analytics/usage_grouped": analytics.usage_grouped,
    "GET /analytics/usage_grouped_by_date": analytics.usage_grouped_by_date,
}
