"""No secret gets into a report: neither one that is known, nor what looks like one."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from pytest_qchannel.plugin.record.clean import cleaned
from pytest_qchannel.secret import Secret
from pytest_qchannel.wire import Json

KEY = "planted/secret+of a person-0123456789"
SECRETS = [Secret("QISKIT_IBM_TOKEN", KEY)]
# Made here from parts: nobody's.
API_KEY = "Zq3xTn8LwPa5" + "VbR7cYd2KfH9mJs4" + "GuE6iOk1XeWzQrBt"
NAME = "a/test_what_IBMRuntimeError_1291_says_of_a_job_that_is_gone.yaml"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJzb21lYm9keSJ9." + "c2lnbmF0dXJlLW9mLW5vYm9keQ"

PLANTED = {
    "as it is": KEY,
    "in a sentence": f"said {KEY}, twice {KEY}",
    "in a URL": f"https://h.example/?k={quote(KEY, safe='')}",
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in hex": KEY.encode().hex(),
    "in JSON in JSON": json.dumps({"a": json.dumps({"k": KEY})}),
    "an API key": f"key {API_KEY} here",
    "an API key in a path": f"GET https://h.example/v1/{API_KEY}/jobs/of-{API_KEY}~1.yaml",
    "a token": f"Bearer {JWT}",
    "a classic token": "0123456789abcdef" * 8,
}


@pytest.mark.parametrize("text", PLANTED.values(), ids=PLANTED)
def test_what_was_planted_is_gone(text: str) -> None:
    for told in (text, [text], {"a": {"b": text}}, {text: 1}, [{"a": [text, "innocent"]}]):
        shown = json.dumps(cleaned(told, SECRETS))
        for secret in (KEY, json.dumps(KEY)[1:-1], API_KEY, JWT, text):
            assert secret not in shown
    assert "innocent" in shown


def test_what_has_no_secret_stays_as_it_is() -> None:
    told: Json = {"a": ["b", 1, None, 2.5, True], "ibm_torino": "test_a.py::test_b[x]", "b": NAME}
    assert cleaned(told, SECRETS) is told
