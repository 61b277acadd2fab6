"""Where the emulator and IBM's description of its API disagree on purpose: one row each.

The description is that of one version of the API, and generated. Where it and the live service or
the clients disagree, these win; the row says which. A row that no answer needs fails
``test_contract_whole.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["DIFFERENCES", "Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        routes: Which routes, as a pattern over ``GET /jobs/<job_id>``.
        path: Where, as a pattern over ``404`` (a status that is not described), ``200 usage.x`` or
            ``4xx errors[].code``; list indices are left blank.
        sent: What is sent.
        source: The letter of :data:`pytest_qchannel.ibm.route.SOURCES`.
        row: Who says so: of what was observed (section: row), or of the REST reference.
    """

    routes: str
    path: str
    sent: str
    source: str
    row: str

    def covers(self, key: str, path: str) -> bool:
        """Whether a difference that was found is this one."""
        return bool(re.fullmatch(self.routes, key) and re.fullmatch(self.path, path))


RUNTIME: Final = r"\w+ /(backends|jobs|sessions|instance|accounts|workloads|tags|analytics).*"
SESSION: Final = r"\w+ /sessions/<session_id>.*"

DIFFERENCES: Final = (
    Difference(
        RUNTIME, r"4\d\d errors\[\]\.code", "a number, or a word where no number is known", "O",
        "observed 1: `code` is a JSON number; a few terse 404s use a word",
    ),
    Difference(
        r"GET /backends.*", "401|403|404", "as every route of the runtime", "O",
        "observed 1: bad bearer, not your instance, backend unknown, instance of another region",
    ),
    Difference(
        "GET /backends", "400", "a version of the API that there is not: 1208", "I",
        "REST reference 8.2: 1208, request failed validation",
    ),
    Difference(
        "GET /jobs/<job_id>(/metrics)?", "400", "a version of the API that there is not: 1208", "I",
        "REST reference 8.2: 1208, request failed validation",
    ),
    Difference(
        "GET /backends/<backend>/properties", "400", "updated_before that is no time: 1208", "I",
        "REST reference 8.2: 1208, request failed validation",
    ),
    Difference(
        "GET /backends", r"200 devices\[\]", "names alone, below version 2025-01-01", "D",
        "REST reference 4.3: before 2025-01-01 the list holds names",
    ),
    Difference(
        "GET /backends", "200 devices", "an empty list, of an instance without devices", "I",
        "REST reference 3.3: an instance whose allocation is empty",
    ),
    Difference(
        r"GET /backends/<backend>/(configuration|properties)", "200 .*",
        "the snapshot that the client ships, byte by byte", "C",
        "REST reference 4.3: what the client reads; observed 6: Heron as REST sees it",
    ),
    Difference(
        "GET /backends/<backend>/defaults", "200 ", "null", "O",
        "observed 6: 200 with the literal null on every device",
    ),
    Difference(
        "GET /jobs", "200 ", "the web application, for GET /jobs/ with an empty id", "O",
        "observed 4: GET /jobs/ (empty id) reaches the web application",
    ),
    Difference(
        "POST /jobs", "429", "more jobs in a minute than the world has: 1202", "D",
        "REST reference 4.4: a rate limit of creations; 8.2: 1202",
    ),
    Difference(
        "DELETE /jobs/<job_id>", "409", "a job that runs is not deleted", "D",
        "REST reference 4.4: final state only, else 409",
    ),
    Difference(
        "PUT /jobs/<job_id>/tags", "400", "too many or too long tags, or no list: 1204, 1205, 1208",
        "D", "REST reference 8.2: 1204, 1205",
    ),
    Difference(
        "GET /jobs/<job_id>/metrics", r"200 timestamps\.running", "null: cancelled in the queue",
        "O", "observed 4: timestamps.running is null, present",
    ),
    Difference(
        "GET /jobs/<job_id>/metrics", "200 qiskit_version", "the client's packages", "O",
        "observed 4: qiskit_version is the middle part of the client's header",
    ),
    Difference(
        "GET /jobs/<job_id>/results", "200 ", "JSON itself; of a failed job a text", "O",
        "observed 9: results are plain JSON; REST reference 4.4: a failed job's log",
    ),
    Difference(
        "GET /jobs/<job_id>/interim_results", "204", "none: the primitives have none", "I",
        "REST reference 4.1: no client of V2 primitives asks",
    ),
    Difference(
        "POST /sessions", "403|404", "not your instance, or one of another region", "O",
        "observed 1: not your instance, instance of another region",
    ),
    Difference(
        SESSION, "401|403|404", "as every route of the runtime", "O",
        "observed 1: bad bearer, not your instance, session unknown",
    ),
    Difference(
        "PATCH /sessions/<session_id>", "400", "a body without accepting_jobs: 1208", "I",
        "REST reference 8.2: 1208, request failed validation",
    ),
    Difference(
        "GET /instances/usage", "403|404", "not your instance, or one of another region", "O",
        "observed 1: not your instance, instance of another region",
    ),
    Difference(
        "GET /usage", "200|401|403|404", "the body of GET /instances/usage", "I",
        "observed 9: IBM's guide tells of the route, nobody of its answer",
    ),
    Difference(
        "GET /accounts/<account>", "403", "not your instance", "O",
        "observed 1: not your instance",
    ),
    Difference(
        r"GET /analytics/(filters|usage|usage_grouped)", "400",
        "a time or a group that is none: 1208", "I",
        "observed 7: usage_grouped_by_date is described with a 400",
    ),
    Difference(
        "GET /tags", "400", "a search of fewer than 3 or more than 100 characters", "O",
        "observed 1: GET /tags",
    ),
    Difference(
        "GET /workloads", "403|404", "not your instance, or one of another region", "O",
        "observed 1: not your instance, instance of another region",
    ),
    Difference(
        "GET /workloads", r"200 workloads\[\]\.usage", "seconds, below version 2026-03-15", "O",
        "observed 4: {\"seconds\"} is the old form",
    ),
    Difference(
        "POST /v3/resources/search", r"4\d\d errors\[\]", "code and message", "I",
        "REST reference 4.8: the platform's shape",
    ),
    Difference(
        "GET /<plan_id>", "401|404", "the platform's shape", "I", "REST reference 4.8",
    ),
    Difference(
        "GET /<plan_id>", "200 .*", "what the clients read", "C",
        "REST reference 3.3: display name and pricing type",
    ),
    Difference(
        r"\w+ /v2/resource_instances.*", r"\d\d\d", "what the description leaves out", "I",
        "observed 7: Resource Controller PATCH; REST reference 4.8: the platform's shape",
    ),
)  # fmt: skip


def difference(key: str, path: str) -> Difference | None:
    """The row for a difference that was found, if there is one."""
    return next((row for row in DIFFERENCES if row.covers(key, path)), None)
