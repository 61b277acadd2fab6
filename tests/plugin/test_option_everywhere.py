"""``--qchannel-everywhere``: who may ask for it, what the header says, what contradicts it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.channels.client import default_channel
from tests.world_kit import world_text

FLAGS = ("--qchannel-mode=emulated", "--qchannel-everywhere")
PLAIN = "import os\ndef test_a(): assert 'QISKIT_IBM_URL' in os.environ"

MARKED = """
    import pytest

    @pytest.mark.qchannel(mode="{mode}")
    def test_a(qchannel):
        assert qchannel.lane == "emulated"
"""


@pytest.mark.parametrize("origin", ["--qchannel-everywhere", "QCHANNEL_EVERYWHERE", "ini"])
def test_who_asked_is_in_the_header(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    arguments, said = ["--qchannel-seed=3"], origin
    if origin == "ini":
        pytester.makeini("[pytest]\nqchannel_everywhere = true")
        said = "qchannel_everywhere in tox.ini"
    elif origin.startswith("--"):
        arguments.append(origin)
    else:
        monkeypatch.setenv(origin, "1")
    result = run(PLAIN, *arguments)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "qchannel: *, mode=auto (default), *seed=3 (from --qchannel-seed)",
            f"qchannel: everywhere (from {said}): this whole process is on the emulator, "
            f"its environment has an emulated account of {default_channel()}",
        ]
    )


def test_no_is_an_answer(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCHANNEL_EVERYWHERE", "0")
    run(PLAIN).assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (("--qchannel-mode=live",), {}, "a whole process cannot be live, only tests"),
        (
            ("--qchannel-mode=record", "--qchannel-record-from=live"),
            {},
            "a whole process cannot be live, only tests",
        ),
        ((), {"QCHANNEL_EVERYWHERE": "ture"}, "QCHANNEL_EVERYWHERE: 'ture' is neither yes nor no"),
        (("--qchannel-everywere",), {}, "unknown option --qchannel-everywere"),
        (("--qchannel-world=no.toml",), {}, "the world file cannot be read: *"),
    ],
)
def test_what_contradicts_is_a_usage_error(
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environ: dict[str, str],
    said: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    flags = () if environ else ("--qchannel-everywhere",)
    result = run(PLAIN, *flags, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])


def test_a_marker_cannot_have_another_seed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCHANNEL_SEED", "3")
    source = """
        import pytest

        @pytest.mark.qchannel(seed={seed})
        def test_a(qchannel):
            assert qchannel.settings.seed == 3
    """
    run(source.format(seed=3), *FLAGS).assert_outcomes(passed=1)
    result = run(source.format(seed=4), *FLAGS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: marker qchannel: seed=4, but the whole run is in one world with seed=3",
            "*where: test_it.py::test_a*",
            "*next: *pytest *--qchannel-seed=4, or run without --qchannel-everywhere",
        ]
    )


@pytest.mark.parametrize("mode", ["auto", "emulated"])
def test_a_marker_may_say_that_it_is_the_lane_of_the_run(run: Any, mode: str) -> None:
    run(MARKED.format(mode=mode), FLAGS[1]).assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["replay", "record"])
def test_a_marker_cannot_have_another_lane(run: Any, mode: str) -> None:
    """It ran on the emulator, without a word."""
    result = run(MARKED.format(mode=mode), FLAGS[1], "--qchannel-record-from=emulator")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: marker qchannel: mode={mode}, but the whole run is in one lane, emulated",
            "*where: test_it.py::test_a*",
            f"*next: *take mode='{mode}' from the marker, or run without --qchannel-everywhere",
        ]
    )


def test_a_fixture_cannot_have_another_world(run: Any) -> None:
    result = run(
        """
        import pytest
        from pytest_qchannel.emulator.worlds.builder import WorldBuilder

        @pytest.fixture
        def qchannel_world():
            return WorldBuilder.default().device("ibm_extra", source="ibm_sherbrooke")

        def test_a(qchannel):
            pass
        """,
        *FLAGS,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageProblem: *the whole run is in one world*"])


def test_the_world_of_a_file(run: Any, pytester: pytest.Pytester) -> None:
    text = world_text("mine", "ibm_sherbrooke", top="seed = 5\n", instance="one", plan="Premium")
    pytester.makefile(".toml", world=text)
    result = run(
        """
        from qiskit_ibm_runtime import QiskitRuntimeService

        NAMES = [one.name for one in QiskitRuntimeService().backends()]

        def test_a(qchannel_service, qchannel):
            assert NAMES == ["mine"] == [one.name for one in qchannel_service.backends()]
            assert qchannel.settings.seed == 5
        """,
        *FLAGS,
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1)
