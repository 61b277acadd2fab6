"""Runs a circuit over REST: no Qiskit, no client, only ``requests``."""

from __future__ import annotations

import os
import time
from collections import Counter

import requests

API = "https://quantum.cloud.ibm.com/api/v1"
IAM = "https://iam.cloud.ibm.com/identity/token"
CIRCUIT = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; x $0; c[0] = measure $0;'


def log_in() -> requests.Session:
    """A session with an access token for the API key of the environment."""
    form = {
        "grant_type": "urn:ibm:params:oauth:grant-type:apikey",
        "apikey": os.environ["QISKIT_IBM_TOKEN"],
    }
    answer = requests.post(IAM, data=form, timeout=60)
    answer.raise_for_status()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    session.headers["Service-CRN"] = os.environ["QISKIT_IBM_INSTANCE"]
    return session


def run(session: requests.Session, backend: str, shots: int) -> Counter[str]:
    """The counts of the circuit on a device."""
    params = {"pubs": [[CIRCUIT, None, shots]]}
    job = {"program_id": "sampler", "backend": backend, "params": params}
    answer = session.post(f"{API}/jobs", json=job, timeout=60)
    answer.raise_for_status()
    url = f"{API}/jobs/{answer.json()['id']}"
    while session.get(url, timeout=60).json()["state"]["status"] in ("Queued", "Running"):
        time.sleep(1)
    results = session.get(f"{url}/results", timeout=60).json()
    return Counter(results["results"][0]["data"]["c"]["samples"])
