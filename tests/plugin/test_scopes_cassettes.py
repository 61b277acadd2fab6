"""One cassette for tests that share a lane: recorded whole, replayed in parts and in any order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import Run
from tests.plugin.lane_kit import RECORD, files

WIDE = "--qchannel-scope=module"

SUITE = """
    import pytest

    pytestmark = pytest.mark.vcr

    @pytest.fixture(scope="module")
    def rest(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 200
        return qchannel_rest

    def make(rest, name):
        made = rest.post("/sessions", json={"mode": "batch", "backend": rest.least(rest)})
        return made

    def jobs(rest):
        return len(rest.get("/jobs").json()["jobs"])

    def test_tags(rest):
        assert rest.get("/tags?type=job&search=abc").status_code == 200
        assert jobs(rest) == 0

    def test_none(rest, qchannel):
        assert rest.get("/jobs/none").status_code == 404  # nobody's, and the next test's is another
        assert [one.status for one in qchannel.requests] == [404]

    class TestUsage:
        def test_usage(self, rest, vcr):
            assert vcr is not None
            assert rest.get("/instances/usage").status_code == 200
            assert rest.get("/jobs/nobody/metrics").status_code == 404
            assert jobs(rest) == 0

    @pytest.mark.skip
    def test_skipped(rest):
        pass

    @pytest.mark.xfail
    def test_expected_to_fail(rest):
        assert rest.get("/jobs/other").status_code == 200
"""
SUITE = SUITE.replace(SUITE[SUITE.index("    def make") : SUITE.index("    def jobs")], "")


@pytest.fixture
def unit(run: Run, pytester: pytest.Pytester) -> Path:
    """The cassette of a recorded module."""
    result = run(SUITE, WIDE, *RECORD)
    result.assert_outcomes(passed=3, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette written*"])
    assert list(files(pytester.path / "cassettes")) == ["test_it/_module.yaml"]
    return pytester.path / "cassettes" / "test_it" / "_module.yaml"


BACKWARDS = """
    def pytest_collection_modifyitems(items):
        items.reverse()
"""

TWICE = """
    import pytest
    from _pytest.runner import runtestprotocol

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        if nextitem is not None:
            runtestprotocol(item, log=False, nextitem=nextitem)
        runtestprotocol(item, log=True, nextitem=nextitem)
        return True
"""


def test_a_unit_replays_whole_in_parts_in_any_order_and_again(
    run: Run, unit: Path, pytester: pytest.Pytester
) -> None:
    """What the user saw: a service made once per module had no way to a cassette."""
    whole = run(SUITE, WIDE)
    whole.assert_outcomes(passed=3, skipped=1, xfailed=1)
    whole.stdout.fnmatch_lines(["qchannel: 4 replay on *", "qchannel: 1 cassette replayed*"])
    run(SUITE, WIDE, "-k", "tags").assert_outcomes(passed=1, deselected=4)
    pytester.makeconftest("")
    run(SUITE, WIDE, conftest=BACKWARDS).assert_outcomes(passed=3, skipped=1, xfailed=1)
    run(SUITE, WIDE, conftest=TWICE).assert_outcomes(passed=3, skipped=1, xfailed=1)
    before = unit.read_bytes()
    again = run(SUITE, WIDE, *RECORD, conftest=TWICE)
    again.stdout.fnmatch_lines(["qchannel: 1 cassette the same as before*"])
    assert unit.read_bytes() == before


def test_what_is_not_used_is_told_with_its_test(run: Run, unit: Path) -> None:
    changed = SUITE.replace('rest.get("/instances/usage").status_code', "200")
    result = run(changed, WIDE)
    result.assert_outcomes(passed=3, skipped=1, xfailed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*InteractionsUnused: 1 of * recorded interactions were not used*",
            "*unused:*GET /api/v1/instances/usage of test_it.py::TestUsage::test_usage*",
            "*next:*pytest test_it.py --qchannel-scope=module --qchannel-mode=record*",
        ]
    )
    run(changed, WIDE, "-k", "not TestUsage").assert_outcomes(
        passed=2, skipped=1, xfailed=1, deselected=1
    )
    allowed = changed.replace(
        "pytest.mark.vcr", "[pytest.mark.vcr, pytest.mark.qchannel(allow_unused=True)]"
    )
    run(allowed, WIDE).assert_outcomes(passed=3, skipped=1, xfailed=1)
    gone = SUITE.replace("def test_tags", "def tags")
    run(gone, WIDE).stdout.fnmatch_lines(["*GET /api/v1/tags of test_it.py::test_tags*"])


def test_a_miss_names_the_test_and_the_command_the_module(run: Run, unit: Path) -> None:
    result = run(SUITE.replace("/jobs/none", "/workloads"), WIDE)
    result.assert_outcomes(passed=2, failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteMiss: no recorded interaction answers GET /api/v1/workloads*",
            "*where:*test_it.py::test_none*, channel ibm_*, mode replay*",
            "*looked:*_module.yaml*",
            "*next:*pytest test_it.py --qchannel-scope=module --qchannel-mode=record*",
        ]
    )


def test_a_recording_is_whole_or_is_added_to(run: Run, unit: Path) -> None:
    before = unit.read_bytes()
    for args in (("-k", "tags"), ("test_it.py::test_tags",)):
        result = run(SUITE, WIDE, *RECORD, *args)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            [
                "*a recording of test_it.py is one of all its tests, and a part*",
                "*without *test_it.py::test_none*",
                "*next:*pytest test_it.py*record*--record-mode=new_episodes*",
            ]
        )
    longer = SUITE + "\n    def test_more(rest):\n        assert rest.get('/workloads')"
    add = ("--record-mode=new_episodes", "--qchannel-record-from=emulator")
    run(longer, WIDE, *add, "-k", "more").stdout.fnmatch_lines(["qchannel: 1 cassette extended*"])
    assert b"test_more" in unit.read_bytes() != before
    run(longer, WIDE).assert_outcomes(passed=4, skipped=1, xfailed=1)


def test_a_recording_is_saved_if_all_tests_passed(run: Run, pytester: pytest.Pytester) -> None:
    result = run(SUITE.replace("== 404  #", "== 405  #"), WIDE, *RECORD)
    result.assert_outcomes(passed=2, failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        ["qchannel: no cassette written for test_it.py::_module: *test_none* did not pass*"]
    )
    assert not files(pytester.path / "cassettes")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("def test_none", "@pytest.mark.qchannel\n    def test_none"), ""),
        (
            ("pytestmark = pytest.mark.vcr", ""),
            "1 of the 5 tests that share the lane of test_it.py",
        ),
        (("pytestmark = pytest.mark.vcr", "NAMED"), "has a cassette of its own, and this one"),
        (("pytestmark = pytest.mark.vcr", "FILTERS"), "marker vcr: filter_headers is of one test"),
    ],
)
def test_what_one_test_cannot_have_of_its_own_is_refused_by_name(
    run: Run, unit: Path, change: tuple[str, str], said: str
) -> None:
    lines = {
        "NAMED": "pytestmark = [pytest.mark.vcr, pytest.mark.default_cassette('mine')]",
        "FILTERS": "pytestmark = pytest.mark.vcr(filter_headers=['accept'])",
    }
    old, new = change
    source = SUITE.replace(old, lines.get(new, new))
    if not new:
        source = source.replace("def test_none", "@pytest.mark.vcr\n    def test_none")
    result = run(source, WIDE)
    if not said:
        result.assert_outcomes(passed=3, skipped=1, xfailed=1)
        return
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}*"])


DECIDES = """
    import pytest
    pytestmark = pytest.mark.vcr

    def test_a(qchannel_rest):
        assert qchannel_rest.get("/jobs").json()["jobs"] == []

    def test_b(qchannel_rest, qchannel):
        from qiskit import QuantumCircuit
        from qiskit_ibm_runtime import SamplerV2
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        service = qchannel.connect()
        backend = service.least_busy(simulator=False)
        assert SamplerV2(mode=backend).run([circuit], shots=10).result()
        assert len(qchannel_rest.get("/jobs").json()["jobs"]) == 1

    def test_c(qchannel_rest):
        pass
"""


def test_what_the_match_cannot_decide_is_an_error_that_says_so(run: Run) -> None:
    run(DECIDES, WIDE, *RECORD).assert_outcomes(passed=3)
    run(DECIDES, WIDE).assert_outcomes(passed=3)
    result = run(DECIDES.replace("pass", "qchannel_rest.get('/jobs')"), WIDE)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*CassetteMiss: no recorded interaction answers GET /api/v1/jobs*",
            "*which was recorded in *test_a* *test_b* with different answers: nothing decides*",
        ]
    )


@pytest.mark.parametrize("scope", ["class", "package", "session"])
def test_the_other_scopes_have_cassettes_likewise(
    run: Run, pytester: pytest.Pytester, scope: str
) -> None:
    test = """
        import pytest
        pytestmark = pytest.mark.vcr

        class TestA:
            def test_a(self, qchannel_rest):
                assert qchannel_rest.get("/jobs").status_code == 200

            def test_b(self, qchannel_rest):
                assert qchannel_rest.get("/jobs/none").status_code == 404
    """
    (pytester.path / "__init__.py").touch()
    expected = {
        "class": ("test_it/TestA._class.yaml", "test_it.py::TestA"),
        "package": ("_package.yaml", ""),
        "session": ("_session.yaml", ""),
    }
    wide = f"--qchannel-scope={scope}"
    run(test, wide, *RECORD).assert_outcomes(passed=2)
    name, words = expected[scope]
    assert list(files(pytester.path / "cassettes")) == [name]
    run(test, wide).assert_outcomes(passed=2)
    missed = run(test.replace("jobs/none", "workloads"), wide)
    command = " ".join(["pytest", *([words] if words else []), wide])
    missed.stdout.fnmatch_lines([f"*next:*{command} --qchannel-mode=record*"])


def test_after_a_change_of_scope_the_old_cassettes_are_named(
    run: Run, unit: Path, pytester: pytest.Pytester
) -> None:
    """Each way: they are unused, and the command that removes them is told."""
    told = "qchannel: 1 cassette that no test uses; qchannel cassettes prune lists and removes them"
    strict = "--qchannel-strict-cassettes"
    result = run(SUITE, "--qchannel-mode=emulated")
    assert told in result.outlines
    result = run(SUITE, "--qchannel-mode=emulated", strict, "-k", "tags")
    result.stdout.fnmatch_lines(
        [
            "*where:*_module.yaml: no tests share a cassette in test_it.py*",
            "*qchannel cassettes prune",
        ]
    )
    assert told not in run(SUITE, WIDE).outlines
    session = "--qchannel-scope=session"
    run(SUITE, session, *RECORD).stdout.fnmatch_lines([told])
    result = run(SUITE, WIDE, strict)
    result.stdout.fnmatch_lines(
        ["*where:*_session.yaml: no test shares a cassette of its session*"]
    )
    for one in files(pytester.path / "cassettes"):
        (pytester.path / "cassettes" / one).unlink()
    one_test = (
        "import pytest\n@pytest.mark.vcr\ndef test_a(qchannel_rest): qchannel_rest.get('/jobs')"
    )
    run(one_test, *RECORD).assert_outcomes(passed=1)
    result = run(one_test, WIDE, *RECORD, strict)
    result.stdout.fnmatch_lines(
        ["*where:*test_a*.yaml: its test shares the cassette test_it/_module.yaml*"]
    )


def test_tests_on_two_channels_share_a_cassette_unless_its_folder_is_of_one(
    run: Run, pytester: pytest.Pytester
) -> None:
    test = """
        import pytest

        @pytest.mark.vcr
        def test_a(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200
    """
    both = (WIDE, "--qchannel-channel=ibm_cloud,ibm_quantum_platform")
    run(test, *both, *RECORD).assert_outcomes(passed=2)
    assert list(files(pytester.path / "cassettes")) == ["test_it/_module.yaml"]
    run(test, *both).assert_outcomes(passed=2)
    run(test, WIDE, "--qchannel-channel=ibm_cloud").assert_outcomes(passed=1)
    result = run(test, WIDE, "--qchannel-channel=ibm_cloud", *RECORD)
    result.stderr.fnmatch_lines(["*without test_it.py::test_a[[]ibm_quantum_platform]*"])
    result = run(test, *both, "--qchannel-cassettes=cassettes/{channel}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*share a cassette on ibm_cloud and ibm_quantum_platform*"])


def test_a_shared_recording_is_written_though_the_last_test_of_another_one_is_refused(
    run: Run, pytester: pytest.Pytester
) -> None:
    """The user saw no cassette of the session, and no word about it."""
    pytester.makepyfile(
        test_own="from pytest_qchannel import fixtures\n"
        'globals().update(fixtures(scope="function"))\n'
        "def test_z(qchannel): pass\n"
    )
    test = "def test_a(qchannel_rest): assert qchannel_rest.get('/jobs').status_code == 200"
    result = run(test, "--qchannel-scope=session", *RECORD, "test_it.py", "test_own.py")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["E *nothing was recorded*", "qchannel: 1 cassette written*"])
    assert list(files(pytester.path / "cassettes")) == ["_session.yaml"]


def test_a_test_in_no_class_has_its_own_cassette_though_its_lane_begins_before_its_fixtures(
    run: Run, pytester: pytest.Pytester
) -> None:
    """``qchannel_scope = class`` and functions marked vcr: "two writers want the same cassette"."""
    suite = """
        import pytest
        pytestmark = pytest.mark.vcr
        seen = []

        @pytest.fixture(scope="class")
        def vcr_config():
            return {"before_record_request": lambda one: seen.append(one.path) or one}

        @pytest.fixture(scope="class")
        def rest(qchannel_rest):
            assert qchannel_rest.get("/backends").status_code == 200
            return qchannel_rest

        def test_free(rest, vcr):
            assert vcr is not None
            assert rest.get("/jobs").status_code == 200
            assert "/api/v1/jobs" in seen

        @pytest.mark.qchannel
        def test_marked(request):
            assert request.getfixturevalue("qchannel_rest").get("/jobs").status_code == 200

        class TestIt:
            def test_in_class(self, rest):
                assert rest.get("/jobs").status_code == 200
    """
    wide = "--qchannel-scope=class"
    run(suite, wide, *RECORD).assert_outcomes(passed=3)
    kept = [f"test_it/{name}" for name in ("TestIt._class", "test_free", "test_marked")]
    made = sorted(files(pytester.path / "cassettes"))
    assert [one.partition("[")[0].removesuffix(".yaml") for one in made] == kept
    result = run(suite, wide)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["qchannel: 3 cassettes replayed*"])
    narrow = suite.replace('fixture(scope="class")', "fixture", 1)
    result = run(narrow, wide)
    result.stdout.fnmatch_lines(["E *the fixture vcr_config is function-scoped, and the cassette*"])
