"""The commands of errors, pasted where the run was started: they find the test."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from pytest_qchannel.rerun_command import words_of
from tests.world_kit import world_text

REST = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_rest):
        assert qchannel_rest.get("/jobs").status_code == 200
"""
MARKED = """
    import pytest

    @pytest.mark.qchannel(mode="record")
    def test_a(qchannel_rest):
        pass

    def test_b(qchannel_rest):
        pass
"""
OTHER = "ibm_cloud"
WORLD = world_text(
    "ibm_here", "ibm_nairobi", channels=["ibm_cloud"], instance="paid", plan="Premium"
)


def advised(result: pytest.RunResult) -> list[str]:
    """The words of the command that an error gives."""
    said = "\n".join(result.outlines + result.errlines)
    found = re.search(r"next: +(pytest .*)", said)
    assert found, said
    return shlex.split(found[1])


def test_the_channel_of_the_command_line_is_in_the_command(
    run: Any, pytester: pytest.Pytester
) -> None:
    """The pasted command found no such test: without the option no test had the id.

    One that was started with a world recorded the default world.
    """
    (pytester.path / "a world.toml").write_text(WORLD, encoding="utf-8")
    options = [f"--qchannel-channel={OTHER}", "--qchannel-world=a world.toml"]
    command = advised(run(REST, *options, "--qchannel-instance=paid"))
    wanted = ["pytest", f"test_it.py::test_a[{OTHER}]", *options, "--qchannel-instance=paid"]
    assert command[: len(wanted)] == wanted
    run(REST, *command[1:]).assert_outcomes(passed=1)
    run(REST, f"--qchannel-channel={OTHER}").assert_outcomes(passed=1)


@pytest.mark.parametrize("place", ["ini", "addopts", "environment"])
def test_a_channel_that_is_set_elsewhere_is_not(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("QCHANNEL_CHANNEL", OTHER)
    else:
        line = "qchannel_channel = " if place == "ini" else "addopts = --qchannel-channel="
        pytester.makeini(f"[pytest]\n{line}{OTHER}\n")
    command = advised(run(REST))
    assert command[1:3] == [f"test_it.py::test_a[{OTHER}]", "--qchannel-mode=record"]


def test_a_run_in_a_subfolder_gets_a_path_from_there(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pasted command found no such file: its path began at rootdir."""
    pytester.makeini("[pytest]\n")
    below = pytester.mkdir("sub")
    monkeypatch.chdir(below)
    command = advised(run(REST, "../test_it.py"))
    assert command[1].startswith("../test_it.py::test_a[")
    (below / "test_own.py").write_bytes((pytester.path / "test_it.py").read_bytes())
    command = advised(run(REST, "test_own.py"))
    assert command[1].startswith("test_own.py::test_a[")
    run(REST, *command[1:]).assert_outcomes(passed=1)
    run(REST, "test_own.py").assert_outcomes(passed=1)


def test_the_test_whose_marker_records_is_in_the_command(run: Any) -> None:
    """The command that was advised recorded every test of the project."""
    result = run(MARKED)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    command = advised(result)
    assert command[1].startswith("test_it.py::test_a[")
    assert command[2:] == ["--qchannel-mode=record", "--qchannel-record-from=emulator"]


def test_what_a_run_was_started_with_ends_with_it(run: Any) -> None:
    run(REST, f"--qchannel-channel={OTHER}")
    assert words_of("test_a.py::test_b") == ["test_a.py::test_b"]


def test_the_world_is_in_the_commands_of_a_whole_run(run: Any, pytester: pytest.Pytester) -> None:
    """What the user saw: the pasted command recorded the default world."""
    (pytester.path / "a world.toml").write_text(WORLD, encoding="utf-8")
    options = ["--qchannel-world=a world.toml", "--qchannel-everywhere"]
    result = run("def test_a(): pass", *options, "--qchannel-mode=replay")
    result.stderr.fnmatch_lines(
        [
            '*next: *pytest "--qchannel-world=a world.toml" --qchannel-everywhere '
            "--qchannel-mode=record --qchannel-record-from=emulator; or *: pytest "
            '"--qchannel-world=a world.toml" --qchannel-everywhere'
        ]
    )


def test_what_starts_the_run_again_keeps_its_options(run: Any, pytester: pytest.Pytester) -> None:
    """What the user saw: in the default world the test failed, by another error."""
    (pytester.path / "a world.toml").write_text(WORLD, encoding="utf-8")
    source = """
        import pytest

        @pytest.mark.vcr
        def test_levers(qchannel_rest, qchannel):
            assert qchannel.emulator.backends == ("ibm_here",)

        @pytest.mark.vcr
        def test_nothing(qchannel):
            assert [one.name for one in qchannel.instances] == ["paid"]
    """
    options = [f"--qchannel-channel={OTHER}", "--qchannel-world=a world.toml"]
    result = run(source, *options, "--qchannel-mode=record", "--qchannel-record-from=emulator")
    commands = re.findall(r"next: .*?(pytest .*?)(?:, or |, without )", result.stdout.str())
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command)[1:]
        assert words[-1] == "--qchannel-mode=emulated"
        run(source, *words).assert_outcomes(passed=2)


CLASSES = """
    import pytest

    @pytest.mark.vcr
    class TestA:
        def test_1(self, qchannel_rest):
            assert qchannel_rest.get("/backends/ibm_here/status").status_code == 200
        def test_2(self, qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200

    def test_b(): pass
"""


def test_a_lane_that_was_over_is_recorded_by_the_command_of_its_error(
    run: Any, pytester: pytest.Pytester
) -> None:
    """What the user saw: the command recorded nothing, it replayed."""
    (pytester.path / "a world.toml").write_text(WORLD, encoding="utf-8")
    options = [f"--qchannel-channel={OTHER}", "--qchannel-world=a world.toml"]
    mixed = """
        def pytest_collection_modifyitems(items):
            items.sort(key=lambda item: "test_2" in item.name)
    """
    record = [*options, "--qchannel-mode=record", "--qchannel-record-from=emulator"]
    result = run(CLASSES, *record, "--qchannel-scope=class", conftest=mixed)
    result.stdout.fnmatch_lines(["*the recording of *TestA was over, and its tests go on*"])
    found = re.search(r"next: .*: (pytest .*)", result.stdout.str())
    assert found
    words = shlex.split(found[1])[1:]
    run(CLASSES, *words).assert_outcomes(passed=2)
    part = run(CLASSES, words[0] + "::test_1", *record, "--qchannel-scope=class")
    added = re.search(r"or add to it: (pytest .*)", part.stderr.str())
    assert added, part.stderr.str()
    run(CLASSES, *shlex.split(added[1])[1:]).assert_outcomes(passed=2)
    run(CLASSES, *options, "--qchannel-scope=class").assert_outcomes(passed=3)
