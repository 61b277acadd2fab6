"""What the runtime API of today's channels answers, below each host's base path."""

from typing import Final

from pytest_qchannel.emulator.services.runtime import (
    backends,
    job_list,
    jobs,
    metrics,
    submission,
    tags,
    usage,
)
from pytest_qchannel.emulator.wire import Route

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
    Route("GET", "/instances/usage", usage.instance_usage, "runtime", _API),
)
