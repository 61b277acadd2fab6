"""pytest-recording's record mode ``new_episodes``: a cassette is replayed, and added to."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.cassette.disk.store import Store
from tests.plugin.lane_kit import JOB, REST, files, recorded

NEW = ("--record-mode=new_episodes", "--qchannel-record-from=emulator")
TAGS = REST + '        assert qchannel_rest.get("/tags?type=job&search=none").status_code == 200\n'
MORE = JOB + (
    "        more = SamplerV2(mode=backend).run([circuit], shots=11)\n"
    '        assert more.result()[0].data.c.get_counts() == {"0": 11}\n'
    "        assert more.job_id() != job.job_id()\n"
)
REVOKED = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel, qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        {more}
        qchannel.revoke_access()
        assert qchannel_rest.get("/backends").status_code == 401
"""


def interactions(path: Path) -> list[tuple[str, str, int]]:
    """What a cassette has: method, URL, status."""
    found = Store(path.parents[1]).load(path).interactions
    return [(one.method, one.url.partition("/api/v1")[2], one.status) for one in found]


def test_where_there_is_no_cassette_one_is_recorded(run: Any, pytester: pytest.Pytester) -> None:
    first = run(REST, *NEW)
    first.stdout.fnmatch_lines(["qchannel: 1 record on *", "qchannel: 1 cassette written, *"])
    run(REST).stdout.fnmatch_lines(["qchannel: 1 replay on *"])


def test_without_anything_new_the_cassette_stays_byte_for_byte(
    run: Any, pytester: pytest.Pytester
) -> None:
    recorded(run, pytester, JOB)
    before = files(pytester.path / "cassettes", "*")
    result = run(JOB, *NEW)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 record on *", "qchannel: 1 cassette replayed, *"])
    assert files(pytester.path / "cassettes", "*") == before


def test_a_new_job_is_run_and_added_and_the_old_one_is_not_run_again(
    run: Any, pytester: pytest.Pytester
) -> None:
    path = recorded(run, pytester, JOB)
    old = Store(path.parents[1]).load(path)
    run(MORE).assert_outcomes(failed=1)
    result = run(MORE, *NEW)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette extended, *"])
    new = Store(path.parents[1]).load(path)
    assert set(old.interactions) < set(new.interactions)
    submissions = [one for one in new.interactions if one.url.endswith("/jobs")]
    assert len(submissions) == 2
    assert path.read_text(encoding="utf-8").count("OPENQASM 3.0;") == 2
    replayed = run(MORE)
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["qchannel: 1 replay on *"])


@pytest.mark.parametrize("channel", ["ibm_cloud", "ibm_quantum_platform", "ibm_quantum"])
def test_on_every_channel(run: Any, pytester: pytest.Pytester, channel: str) -> None:
    on = f"--qchannel-channel={channel}"
    recorded(run, pytester, REST, on)
    more = REST + '        assert qchannel_rest.get("/jobs?limit=3").status_code == 200\n'
    result = run(more, *NEW, on)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette extended, *"])
    run(more, on).assert_outcomes(passed=1)


def test_what_is_new_stands_where_it_was_sent(run: Any, pytester: pytest.Pytester) -> None:
    """Behind the refusals at the end it would be looked for before them, and not be found."""
    path = recorded(run, pytester, REVOKED.format(more="pass"))
    more = REVOKED.format(more='assert qchannel_rest.get("/jobs").status_code == 200')
    run(more, *NEW).assert_outcomes(passed=1)
    assert [row for row in interactions(path) if row[1]] == [
        ("GET", "/backends", 200),
        ("GET", "/jobs", 200),
        ("GET", "/backends", 401),
    ]
    run(more).assert_outcomes(passed=1)


def test_what_the_test_no_longer_asks_for_stays(run: Any, pytester: pytest.Pytester) -> None:
    path = recorded(run, pytester, TAGS)
    fewer = REST + '        assert qchannel_rest.get("/jobs?limit=3").status_code == 200\n'
    run(fewer, *NEW).assert_outcomes(passed=1)
    assert "/tags?type=job&search=none" in [url for _, url, _ in interactions(path)]
    run(fewer).stdout.fnmatch_lines(["*InteractionsUnused: 1 of 4 recorded interactions *"])


def test_a_new_question_about_an_old_job_is_refused(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester, JOB)
    before = files(pytester.path / "cassettes", "*")
    swallowed = JOB + (
        "        try:\n"
        "            job.update_tags(['late'])\n"
        "        except Exception:\n"
        "            pass\n"
    )
    result = run(swallowed, *NEW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*RecordingRefused: a request that is not in the cassette names qchanneljob000000001, "
            "which only the cassette knows",
            "*why: *it was replayed, and the emulator never had it",
            "*next: *record the test as a whole, not with new_episodes: "
            "pytest --qchannel-mode=auto --record-mode=rewrite --qchannel-record-from=emulator *",
        ]
    )
    assert files(pytester.path / "cassettes", "*") == before


OUT = """
    import pytest, requests

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_quantum")
    def test_a(qchannel_rest):
        def logout():
            url = "https://auth.quantum-computing.ibm.com/api/users/logout"
            token = qchannel_rest.headers["x-access-token"]
            assert requests.post(url, headers={{"x-access-token": token}}).status_code < 300

        assert qchannel_rest.get("/backends").status_code == 200
        {more}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "logout()",
            'logout(); qchannel_rest.get("/jobs")',
            "GET /runtime/jobs comes after POST /api/users/logout, of which only the cassette *",
        ),
        (
            "pass",
            'logout(); qchannel_rest.get("/backends")',
            "GET /runtime/backends comes after POST /api/users/logout, of which only the source *",
        ),
    ],
)
def test_a_logout_that_one_side_alone_knows_of_is_refused(
    run: Any, pytester: pytest.Pytester, old: str, new: str, said: str
) -> None:
    """The source had never seen it, and its answer of 200 was stored behind the logout."""
    recorded(run, pytester, OUT.format(more=old))
    before = files(pytester.path / "cassettes", "*")
    result = run(OUT.format(more=new), *NEW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*RecordingRefused: {said}"])
    assert files(pytester.path / "cassettes", "*") == before


def test_a_list_of_old_and_new_jobs_is_refused(run: Any, pytester: pytest.Pytester) -> None:
    """It had the jobs of one side only."""
    listing = "        qchannel_service.jobs()\n"
    recorded(run, pytester, JOB + listing)
    for source in (MORE + listing, JOB + listing + "        qchannel_service.jobs(limit=3)\n"):
        result = run(source, *NEW)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*RecordingRefused: GET */jobs lists jobs, and only the *"])


def test_a_test_that_fails_changes_nothing(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester)
    before = files(pytester.path / "cassettes", "*")
    result = run(TAGS + "        assert False\n", *NEW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["qchannel: no cassette written for *: the test did not pass*"])
    assert files(pytester.path / "cassettes", "*") == before


OTHER_WORLD = """\
[[accounts]]
name = "lab"
channels = ["ibm_quantum_platform", "ibm_cloud"]

[[accounts.instances]]
name = "lab-open"
plan = "Open"
"""


def test_an_account_of_another_kind_is_refused(run: Any, pytester: pytest.Pytester) -> None:
    on = "--qchannel-channel=ibm_cloud"
    recorded(run, pytester, REST, on)
    pytester.path.joinpath("other.toml").write_text(OTHER_WORLD, encoding="utf-8")
    result = run(TAGS, *NEW, on, "--qchannel-world=other.toml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*RecordingRefused: the cassette was recorded with an account of another kind: "
            "ibm_cloud has 1 instance now, and had 3",
        ]
    )


def edited(path: Path, **provenance: Any) -> None:
    """Gives a cassette another passport, as if it had been recorded otherwise."""
    store = Store(path.parents[1])
    old = store.load(path)
    store.save(
        dataclasses.replace(old, provenance=dataclasses.replace(old.provenance, **provenance))
    )


def test_two_sources_do_not_mix(run: Any, pytester: pytest.Pytester) -> None:
    edited(recorded(run, pytester), recorded_from="live")
    result = run(TAGS, *NEW)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*RecordingRefused: the cassette was recorded from the real services, and *"]
    )


def test_a_cassette_stays_as_old_as_its_oldest_answer(run: Any, pytester: pytest.Pytester) -> None:
    path = recorded(run, pytester)
    when = "2025-01-02T03:04:05+00:00"
    edited(path, recorded_at=when, client="0.40.1", qpu_seconds=2.5)
    run(TAGS, *NEW, "--qchannel-max-age=30").assert_outcomes(errors=1)
    run(TAGS, *NEW).assert_outcomes(passed=1)
    provenance = Store(path.parents[1]).load(path).provenance
    assert (provenance.recorded_at, provenance.qpu_seconds) == (when, 2.5)
    assert provenance.client != "0.40.1", "it replays with the client of today"


def test_a_login_that_fails_is_new(run: Any, pytester: pytest.Pytester) -> None:
    wrong = """
    import pytest, requests

    @pytest.mark.vcr
    def test_a(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        {more}
    """
    login = (
        'answer = requests.post("https://iam.cloud.ibm.com/identity/token", data='
        '{"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "nobody-has-this"})\n'
        "        assert answer.status_code == 400"
    )
    recorded(run, pytester, wrong.format(more=""))
    run(wrong.format(more=login)).assert_outcomes(failed=1)
    run(wrong.format(more=login), *NEW).assert_outcomes(passed=1)
    run(wrong.format(more=login)).assert_outcomes(passed=1)


def test_no_name_of_the_source_gets_into_the_cassette(run: Any, pytester: pytest.Pytester) -> None:
    path = recorded(run, pytester)
    source = TAGS + (
        "        import os, pathlib\n"
        "        text = os.environ['QISKIT_IBM_INSTANCE'] + ' ' + os.environ['QISKIT_IBM_TOKEN']\n"
        f"        pathlib.Path({str(pytester.path / 'seen')!r}).write_text(text)\n"
    )
    run(source, *NEW).assert_outcomes(passed=1)
    crn, token = (pytester.path / "seen").read_text(encoding="utf-8").split()
    text = path.read_text(encoding="utf-8")
    for secret in (token, crn, *crn.split(":")[6:8]):
        assert secret not in text
    shutil.rmtree(pytester.path / "cassettes")
    run(source).assert_outcomes(errors=1)
