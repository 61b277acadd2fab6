"""A recorded test that fails shows no secret: not in its output, not in logs, not in JUnit XML."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import NO_CHANCE
from tests.unit.cassette.scrub.lane_kit import is_found
from tests.unit.cassette.scrub.planted_kit import is_in

VALUE = "real-SECRET-value-of-44-characters-0123456789"
LOUD = ("-vv", "--showlocals", "--log-level=DEBUG", "-rA", "--junitxml=report.xml")
RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator")
# What is sent on the way to the emulator is written down, to be looked for afterwards.
CONFTEST = """
    import json
    import pathlib

    import requests

    real = requests.Session.send

    def send(session, request, **kwargs):
        sent = [request.headers.get("Authorization"), request.headers.get("x-access-token")]
        with pathlib.Path("sent.jsonl").open("a") as file:
            for one in (value for value in sent if value):
                file.write(json.dumps(one.rpartition(" ")[2]) + "\\n")
        return real(session, request, **kwargs)

    requests.Session.send = send
"""
TEST = """
    import logging
    import os
    import pathlib

    import pytest

    KEY = os.environ["QISKIT_IBM_TOKEN"]
    LOG = logging.getLogger("mine")

    @pytest.mark.vcr
    @pytest.mark.qchannel({channel!r})
    def test_it(qchannel, {fixture}):
        LOG.warning("the key is %s", KEY)
        LOG.warning("the key is %r", dict(key=KEY))
        {end}
"""
ENDS = {
    "an assertion": ("ibm_quantum", "rest", "assert qchannel_rest.get('/jobs') is None"),
    "an answer": ("ibm_cloud", "rest", "qchannel_rest.get('/jobs/none').raise_for_status()"),
    "inside the client": ("ibm_cloud", "service", "qchannel_service.job('cnone')"),
    "the client, refused": (
        "ibm_cloud",
        "service",
        "qchannel.revoke_access(); qchannel_service.jobs(limit=1)",
    ),
    "inside requests": ("ibm_cloud", "rest", "qchannel_rest.get('/jobs', timeout='no number')"),
    "a variable of the test": (
        "ibm_cloud",
        "rest",
        "key = KEY; assert qchannel_rest.get('/jobs') is key",
    ),
    "what is printed": (
        "ibm_cloud",
        "rest",
        "print(KEY); assert qchannel_rest.get('/jobs') is None",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_failing_recorded_test_shows_no_secret(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    channel, kind, code = ENDS[end]
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    pytester.makepyfile(test_it=TEST.format(channel=channel, fixture=f"qchannel_{kind}", end=code))
    pytester.makeconftest(CONFTEST)
    with monkeypatch.context() as patched:
        import requests

        patched.setattr(requests.Session, "send", requests.Session.send)  # put back afterwards
        result = pytester.runpytest_inprocess(*NO_CHANCE, *LOUD, *RECORD)
    result.assert_outcomes(failed=1)
    sent = (pytester.path / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    secrets = {VALUE, *map(json.loads, sent)}
    assert len(secrets) > 1
    told = {
        "output": "\n".join([*result.outlines, *result.errlines]).encode(),
        "report": (pytester.path / "report.xml").read_bytes(),
    }
    assert b"the key is <secret QISKIT_IBM_TOKEN>" in told["output"]
    shown = [
        (where, secret)
        for where, data in told.items()
        for secret in secrets
        if is_in(secret, data) or is_found(secret, data)
    ]
    assert shown == []
