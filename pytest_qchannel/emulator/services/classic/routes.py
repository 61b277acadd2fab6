"""What the classic services answered, below the base path of each of their hosts."""

from typing import Final

from pytest_qchannel.emulator.services.classic import handlers
from pytest_qchannel.emulator.services.runtime import (
    backends,
    job_list,
    jobs,
    metrics,
    sessions,
    submission,
    tags,
    usage,
    workloads,
)
from pytest_qchannel.wire import Route

_CLIENT: Final = "qiskit-ibm-runtime 0.34 to 0.40"
_DOCS: Final = "IBM's docs of the classic API"
_GUIDE: Final = "IBM's channel guide of 2024"

AUTH: Final = (
    Route("GET", "/version", handlers.version, "none", _CLIENT),
    Route("POST", "/users/loginWithToken", handlers.login, "none", _GUIDE),
    Route("GET", "/users/me", handlers.me, "classic", _CLIENT),
    Route("POST", "/users/logout", handlers.logout, "classic", _GUIDE),
)

NETWORK: Final = (
    Route("GET", "/version", handlers.version, "none", _CLIENT),
    Route("GET", "/Network", handlers.network, "classic", _CLIENT),
)

RUNTIME: Final = (
    Route("GET", "/backends", backends.list_backends, "classic", _GUIDE),
    Route("GET", "/backends/<name>/configuration", backends.configuration, "classic", _CLIENT),
    Route("GET", "/backends/<name>/properties", backends.properties, "classic", _CLIENT),
    Route("GET", "/backends/<name>/status", backends.status, "classic", _CLIENT),
    Route("GET", "/backends/<name>/defaults", backends.defaults, "classic", _CLIENT),
    Route("POST", "/jobs", submission.create, "classic", _CLIENT),
    Route("GET", "/jobs", job_list.list_jobs, "classic", _GUIDE),
    Route("GET", "/jobs/<job_id>", jobs.details, "classic", _CLIENT),
    Route("GET", "/jobs/<job_id>/results", jobs.results, "classic", _CLIENT),
    Route("POST", "/jobs/<job_id>/cancel", jobs.cancel, "classic", _CLIENT),
    Route("DELETE", "/jobs/<job_id>", jobs.delete, "classic", _CLIENT),
    Route("GET", "/jobs/<job_id>/logs", jobs.logs, "classic", _CLIENT),
    Route("GET", "/jobs/<job_id>/interim_results", jobs.interim_results, "classic", _CLIENT),
    Route("GET", "/jobs/<job_id>/metrics", metrics.metrics, "classic", _CLIENT),
    Route("PUT", "/jobs/<job_id>/tags", tags.replace, "classic", _CLIENT),
    Route("POST", "/sessions", sessions.create, "classic", _CLIENT),
    Route("GET", "/sessions/<session_id>", sessions.details, "classic", _CLIENT),
    Route("PATCH", "/sessions/<session_id>", sessions.update, "classic", _CLIENT),
    Route("DELETE", "/sessions/<session_id>/close", sessions.close, "classic", _CLIENT),
    Route("GET", "/usage", usage.classic_usage, "classic", _CLIENT),
    Route("GET", "/workloads", workloads.list_workloads, "classic", _DOCS),
)
