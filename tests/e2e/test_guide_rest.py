"""Every snippet of the channel guide that speaks REST, unmodified; and today's API the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_qchannel import QChannel

GUIDE = Path(__file__).parent.parent / "data" / "guide"


def run_snippet(name: str, **names: Any) -> dict[str, Any]:
    source = (GUIDE / f"{name}.py").read_text(encoding="utf-8")
    exec(compile(source, name, "exec"), names)
    return names


def test_jobs_list_with_the_api_token_as_bearer(qchannel: QChannel) -> None:
    names = run_snippet("rest_jobs")
    assert names["response"].status_code == 200
    assert names["jobs"] == {"jobs": [], "count": 0, "limit": 10, "offset": 0}


def test_login_backends_logout_logout(qchannel: QChannel) -> None:
    login = run_snippet("rest_login")
    assert login["response"].json()["ttl"] == 1_209_600
    token = login["access_token"]

    backends = run_snippet("rest_backends", access_token=token)
    assert len(backends["first_five"]) == 5
    assert all(name.startswith("ibm_") for name in backends["first_five"])

    first = run_snippet("rest_logout", access_token=token)
    assert first["response"].status_code == 200
    second = run_snippet("rest_logout", access_token=token)
    assert second["response"].status_code == 401
    assert second["outcome"] == "logged out already"

    import requests

    after = requests.get(
        "https://api.quantum-computing.ibm.com/runtime/backends",
        headers={"x-access-token": token},
        timeout=60,
    )
    assert after.status_code == 401
    assert after.json()["errors"][0]["code"] == 1201


def test_todays_api(qchannel: QChannel) -> None:
    names = run_snippet("rest_today")
    assert names["state"] == {"status": "Completed"}
    assert names["results"]["results"][0]["data"] == {
        "c": {"samples": ["0x1"] * 100, "num_bits": 2}
    }
    assert [job["id"] for job in names["jobs"]["jobs"]] == [names["job"]["id"]]
    assert [one.auth_scheme for one in qchannel.requests] == [None] + ["bearer"] * 5

    qchannel.emulator.revoke_access_tokens()
    import requests

    refused = requests.get(names["job_url"], headers=names["headers"], timeout=60)
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["code"] == 1201
