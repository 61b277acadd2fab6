"""``--qchannel-seed``: the same seed gives the same job ids and counts, another one others."""

from __future__ import annotations

from typing import Any

import pytest

JOB = """
    QASM = '''OPENQASM 3.0; include "stdgates.inc"; bit[1] c;
    sx $0; c[0] = measure $0;'''

    def test_job(qchannel_rest, capsys):
        name = qchannel_rest.get("/backends").json()["devices"][0]["name"]
        made = qchannel_rest.post("/jobs", json={
            "program_id": "sampler", "backend": name,
            "params": {"pubs": [[QASM]], "version": 2, "options": {"default_shots": 4000}},
        })
        assert made.status_code == 200, made.text
        answer = qchannel_rest.get(f"/jobs/{made.json()['id']}/results")
        assert answer.status_code == 200, answer.text
        with capsys.disabled():
            print()
            print("ID", made.json()["id"])
            print("RESULT", hash(answer.text))
"""


def told(result: pytest.RunResult, word: str) -> str:
    return next(line for line in result.outlines if line.startswith(word))


def test_the_seed_fixes_job_ids_and_counts(run: Any) -> None:
    first, again, other = (
        run(JOB, "--qchannel-channel=ibm_cloud", f"--qchannel-seed={seed}") for seed in (5, 5, 6)
    )
    for result in (first, again, other):
        result.assert_outcomes(passed=1)
    assert told(first, "ID") == told(again, "ID")
    assert told(first, "RESULT") == told(again, "RESULT")
    assert told(first, "ID") != told(other, "ID")
    assert told(first, "RESULT") != told(other, "RESULT")


@pytest.mark.parametrize("value", ["-1", "x", "1.5", ""])
def test_what_is_no_seed_is_refused(run: Any, value: str) -> None:
    result = run(JOB, f"--qchannel-seed={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --qchannel-seed: '{value}' is no seed",
            "  next: set it to a whole number, 0 or more",
        ]
    )
