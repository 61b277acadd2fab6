"""Mistyped options, ini keys and variables: usage errors that name the nearest valid one."""

from __future__ import annotations

import re
from typing import Any

import pytest

TEST = "def test_a(): pass"


@pytest.mark.parametrize("args", [("--qchannel-moed=auto",), ("--qchannel-moed", "auto")])
def test_mistyped_option_names_the_nearest(run: Any, args: tuple[str, ...]) -> None:
    result = run(TEST, *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*unknown option --qchannel-moed",
            "  closest: --qchannel-mode",
            "  next:    use one of --qchannel-mode, --qchannel-channel, *",
        ]
    )


def test_mistyped_option_in_addopts_is_named_too(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --qchannel-sead=1")
    result = run(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown option --qchannel-sead", "  closest: --qchannel-seed"])


@pytest.mark.parametrize("key", ["qchannel_moed", "qchanel_mode", "q_channel_mode"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\n{} = auto\n"),
        ("tox.ini", "[testenv]\nx = 1\n[pytest]\n{}=auto\n"),
        ("setup.cfg", "[tool:pytest]\n{} = auto\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\n{} = "auto"\n'),
    ],
)
def test_mistyped_ini_key_names_the_nearest(
    run: Any, pytester: pytest.Pytester, file: str, text: str, key: str
) -> None:
    """With a mistyped ``qchannel`` the user saw a traceback, or, where no test uses us, nothing."""
    (pytester.path / file).write_text(text.format(key), encoding="utf-8")
    result = run(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: unknown ini key {key}",
            f"  where:   *{file}",
            "  closest: qchannel_mode",
            "  next:    use one of qchannel_mode, qchannel_channel, *",
        ]
    )


def test_mistyped_ini_key_on_the_command_line_is_refused(run: Any) -> None:
    result = run(TEST, "-o", "qchannel_sede=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: unknown ini key qchannel_sede", "  where:   the command line"]
    )


def test_keys_of_other_tools_in_the_same_file_are_theirs(
    run: Any, pytester: pytest.Pytester
) -> None:
    (pytester.path / "pyproject.toml").write_text(
        '[tool.other]\nqchannel_dir = "x"\n\n[tool.pytest.ini_options]\n'
        '# qchannel_moed = "auto"\nqchannel_seed = "4"\n\n[tool.third]\nqchanel_x = 1\n',
        encoding="utf-8",
    )
    result = run(TEST)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: *seed=4 (from qchannel_seed in pyproject.toml)*"])


def test_mistyped_variable_names_the_nearest(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCHANNEL_MOED", "emulated")
    result = run(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the environment variable QCHANNEL_MOED means nothing to qchannel",
            "  closest: QCHANNEL_MODE",
            "  next:    unset QCHANNEL_MOED, or use one of *QCHANNEL_MODE*",
        ]
    )


def test_mistyped_credential_variable_is_named_without_its_value(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCHANNEL_IBM_CLOUD_TOKE", "not-for-your-eyes")
    result = run(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*QCHANNEL_IBM_CLOUD_TOKE*", "*closest: QCHANNEL_IBM_CLOUD_TOKEN"])
    assert "not-for-your-eyes" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize("name", ["QCHANNEL_IBM_CLOUD_TOKEN", "QCHANNEL_IBM_QUANTUM_INSTANCE"])
def test_credential_variables_are_known(
    run: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "something")
    run(TEST).assert_outcomes(passed=1)


@pytest.mark.parametrize("option", ["--qchanel-mode=emulated", "--qchannels-mode"])
def test_a_mistyped_prefix_names_the_nearest_too(run: Any, option: str) -> None:
    """The user saw ``unrecognized arguments`` and no word about what is nearest."""
    result = run(TEST, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    flag = option.partition("=")[0]
    result.stderr.fnmatch_lines([f"ERROR: unknown option {flag}", "  closest: --qchannel-*"])


def test_options_of_other_plugins_are_theirs(run: Any) -> None:
    conftest = "def pytest_addoption(parser): parser.addoption('--quick-mode', action='store_true')"
    run(TEST, "--quick-mode", conftest=conftest).assert_outcomes(passed=1)


def test_a_mistyped_prefix_of_a_variable_names_the_nearest(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user saw the default mode: ``QCHANEL_MODE`` was read by nobody."""
    monkeypatch.setenv("QCHANEL_EVERYWHERE", "1")
    monkeypatch.setenv("QCOW_DIRECTORY", "somebody else's")
    result = run(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *QCHANEL_EVERYWHERE*", "  closest: QCHANNEL_EVERYWHERE"])


@pytest.mark.parametrize("name", ["qchannel_falt", "qchannels", "qchannel_mode"])
def test_a_mistyped_marker_names_the_nearest(run: Any, name: str) -> None:
    """The user saw a warning among others, and a fault that was never declared.

    Then they saw the error, and beside it a warning for each place with the marker.
    """
    source = f"import pytest\n@pytest.mark.{name}('GET /jobs', status=503)\n{TEST}"
    others = "\n@pytest.mark.not_of_ours\ndef test_b(): pass"
    result = run(source + others, "-W", "always::pytest.PytestUnknownMarkWarning")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*Unknown pytest.mark.not_of_ours*", "*1 warning in*"])
    result.stderr.fnmatch_lines(
        [
            f"ERROR: there is no marker {name}",
            "  where:   test_it.py::test_*",
            "  closest: qchannel*",
            "  next:    use one of qchannel, live_qpu, qchannel_fault; a marker of your own *",
        ]
    )


def test_where_pytest_refuses_a_mistyped_marker_first_the_nearest_is_named_too(run: Any) -> None:
    result = run(f"import pytest\n@pytest.mark.qchanel\n{TEST}", "--strict-markers")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["'qchanel' not found in `markers` *", "  closest: qchannel"])


FIXTURES = """
import pytest

@pytest.fixture
def qchannel_mine(): pass

def test_plain(qchannel_servce): pass
def test_in_a_lane(qchannel, qchannel_emulato): pass
def test_in_the_body(request): request.getfixturevalue("ibm_clod_service")
def test_none_is_near(something): pass
def test_their_own_is_nearer(qchannel_mind): pass
"""


def test_a_mistyped_fixture_names_the_nearest(run: Any) -> None:
    """The user saw a list that began with fixtures which are for nobody, and searched it."""
    result = run(FIXTURES)
    result.assert_outcomes(errors=4, failed=1)
    found = re.findall(
        r"fixture '(\w+)' not found\n(?:> +closest: (\w+)\n)?> +available fixtures: (.*)",
        result.stdout.str(),
    )
    assert {asked: closest for asked, closest, _ in found} == {
        "qchannel_servce": "qchannel_service",
        "qchannel_emulato": "qchannel_emulator",
        "ibm_clod_service": "ibm_cloud_service",
        "something": "",
        "qchannel_mind": "qchannel_mine",
    }
    for _, _, listed in found:
        assert {"qchannel_mine", "qchannel_service", "tmp_path"} <= set(listed.split(", "))
        assert "_qchannel" not in listed


def test_a_marker_that_somebody_registers_is_theirs(run: Any) -> None:
    conftest = """
    def pytest_configure(config):
        config.addinivalue_line("markers", "qchannel_slow(s): ours")
    """
    source = f"import pytest\n@pytest.mark.qchannel_slow(3)\n{TEST}"
    run(source, conftest=conftest).assert_outcomes(passed=1)


NEAR = ["qchanel", "qchannels", "Qchannel", "q_channel", "qchannel_fualt", "liveqpu", "live_qpus"]


@pytest.mark.parametrize("name", NEAR)
def test_a_marker_that_is_like_one_of_ours_is_mistyped(run: Any, name: str) -> None:
    """What the user saw: ``qchanel`` did nothing, and the test ran without a lane."""
    result = run(f"import pytest\n@pytest.mark.{name}\n{TEST}", "-W", "ignore")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: there is no marker {name}",
            "  where:   test_it.py::test_a",
            "  closest: *q*",
            "  next:    use one of qchannel, live_qpu, qchannel_fault; a marker of your own *",
        ]
    )


OTHERS = ["channel", "quick", "quantum", "qt", "live_gpu", "live", "qpu", "slow"]


def test_markers_of_others_are_no_typos(run: Any, pytester: pytest.Pytester) -> None:
    """Neither those that are not alike, nor any that the project or a plugin has registered."""
    pytester.makeini("[pytest]\nmarkers =\n    qchannels: ours\n    q_channel(x): ours, too\n")
    conftest = "def pytest_configure(config): config.addinivalue_line('markers', 'liveqpu: its')"
    names = [*OTHERS, "qchannels", "q_channel", "liveqpu"]
    marks = "\n".join(f"@pytest.mark.{name}" for name in names)
    result = run(f"import pytest\n{marks}\n{TEST}", "-W", "ignore", conftest=conftest)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("qchannel: *test*")


@pytest.mark.parametrize("place", ["--qchannel-ibm-cloud-token=abcdefgh-1234", "ini"])
def test_a_credential_has_its_place_in_a_variable(
    run: Any, pytester: pytest.Pytester, place: str
) -> None:
    """The key of an account stood in a file that is checked in, and in the list of processes."""
    if place == "ini":
        pytester.makeini("[pytest]\nqchannel_ibm_cloud_token = abcdefgh-1234\n")
    result = run("def test_a(): pass", *(() if place == "ini" else (place,)))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: *token: a credential stands in an environment variable, and nowhere else",
            "  next: *set the variable QCHANNEL_IBM_CLOUD_TOKEN, or name a dotenv file: *",
        ]
    )
    assert "abcdefgh" not in result.stderr.str()


def test_a_mistyped_vcr_does_not_leave_a_test_emulated(run: Any) -> None:
    """What the user saw: it passed, emulated, and pytest warned of a marker."""
    source = "import pytest\n@pytest.mark.{}\ndef test_a({}): pass"
    result = run(source.format("vrc", "qchannel"), "-Wignore")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: there is no marker vrc", "*closest: vcr"])
    run(source.format("vrc", ""), "-Wignore").assert_outcomes(passed=1)
    own = ("-o", "markers=vrc: one of the project's")
    run(source.format("vrc", "qchannel"), *own).assert_outcomes(passed=1)
