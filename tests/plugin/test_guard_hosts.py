"""IBM hosts and routes that the emulator does not serve: refused by name, nothing made up."""

from __future__ import annotations

from typing import Any

import pytest

BODIES = {
    "plain": "    {code}",
    "swallowed": "    try:\n        {code}\n    except Exception:\n        pass",
}


def project(body: str, code: str) -> str:
    return "import requests\ndef test_a(qchannel_rest):\n" + BODIES[body].format(code=code)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    ("url", "host", "closest"),
    [
        (
            "https://quantum-foo.cloud.ibm.com/x",
            "quantum-foo.cloud.ibm.com",
            "quantum.cloud.ibm.com",
        ),
        ("https://iam.test.cloud.ibm.com/x", "iam.test.cloud.ibm.com", "iam.cloud.ibm.com"),
        (
            "https://me:my-password@Quantum-Foo.cloud.ibm.com:8443/x",
            "quantum-foo.cloud.ibm.com",
            "quantum.cloud.ibm.com",
        ),
        ("https://xyz.ibm.com", "xyz.ibm.com", "quantum.cloud.ibm.com"),
    ],
)
def test_an_unknown_ibm_host_names_the_closest(
    run: Any, body: str, url: str, host: str, closest: str
) -> None:
    result = run(project(body, f"requests.get({url!r}, timeout=9)"), "--tb=short")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"E *NetworkBlocked: a test in the emulated lane reached for {host}",
            "E *where: *test_it.py::test_a*",
            f"E *closest: {closest if host != 'xyz.ibm.com' else '*'}",
            "E *next: *use the host above",
        ]
    )


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("door", ["in-process", "loopback"])
@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://quantum.cloud.ibm.com/api/v1/backends", "quantum.cloud.ibm.com:80"),
        ("HTTP://me:my-password@IAM.cloud.ibm.com/identity/token", "iam.cloud.ibm.com:80"),
        ("https://quantum.cloud.ibm.com:8443/api/v1/versions", "quantum.cloud.ibm.com:8443"),
        ("http://iam.cloud.ibm.com:443/identity/token", "http://iam.cloud.ibm.com:443"),
    ],
)
def test_plain_http_and_other_ports_are_refused_behind_both_doors(
    run: Any, body: str, door: str, url: str, named: str
) -> None:
    """What the user saw: the in-process door answered where a key would be sent unencrypted."""
    code = f"requests.get({url!r}, timeout=9)"
    result = run(project(body, code), "--tb=short", f"--qchannel-door={door}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"E *NetworkBlocked: a test in the emulated lane reached for {named}",
            "E *where: *test_it.py::test_a*",
            f"E *closest: https://{named.removeprefix('http://').partition(':')[0]}",
            "E *next: *use the address above: *",
        ]
    )


def test_a_known_ibm_host_without_requests_is_told_how_to_be_reached(run: Any) -> None:
    """What the user saw: advice to allow the host, which the option refuses."""
    result = run(
        """
        import http.client

        def test_a(qchannel_emulator):
            http.client.HTTPSConnection("quantum.cloud.ibm.com").request("GET", "/")
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *NetworkBlocked: *reached for quantum.cloud.ibm.com",
            "E *next: *speak to it through requests: there the emulator answers for IBM's hosts; *",
        ]
    )
    result.stdout.no_fnmatch_line("E *--qchannel-allowed-hosts*")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    ("code", "asked", "closest"),
    [
        (
            "qchannel_rest.get('/jbos')",
            "GET https://quantum.cloud.ibm.com/api/v1/jbos",
            "GET https://quantum.cloud.ibm.com/api/v1/jobs",
        ),
        (
            "qchannel_rest.patch('/backends', json={})",
            "PATCH https://quantum.cloud.ibm.com/api/v1/backends",
            "GET https://quantum.cloud.ibm.com/api/v1/backends",
        ),
    ],
)
def test_an_unknown_route_of_a_known_host_fails_the_test(
    run: Any, body: str, code: str, asked: str, closest: str
) -> None:
    result = run(project(body, code), "--qchannel-channel=ibm_cloud")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"E *EmulatorGap: the emulator has no route for {asked}",
            f"E *closest: {closest}",
            "E *next: *ask for a route that there is (qchannel docs emulator)*",
        ]
    )


def test_a_path_below_no_base_names_the_bases(run: Any) -> None:
    code = "requests.get('https://quantum.cloud.ibm.com/other', timeout=9)"
    result = run(project("swallowed", code))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *EmulatorGap: the emulator has nothing at GET https://quantum.cloud.ibm.com/other",
            "E *closest: below https://quantum.cloud.ibm.com it serves /api/v1",
        ]
    )
