"""``qchannel_rest``: a session with base URL and credentials, usable with relative paths."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("channel", "base"),
    [
        ("ibm_quantum_platform", "https://quantum.cloud.ibm.com/api/v1"),
        ("ibm_cloud", "https://quantum.cloud.ibm.com/api/v1"),
        ("ibm_quantum", "https://api.quantum-computing.ibm.com/runtime"),
    ],
)
def test_relative_paths_reach_the_services_of_every_channel(
    run: Any, channel: str, base: str
) -> None:
    result = run(
        f"""
        import requests

        def test_a(qchannel_rest, qchannel):
            assert isinstance(qchannel_rest, requests.Session)
            assert qchannel_rest.base_url == "{base}"
            for path in ("/jobs", "jobs", "{base}/jobs"):
                answer = qchannel_rest.get(path, params={{"limit": 3}})
                assert (answer.status_code, answer.request.url) == (200, "{base}/jobs?limit=3")
            assert qchannel.requests.to("/jobs")[0].auth_scheme in ("bearer", "x-access-token")
        """,
        f"--qchannel-channel={channel}",
    )
    result.assert_outcomes(passed=1)


def test_credentials_stay_below_the_base_url(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_rest, qchannel):
            answer = qchannel_rest.get("https://us-east.quantum-computing.cloud.ibm.com/jobs")
            assert answer.status_code == 401
            assert qchannel.requests[-1].auth_scheme is None
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


def test_logout_ends_a_classic_session(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200
            assert qchannel_rest.logout().status_code in (200, 204)
            assert qchannel_rest.get("/jobs").status_code == 401
            assert qchannel_rest.logout().status_code == 401
        """,
        "--qchannel-channel=ibm_quantum",
    )
    result.assert_outcomes(passed=1)


def test_logout_where_there_is_none_says_what_to_do(run: Any) -> None:
    result = run(
        "def test_a(qchannel_rest): qchannel_rest.logout()", "--qchannel-channel=ibm_cloud"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *IAM has no logout: its access tokens end by expiring",
            "E *next: use qchannel_emulator.revoke_access_tokens() in the emulated lane",
        ]
    )
