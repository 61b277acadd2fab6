"""Everywhere mode with a world file that declares faults: they belong to the whole run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world_kit import world_text

FLAGS = ("--qchannel-mode=emulated", "--qchannel-everywhere", "--qchannel-world=w.toml")
FAULTS = """
[[faults]]
route = "DELETE /jobs/<job_id>"
status = 404
optional = {optional}
[[faults]]
route = "GET /jobs"
status = 503
"""
WORLD = world_text("ibm_torino", more=FAULTS)
HEAD = """
    import requests

    def ask():
        return requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9).status_code
"""
ASKS = "    def test_a(): assert ask() == 503\n    def test_b(): assert ask() == 401\n"
UNMET = "the fault 'DELETE /jobs/<job_id>: status 404' never happened"
SECTION = "*= qchannel: problems outside tests =*"


@pytest.fixture
def world(pytester: pytest.Pytester) -> Any:
    def write(*, optional: bool = False) -> None:
        (pytester.path / "w.toml").write_text(WORLD.format(optional=str(optional).lower()))

    return write


def test_a_fault_that_never_happens_fails_the_run(run: Any, world: Any) -> None:
    """The user saw a green run: the trouble that the world file promised never came."""
    world()
    result = run(HEAD + ASKS, *FLAGS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes() == {"passed": 2, "errors": 1}
    result.stdout.fnmatch_lines(
        [SECTION, "the whole run:", UNMET, "  where: *w.toml", "  looked: *", "  next: *optional*"]
    )


@pytest.mark.parametrize("shares", ["--qchannel-everywhere", "--qchannel-scope=module"])
def test_in_a_recording_that_is_shared_they_belong_to_all_tests(
    run: Any, world: Any, pytester: pytest.Pytester, shares: str
) -> None:
    """Each test failed before which a fault had not happened: none such could be recorded."""
    world()
    records = ("--qchannel-mode=record", "--qchannel-record-from=emulator")
    tests = """
        def test_a(qchannel_rest):
            pass

        def test_b(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 503
    """
    result = run(tests, *records, shares, "--qchannel-world=w.toml")
    assert result.parseoutcomes() == {"passed": 2, "errors": 1}
    result.stdout.fnmatch_lines([f"*{UNMET}"])
    kept = pytester.path.joinpath("cassettes").rglob("*.yaml")
    assert [one for one in kept if ".qchannel" not in one.parts] == []  # but in quarantine


def test_an_optional_one_may_stay_away(run: Any, world: Any) -> None:
    world(optional=True)
    result = run(HEAD + ASKS, *FLAGS)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ("    def test_a(): pass\n", ("--collect-only",)),
        ("    def test_a(): assert False\n    def test_b(): pass\n", ("-x",)),
        ("    def test_a(): raise KeyboardInterrupt\n", ()),
        ("    def test_a(): pass\n", ("--deselect=test_it.py::test_a",)),
    ],
    ids=["collect-only", "stopped", "interrupted", "no tests"],
)
def test_a_run_that_does_not_reach_its_end_is_not_blamed(
    run_apart: Any, world: Any, body: str, options: tuple[str, ...]
) -> None:
    world()
    result = run_apart(HEAD + body, *FLAGS, *options)
    assert "never happened" not in result.stdout.str() + result.stderr.str()


def test_under_xdist_one_worker_is_enough(run_apart: Any, world: Any) -> None:
    """Each worker has the world of its own; what happened in one of them has happened."""
    world()
    result = run_apart(HEAD + "    def test_a(): assert ask() == 503\n", *FLAGS, "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}
    assert "never happened" in result.stdout.str()  # and in a CI the summary says it again
    result.stdout.fnmatch_lines([SECTION, "the whole run:", UNMET])


def test_a_fault_of_a_test_is_still_that_tests(run: Any, world: Any) -> None:
    world(optional=True)
    source = HEAD.replace("import requests", "import pytest, requests") + ASKS
    source += "    @pytest.mark.qchannel_fault('GET /backends', status=503)\n"
    source += "    def test_c(): pass\n"
    result = run(source, *FLAGS)
    assert result.parseoutcomes() == {"passed": 2, "failed": 1}
    result.stdout.fnmatch_lines(["*FaultNotMet: the fault 'GET /backends: status 503' never *"])
