"""Words that a test sends and that the service says again: what is recorded green replays green."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD

SOURCE = r"""
    import pytest, requests

    pytestmark = pytest.mark.vcr
    PROGRAM = "OPENQASM 3.0;\nbit[1] c;\nzebra(0.5) $0; // of Ada\n"

    def submitted(rest, program_id="sampler", program=PROGRAM):
        device = rest.get("/backends").json()["devices"][0]["name"]
        params = {"pubs": [[program]], "version": 2}
        body = {"program_id": program_id, "backend": device, "params": params}
        return rest.post("/jobs", json=body)

    class TestErrors:
        @pytest.mark.parametrize("name", ["elephant", "giraffe"])
        def test_job(self, qchannel_rest, name):
            answer = qchannel_rest.get(f"/jobs/{name}")
            assert (answer.status_code, name in answer.text) == (404, True)

        def test_again(self, qchannel_rest):
            assert "giraffe" in qchannel_rest.get("/jobs/giraffe").text

        def test_client(self, qchannel_service):
            with pytest.raises(Exception, match="elephant"):
                qchannel_service.job("elephant")

        def test_program(self, qchannel_rest):
            assert "No program okapi." in submitted(qchannel_rest, "okapi").text

        def test_session(self, qchannel_rest):
            sent = {"mode": "batch", "backend": "ibm elephant"}
            assert "ibm elephant" in qchannel_rest.post("/sessions", json=sent).text

        def test_circuit(self, qchannel_rest):
            name = submitted(qchannel_rest).json()["id"]
            state = {}
            while state.get("status") != "Failed":
                state = qchannel_rest.get(f"/jobs/{name}").json()["state"]
            assert "zebra" in state["reason"]

        def test_who_asked(self, qchannel_rest):
            application = "qiskit-version-2/qiskit_ibm_runtime-0.51.0/qiskit"
            qchannel_rest.headers["X-Qx-Client-Application"] = application
            name = submitted(qchannel_rest).json()["id"]
            while not qchannel_rest.get(f"/jobs/{name}").json().get("ended"):
                pass
            assert qchannel_rest.get(f"/jobs/{name}/metrics").json()["caller"] == "qiskit"

        def test_who_asked_in_vain(self, qchannel):
            form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "of-nobody"}
            answer = requests.post("https://iam.cloud.ibm.com/identity/token", data=form)
            context = answer.json()["context"]
            assert context["userAgent"] == requests.utils.default_user_agent()
            assert context["host"] == context["clusterName"] == "emulated"
"""


@pytest.mark.parametrize(("door", "scope"), [("in-process", "class"), ("loopback", "module")])
def test_an_error_of_a_replay_says_the_word_that_was_sent(run: Any, door: str, scope: str) -> None:
    """What the user saw: green when it was recorded, red in each replay."""
    way = (f"--qchannel-door={door}", f"--qchannel-scope={scope}")
    run(SOURCE, *RECORD, *way).assert_outcomes(passed=9)
    run(SOURCE, *way).assert_outcomes(passed=9)
    run(SOURCE, *way, "-k", "again or giraffe or circuit").assert_outcomes(passed=3, deselected=6)
