"""Services made once for a class, a module, a package or the whole run, on the emulator."""

from __future__ import annotations

import pytest

from pytest_qchannel.settings import SCOPES
from tests.plugin.conftest import Run

SUITE = """
    import os
    import pytest

    WORLDS = []

    @pytest.fixture(scope={scope!r})
    def rest(qchannel_rest):
        return qchannel_rest

    def test_first(rest, qchannel, qchannel_emulator):
        assert rest.get("/backends").status_code == 200
        assert [one.path for one in qchannel.requests] == ["/api/v1/backends"]
        qchannel_emulator.fault("GET /jobs", status=503)
        assert rest.get("/jobs").status_code == 503
        WORLDS.append(qchannel_emulator)

    def test_a_fault_ended_with_its_test_and_so_did_its_part_of_the_journal(
        rest, qchannel, qchannel_emulator
    ):
        assert WORLDS[-1] is qchannel_emulator
        assert not qchannel.requests
        assert rest.get("/jobs").status_code == 200
        assert [one.status for one in qchannel.requests] == [200]
        sent = [(one.path, one.status) for one in qchannel.requests.of_lane]
        assert sent[-3:] == [
            ("/api/v1/backends", 200), ("/api/v1/jobs", 503), ("/api/v1/jobs", 200)
        ]

    def test_who_uses_nothing_of_it_is_left_as_it_was():
        assert "QISKIT_IBM_TOKEN" not in os.environ
        assert os.environ["HOME"] == {home!r}

    @pytest.mark.qchannel_fault("GET /backends", status=500)
    def test_a_marked_fault_that_does_not_happen(rest):
        assert rest.get("/jobs").status_code == 200

    class TestLevers:
        def test_one(self, qchannel):
            assert qchannel.connect is not None

    @pytest.mark.qchannel
    def test_marked_alone():
        assert os.environ["QISKIT_IBM_TOKEN"]
        assert os.environ["HOME"] != {home!r}
"""


@pytest.mark.parametrize("scope", ["module", "session"])
def test_all_fixtures_live_that_long(
    run: Run, scope: str, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    """What the user saw: a module's service could not use the emulator at all."""
    home = str(pytester.path)
    monkeypatch.setenv("HOME", home)
    result = run(SUITE.format(scope=scope, home=home), f"--qchannel-scope={scope}")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*FaultNotMet*GET /backends*", "qchannel: 5 emulated on ibm_*"])


def test_a_setting_a_line_in_a_module_and_one_in_a_conftest(
    pytester: pytest.Pytester, run: Run
) -> None:
    """Each part of a suite has the scope that the nearest line says, packages their own lanes."""
    line = "from pytest_qchannel import fixtures\nglobals().update(fixtures(scope={!r}))\n"
    test = (
        "def test_{}(qchannel_rest, qchannel):\n"
        "    print('LANE', {!r}, qchannel.channel is not None, id(qchannel))\n"
        "    globals().setdefault('alive', []).append(qchannel)  # or a later lane has its id\n"
    )
    for folder in ("one", "one/inner", "two", "three"):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / "__init__.py").touch()
        for number in (1, 2):
            path = pytester.path / folder / f"test_{folder.replace('/', '_')}{number}.py"
            path.write_text("".join(test.format(name, folder) for name in "ab"))
    (pytester.path / "two" / "conftest.py").write_text(line.format("module"))
    (pytester.path / "three" / "conftest.py").write_text(line.format("session"))
    own = line.format("class") + test.format("f", "own") + test.format("g", "own")
    own += "class TestIt:\n" + "".join(
        f"    def test_{name}(self, qchannel):\n        test_f(None, qchannel)\n" for name in "hi"
    )
    result = run(own, "--qchannel-scope=package", "-s")
    result.assert_outcomes(passed=20)
    lanes: dict[str, list[str]] = {}
    for line in result.outlines:
        if "LANE" in line:
            _, where, _, lane = line[line.index("LANE") :].split()
            lanes.setdefault(where, []).append(lane)
    shared = {where: [found.count(one) for one in found] for where, found in lanes.items()}
    assert shared == {
        "one": [4] * 4,
        "one/inner": [4] * 4,
        "two": [2] * 4,
        "three": [4] * 4,
        "own": [1, 1, 2, 2],
    }


NESTED = """
    class TestOuter:
        class TestBefore:
            def test_it(self, qchannel_rest):
                assert qchannel_rest.get("/jobs").status_code == 200

        def test_of_none(self):
            pass
{own}
        class TestInner:
            def test_it(self, qchannel_rest):
                assert qchannel_rest.get("/jobs").status_code == 200
"""


def test_a_class_in_a_class_with_tests_is_refused_where_lanes_are_of_classes(run: Run) -> None:
    """What the user saw: ``assert unit.lane is not None``. pytest has one fixture for both."""
    run(NESTED.format(own=""), "--qchannel-scope=class").assert_outcomes(passed=3)
    own = "        def test_own(self, qchannel):\n            pass\n"
    result = run(NESTED.format(own=own), "--qchannel-scope=class")
    result.stderr.fnmatch_lines(
        [
            "ERROR: *::TestOuter::TestInner has no lane of its own: *",
            "*where:*::TestOuter::test_own*, qchannel_scope=class",
            "*next: *move TestInner out of TestOuter*qchannel_scope=module",
        ]
    )
    run(NESTED.format(own=own), "--qchannel-scope=module").assert_outcomes(passed=4)


WORDS = """
    import pytest
    {line}

    @pytest.fixture
    def qchannel_world():
        raise AssertionError("too short a life")

    def test_a(qchannel):
        pass
"""


def test_a_world_that_does_not_live_as_long_is_refused_in_our_words(run: Run) -> None:
    result = run(WORDS.format(line=""), "--qchannel-scope=module")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*ERROR: the fixture qchannel_world is function-scoped*",
            "*where: *test_it.py::test_a*",
            '*next: *write it as @pytest.fixture(scope="module"), or "session"*',
        ]
    )
    assert "ScopeMismatch" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("seed=7", "seed=7, but the lane is of all tests of test_it.py, with seed=0"),
        ('door="loopback"', "door=loopback, but the lane is of all tests of test_it.py"),
        ('mode="replay"', "mode=replay, but the lane is of all tests of test_it.py"),
        ('instance="x"', "instance=x, but the lane is of all tests of test_it.py"),
    ],
)
def test_a_marker_that_asks_for_another_lane_is_a_usage_error(
    run: Run, marker: str, said: str
) -> None:
    test = f"""
        import pytest

        @pytest.mark.qchannel({marker})
        def test_a(qchannel):
            pass
    """
    result = run(test, "--qchannel-scope=module")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    line = f"pytestmark = pytest.mark.qchannel({marker})"
    result.stderr.fnmatch_lines(
        [f"*marker qchannel: {said}*", f"*next: *write {line} in test_it.py, or take *"]
    )


def test_a_lane_gets_what_a_marker_asks_for_as_the_error_says(run: Run) -> None:
    """It said to mark all tests: with the same marker on each of them it was refused as before."""
    test = "@pytest.mark.qchannel(seed=7)\n        def test_{}(qchannel): pass"
    tests = f"""
        import pytest
        {test.format("a")}
        {test.format("b")}
    """
    result = run(tests, "--qchannel-scope=module")
    line = "pytestmark = pytest.mark.qchannel(seed=7)"
    result.stderr.fnmatch_lines([f"*next: *write {line} in test_it.py, or take *"])
    mended = tests.replace("import pytest", f"import pytest\n        {line}")
    run(mended, "--qchannel-scope=module").assert_outcomes(passed=2)
    result = run(tests, "--qchannel-scope=session")
    result.stderr.fnmatch_lines(["*next: *pytest *--qchannel-seed=7, or take seed from the marker"])
    run(tests, "--qchannel-scope=session", "--qchannel-seed=7").assert_outcomes(passed=2)


def test_the_mark_of_the_module_is_of_its_lane(run: Run) -> None:
    test = """
        import pytest
        pytestmark = pytest.mark.qchannel(seed=7)

        def test_a(qchannel):
            assert qchannel.settings.seed == 7
    """
    run(test, "--qchannel-scope=module").assert_outcomes(passed=1)


LIVES_LONGER = """
    import pytest

    @pytest.fixture(scope="session")
    def service():
        from qiskit_ibm_runtime import QiskitRuntimeService
        return QiskitRuntimeService(channel="ibm_cloud", token="x" * 44)

    def test_a(service, qchannel):
        pass
"""


@pytest.mark.parametrize(
    ("scope", "first"),
    [
        ("function", "take scope='session' from it and let it"),
        # A fixture of the module asked for it: to take the scope away ended with a ScopeMismatch.
        ("module", "write scope='module' for it instead of scope='session' and let it"),
    ],
)
def test_a_fixture_that_lives_longer_is_told_all_ways_out(run: Run, scope: str, first: str) -> None:
    result = run(LIVES_LONGER, f"--qchannel-scope={scope}")
    result.assert_outcomes(errors=1)
    said = result.stdout.str()
    assert "the session fixture 'service'" in said
    assert f"next:  {first} ask for the fixture qchannel" in said
    assert "qchannel_scope = session in the ini file" in said
    assert "--qchannel-everywhere" in said


def test_everywhere_is_the_lane_of_every_unit(run: Run) -> None:
    test = """
        import pytest

        @pytest.fixture(scope="module")
        def rest(qchannel_rest):
            return qchannel_rest

        def test_a(rest, qchannel):
            assert rest.get("/jobs").status_code == 200
            assert len(qchannel.requests) == 1

        def test_b(rest, qchannel):
            assert not qchannel.requests
            assert qchannel.requests.of_lane
    """
    result = run(test, "--qchannel-everywhere", "--qchannel-scope=module")
    result.assert_outcomes(passed=2)


def test_a_scope_that_does_not_exist_is_named(run: Run) -> None:
    result = run("def test_a(): pass", "--qchannel-scope=modul")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'modul' is no scope*", "*closest: module", "*package*"])
    line = "from pytest_qchannel import fixtures\nglobals().update(fixtures(scope='modul'))\n"
    result = run(line + "def test_a(): pass")
    result.stdout.fnmatch_lines(["*fixtures(scope='modul'): there is no such scope*"])
    assert SCOPES[0] == "function"


def test_a_fixture_that_lives_longer_than_ours_is_told_how_to_use_it(run: Run) -> None:
    """What the user saw: pytest's ScopeMismatch, and no word of what to do."""
    test = """
        import pytest

        @pytest.fixture(scope="module")
        def rest(qchannel_rest):
            return qchannel_rest

        def test_a(rest):
            pass

        @pytest.fixture
        def mine():
            pass

        @pytest.fixture(scope="module")
        def theirs(mine):
            pass

        def test_b(theirs, qchannel):
            pass
    """
    result = run(test)
    result.assert_outcomes(errors=2)
    said = [line for line in result.outlines if line.startswith("  next: have the fixtures live")]
    assert len(said) == 1
    assert "qchannel_scope = module in the ini file" in said[0]
    assert 'globals().update(fixtures(scope="module"))' in said[0]


def test_a_marker_cannot_change_a_scope_and_says_what_can(run: Run) -> None:
    test = "import pytest\n@pytest.mark.qchannel(scope='module')\ndef test_a(qchannel): pass"
    result = run(test)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*it cannot change how long fixtures live*", "*globals().update*"])
