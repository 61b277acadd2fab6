"""Words that a test sends itself come back in errors, and a part of an id does not replay."""

from __future__ import annotations

from typing import Any

from tests.plugin.lane_kit import RECORD

ECHOES = """
    import pytest

    pytestmark = pytest.mark.vcr
    JOB = {"program_id": "sampler", "backend": "A_DEVICE", "params": {"pubs": [], "version": 2}}

    @pytest.mark.parametrize("name", ["elephant", "mouse-1"])
    def test_a_job_of_nobody(qchannel_rest, name):
        answer = qchannel_rest.get(f"/jobs/{name}")
        assert answer.status_code == 404
        assert name in answer.json()["errors"][0]["message"]

    def test_two_jobs_of_nobody(qchannel_rest):
        said = [qchannel_rest.get(f"/jobs/{name}").text for name in ("elephant", "elephants")]
        assert ["elephants" in one for one in said] == [False, True]

    def test_a_program(qchannel_rest):
        answer = qchannel_rest.post("/jobs", json={**JOB, "program_id": "elephant"})
        assert "elephant" in answer.text
"""


def test_an_error_says_what_the_test_asked_for(run: Any) -> None:
    """It was recorded green, and in the replay the error named a stand-in, or ``[word]``."""
    run(ECHOES, *RECORD).assert_outcomes(passed=4)
    run(ECHOES).assert_outcomes(passed=4)


PARTS = """
    import pytest

    pytestmark = pytest.mark.vcr
    QASM = 'OPENQASM 3.0; bit[1] c; c[0] = measure $0;'

    def job(rest, name="c", **more):
        params = {"pubs": [[QASM.replace(" c", f" {name}").replace("c[0]", f"{name}[0]"), None, 4]]}
        body = {"program_id": "sampler", "backend": "A_DEVICE", "params": params, **more}
        made = rest.post("/jobs", json=body).json()["id"]
        while rest.get(f"/jobs/{made}").json()["state"]["status"] not in ("Completed", "Failed"):
            pass
        return made

    def test_tag_of_a_job(qchannel_rest):
        job(qchannel_rest, tags=["after-" + job(qchannel_rest)[:10]])

    def test_tag_later(qchannel_rest):
        made = job(qchannel_rest)
        assert qchannel_rest.put(f"/jobs/{made}/tags", json={"tags": [made[-8:]]}).ok

    def test_query(qchannel_rest):
        assert qchannel_rest.get("/jobs", params={"tags": job(qchannel_rest)[:7]}).ok

    def test_name_in_a_program(qchannel_rest):
        job(qchannel_rest, "after_" + job(qchannel_rest)[1:8])

    def test_account(qchannel_rest, qchannel):
        account = qchannel.instances[0].id.split(":")[6].removeprefix("a/")
        assert qchannel_rest.get("/jobs", params={"tags": f"of-{account[:12]}"}).ok

    def test_whole(qchannel_rest):
        made = job(qchannel_rest)
        job(qchannel_rest, "afterwards", tags=[made, "2026-11-28", "00000000"])
"""


def test_a_part_of_an_id_is_refused_where_it_is_recorded(run: Any) -> None:
    """It was recorded green, and its replay was a miss: there the id is another one."""
    result = run(PARTS, *RECORD)
    result.assert_outcomes(passed=6, errors=5)
    said = "*RecordingRefused: *a replay would not find"
    of_job = "by a word that has a part of the run's own job id in it"
    result.stdout.fnmatch_lines(
        [
            f"{said} POST /api/v1/jobs {of_job}",
            f"{said} PUT /api/v1/jobs/*/tags {of_job}",
            f"{said} GET /api/v1/jobs {of_job}",
            f"{said} POST /api/v1/jobs {of_job}",
            f"{said} GET /api/v1/jobs by a word that has a part of the run's own account in it",
        ]
    )
    run(PARTS, "-k", "whole").assert_outcomes(passed=1, deselected=5)
