"""Everywhere mode with cassettes: one for the whole run, or those of the tests that are marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD, RERUNS, files

EVERYWHERE = "--qchannel-everywhere"
REPLAY = (EVERYWHERE, "--qchannel-mode=replay")

SUITE = """
    import os, unittest
    import pytest, requests

    HOST = "https://quantum.cloud.ibm.com/api/v1"

    def status(path):
        headers = {
            "Authorization": "apikey " + os.environ["QISKIT_IBM_TOKEN"],
            "Service-CRN": os.environ["QISKIT_IBM_INSTANCE"],
        }
        return requests.get(HOST + path, headers=headers, timeout=9).status_code

    IMPORTED = status("/backends")

    @pytest.fixture(scope="session")
    def shared():
        return status("/instances/usage")

    class TestOwn(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.made = status("/jobs?limit=1")

        def test_a(self):
            assert self.made == status("/jobs?limit=2") == 200

    def test_b(shared):
        assert IMPORTED == shared == status("/jobs?limit=3") == 200

    def test_c(shared, qchannel_rest):
        assert qchannel_rest.get("/jobs?limit=3").status_code == 200

    def test_lever(qchannel_emulator):
        assert qchannel_emulator.jobs == []
"""


def _cassettes(pytester: pytest.Pytester) -> list[str]:
    return sorted(
        str(one.relative_to(pytester.path / "cassettes"))
        for one in (pytester.path / "cassettes").rglob("*.yaml")
        if ".qchannel" not in one.parts
    )


def test_a_whole_run_has_one_cassette(run: Any, pytester: pytest.Pytester) -> None:
    result = run(SUITE, EVERYWHERE, *RECORD)
    result.assert_outcomes(passed=3, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "qchannel: everywhere (*): this whole process is on the emulator and recorded, *",
            "qchannel: 2 record, 1 record on *",
            "qchannel: 1 cassette written, *",
        ]
    )
    assert _cassettes(pytester) == ["_session.yaml"]
    before = files(pytester.path / "cassettes", "*")
    run(SUITE, EVERYWHERE, *RECORD).assert_outcomes(passed=3, skipped=1)
    assert files(pytester.path / "cassettes", "*") == before

    # The user saw: it was told as one that no test uses, with the command that removes it.
    strict = "--qchannel-strict-cassettes"
    # Without the mode, where its tests are other ones, or emulated for want of a marker.
    for source in ("def test_b(): pass", "def test_c(qchannel): pass"):
        plain = run(source, strict)
        plain.assert_outcomes(passed=1)
        assert plain.ret == 0

    result = run(SUITE, *REPLAY, strict)
    result.assert_outcomes(passed=3, skipped=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["qchannel: 2 replay, 1 replay on *", "qchannel: 1 cassette replayed, *"]
    )
    # In parts, too. With -q it said how many requests there were twice, and "0 jobs" of none known.
    result = run(SUITE, *REPLAY, "-k", "test_b", "-q")
    result.assert_outcomes(passed=1, deselected=3)
    assert result.ret == 0
    result.stdout.re_match_lines(
        [r"qchannel: 1 replay; the whole process: \d requests; 1 cassette replayed$"]
    )

    changed = SUITE.replace('shared == status("/jobs?limit=3")', "shared")
    result = run(changed, *REPLAY)
    result.assert_outcomes(passed=3, skipped=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "the cassette of the whole run:",
            "1 of 6 recorded interactions were not used",
            "  unused: #5 (line *) GET /api/v1/jobs of test_it.py::test_b",
        ]
    )
    changed = SUITE.replace(
        'shared == status("/jobs?limit=3")', 'shared == status("/jobs?limit=4")'
    )
    result = run(changed, *REPLAY)
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "E *closest: *(recorded) != limit=4 (sent)",
            "E *next: *pytest --qchannel-everywhere --qchannel-mode=record *",
        ]
    )


def test_a_run_that_does_not_pass_writes_nothing(run: Any, pytester: pytest.Pytester) -> None:
    result = run(SUITE + "\n    def test_red(): assert 0\n", EVERYWHERE, *RECORD)
    result.assert_outcomes(passed=3, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["qchannel: no cassette written for the whole run: test_it.py::test_red did not pass*"]
    )
    assert _cassettes(pytester) == []


@pytest.mark.parametrize(
    ("args", "said", "mend"),
    [
        (REPLAY, "there is no cassette*", ""),
        ((EVERYWHERE, "--qchannel-mode=record"), "recording needs a source*", ""),
        (
            # Without its first words the command ended as the run did: the key is still there.
            (EVERYWHERE, *RECORD, "-o", "qchannel_only_stale=1"),
            "*about those of tests",
            "take -o qchannel_only_stale away, then: ",
        ),
        ((EVERYWHERE, *RECORD, "-n", "2"), "*several workers would each record a part*", ""),
        (
            (EVERYWHERE, *RECORD, "-k", "test_b"),
            "*one of all its tests, and a part of them was*",
            "",
        ),
    ],
)
def test_what_cannot_be_is_refused(run: Any, args: tuple[str, ...], said: str, mend: str) -> None:
    result = run(SUITE, *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}", f"*next: *{mend}pytest *"])


@pytest.mark.slow
def test_workers_replay_it_together(run: Any, run_apart: Any) -> None:
    run(SUITE, EVERYWHERE, *RECORD).assert_outcomes(passed=3, skipped=1)
    result = run_apart(SUITE, *REPLAY, "-n", "2")
    result.assert_outcomes(passed=3, skipped=1)
    assert result.ret == 0


MARKED = """
    import os
    import pytest, requests

    @pytest.mark.vcr
    def test_replays(qchannel, qchannel_rest):
        assert qchannel.lane == LANE
        assert qchannel_rest.get("/backends").status_code == 200

    def test_emulated(qchannel):
        assert qchannel.lane == "emulated"

    @pytest.mark.vcr
    def test_of_others():
        answer = requests.get("https://quantum.cloud.ibm.com/api/v1/versions", timeout=9)
        assert answer.text == "from the cassette"

    @pytest.mark.vcr
    def test_of_others_without_a_cassette():
        with pytest.raises(Exception, match="overwrite|play back"):
            requests.get("https://quantum.cloud.ibm.com/api/v1/versions", timeout=9)
"""
OTHERS = """
interactions:
- request:
    body: null
    headers: {}
    method: GET
    uri: https://quantum.cloud.ibm.com/api/v1/versions
  response:
    body:
      string: from the cassette
    headers: {}
    status:
      code: 200
      message: OK
version: 1
"""


def test_in_auto_marked_tests_replay(run: Any, pytester: pytest.Pytester) -> None:
    """What the user saw: they were emulated, and nothing said so."""
    folder = pytester.path / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    (folder / "test_of_others.yaml").write_text(OTHERS, encoding="utf-8")
    recorded = MARKED[: MARKED.index("    @pytest.mark.vcr\n    def test_of_others")]
    run(recorded.replace("LANE", "'record'").replace("== 'emulated'", "!= ''"), *RECORD)
    result = run(MARKED.replace("LANE", "'replay'"), EVERYWHERE)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["qchannel: *1 emulated on *, 2 pytest-recording, 1 replay on *", "*1 cassette replayed*"]
    )
    # A mode that somebody names holds for every test, behind either door.
    bare = MARKED[: MARKED.index("    @pytest.mark.vcr\n    def test_of_others_without")]
    bare = bare.replace("LANE", "'emulated'").replace('text == "from', 'text != "from')
    for door in ("in-process", "loopback"):
        named = ("--qchannel-mode=emulated", f"--qchannel-door={door}")
        run(bare, EVERYWHERE, *named).assert_outcomes(passed=3)
    wide = "--qchannel-scope=module"
    shared = recorded.replace("def test_emulated", "@pytest.mark.vcr\n    def test_emulated")
    shared = shared.replace('qchannel.lane == "emulated"', "qchannel.lane")
    run(shared.replace("LANE", "'record'"), *RECORD, wide).assert_outcomes(passed=2)
    result = run(shared.replace("LANE", "'replay'"), EVERYWHERE, wide)
    result.assert_outcomes(passed=2)
    assert Path(folder / "_module.yaml").exists()


ALL_RUN = (
    SUITE[: SUITE.index("    def test_lever")]
    + """
    @pytest.fixture
    def first():
        return status("/jobs?limit=4")

    @pytest.fixture
    def second(first):
        return first == status("/jobs?limit=5")

    def test_d(second):
        assert second
"""
)


def test_what_fixtures_of_any_scope_send_is_kept_and_counts_as_used(run: Any) -> None:
    """What the user saw: a replay right after the recording failed for what `setUpClass` had sent.

    And the run told that no test uses its cassette.
    """
    run(ALL_RUN, EVERYWHERE, *RECORD).assert_outcomes(passed=4)
    result = run(ALL_RUN, *REPLAY)
    result.assert_outcomes(passed=4)
    result.stdout.no_fnmatch_line("*that no test uses*")


def test_a_test_that_fails_and_passes_when_it_is_run_again_is_recorded(run: Any) -> None:
    """What the user saw: all tests had passed, and no cassette was written as one had not."""
    flaky = """
    from qiskit_ibm_runtime import QiskitRuntimeService
    TRIES = []

    def test_a():
        assert QiskitRuntimeService().backends()
        TRIES.append(len(TRIES))
        assert TRIES == [0, 1]
    """
    run(flaky, EVERYWHERE, *RECORD, conftest=RERUNS).assert_outcomes(passed=1)
    result = run(flaky, *REPLAY, conftest=RERUNS)
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_a_part_that_is_refused_names_what_to_do_about_the_rest(run: Any) -> None:
    """Where a test could not be recorded, ``-k`` was refused with the command that had failed."""
    result = run(SUITE, EVERYWHERE, *RECORD, "-k", "not test_lever")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*where: without test_it.py::test_lever",
            "*next: *pytest *; a test that cannot be recorded is skipped by a mark, not by -k *",
        ]
    )
    result.stderr.no_fnmatch_line("*qchannel_scope*")


LOGINS = """
    import os, pytest, requests

    def login(key):
        form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key}
        url = "https://iam.cloud.ibm.com/identity/token"
        requests.post(url, data=form, timeout=9).raise_for_status()

    def test_own():
        login(os.environ.get("LAB_KEY") or os.environ["QISKIT_IBM_TOKEN"])

    def test_wrong():
        with pytest.raises(requests.HTTPError):
            login("wrong")
"""


def test_a_key_of_a_variable_of_ones_own_is_told_not_to_be_the_recorded_one(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key got what is recorded of a wrong one: a replay ended at the import of conftest.py."""
    run(LOGINS, EVERYWHERE, *RECORD).assert_outcomes(passed=2)
    run(LOGINS, *REPLAY).assert_outcomes(passed=2)
    monkeypatch.setenv("LAB_KEY", "mine-of-the-lab")
    result = run(LOGINS, *REPLAY)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*in this replay a key that is not the account's got the refusal that is recorded of *",
            '*next: *at the top of conftest.py: *"YOURS"* = *"QISKIT_IBM_TOKEN"* (qchannel docs *',
        ]
    )
