"""The person's own credentials in a replay: not sent, not shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import REST, recorded

SECRET = "a-real-key_PLANTED_0123456789abcdef"
SENDS = {
    "query": 'qchannel_rest.get("/jobs", params={"search": SECRET})',
    "path": 'qchannel_rest.get("/jobs/" + SECRET)',
    "header": 'qchannel_rest.get("/jobs", headers={"Authorization": "Bearer " + SECRET})',
    "login": 'requests.post("https://iam.cloud.ibm.com/identity/token", data={"apikey": SECRET})',
    "nothing": 'pytest.fail("the key is " + SECRET)',
    "a printed one": 'print(SECRET); assert "".join(list(SECRET)) == "x"',
}


@pytest.mark.parametrize("sends", SENDS.values(), ids=SENDS)
def test_a_real_credential_is_named_by_its_variable(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, sends: str
) -> None:
    """The miss showed it, on the terminal and in the JUnit file; a login with it passed."""
    source = (
        "    import os, requests\n" + '    SECRET = os.environ.get("QISKIT_IBM_TOKEN")\n' + REST
    )
    recorded(run, pytester, source)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", SECRET)
    result = run(source + f"        {sends}\n", "--junitxml=report.xml", "-vv", "--showlocals")
    result.assert_outcomes(failed=1)
    xml = (pytester.path / "report.xml").read_text(encoding="utf-8")
    for text in (result.stdout.str(), result.stderr.str(), xml):
        assert SECRET not in text
    assert "secret QISKIT_IBM_TOKEN" in xml or "real credential of QISKIT_IBM_TOKEN" in xml
