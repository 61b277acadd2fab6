import os

import requests

token = requests.post(
    "https://iam.cloud.ibm.com/identity/token",
    headers={"Content-Type": "application/x-www-form-urlencoded"},
    data="grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey="
    + os.environ["QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN"],
    timeout=60,
).json()["access_token"]
headers = {
    "Accept": "application/json",
    "Authorization": "Bearer " + token,
    "Service-CRN": os.environ["QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE"],
    "IBM-API-Version": "2025-05-01",
}
backends = requests.get(
    "https://quantum.cloud.ibm.com/api/v1/backends", headers=headers, timeout=60
).json()["devices"]
job = requests.post(
    "https://quantum.cloud.ibm.com/api/v1/jobs",
    headers=headers,
    json={
        "program_id": "sampler",
        "backend": backends[0]["name"],
        "params": {
            "pubs": [
                [
                    'OPENQASM 3.0; include "stdgates.inc"; bit[2] c; '
                    "x $0; c[0] = measure $0; c[1] = measure $1;"
                ]
            ],
            "options": {"default_shots": 100},
            "version": 2,
        },
    },
    timeout=60,
).json()
job_url = "https://quantum.cloud.ibm.com/api/v1/jobs/" + job["id"]
state = requests.get(job_url, headers=headers, timeout=60).json()["state"]
results = requests.get(job_url + "/results", headers=headers, timeout=60).json()
jobs = requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", headers=headers, timeout=60).json()
