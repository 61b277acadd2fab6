"""Lists tags of jobs, and waits where the service asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests


def tags_of_jobs(session: requests.Session, url: str, sleep: Callable[[float], None]) -> set[str]:
    """The tags of the newest jobs; asks up to three times while the service is busy or down."""
    for _ in range(3):
        answer = session.get(url)
        if answer.status_code not in (429, 503):
            break
        sleep(float(answer.headers.get("Retry-After", 1)))
    answer.raise_for_status()
    return {tag for job in answer.json()["jobs"] for tag in job.get("tags", ())}


if __name__ == "__main__":
    print(tags_of_jobs(requests.Session(), "https://quantum.cloud.ibm.com/api/v1/jobs", time.sleep))
