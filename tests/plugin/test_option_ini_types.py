"""Settings in an ini file, in the types that people write there, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

INI_OPTIONS = ("pyproject.toml", "[tool.pytest.ini_options]")
TABLES = [INI_OPTIONS]
if pytest.version_tuple >= (9,):
    TABLES += [("pyproject.toml", "[tool.pytest]"), ("pytest.toml", "[pytest]")]
NOTHING = "def test_a(): pass"
TYPED = """
qchannel_channel = ["ibm_cloud", "ibm_quantum"]
qchannel_seed = 7
qchannel_max_age = 0.5
qchannel_strict_cassettes = true
qchannel_only_stale = false
qchannel_everywhere = false
qchannel_allowed_hosts = ["a.example.org", "b.example.org"]
qchannel_keep = []
qchannel_mode = "emulated"
"""
LINES = """
qchannel_channel =
    ibm_cloud
    ibm_quantum,
qchannel_seed = 7
qchannel_max_age = 0.5
qchannel_strict_cassettes = true
qchannel_only_stale = false
qchannel_everywhere = no
qchannel_allowed_hosts =
    a.example.org
    b.example.org
qchannel_keep =
qchannel_mode = emulated
"""


def write(pytester: pytest.Pytester, table: tuple[str, str], text: str) -> None:
    name, header = table
    (pytester.path / name).write_text(f"{header}\n{text}", encoding="utf-8")


@pytest.mark.parametrize("table", [*TABLES, ("setup.cfg", "[tool:pytest]")], ids=" ".join)
def test_lists_booleans_and_numbers(
    run: Any, pytester: pytest.Pytester, table: tuple[str, str]
) -> None:
    """A list was an INTERNALERROR, and in pytest 9's own table a number was a type error."""
    write(pytester, table, LINES if table[0] == "setup.cfg" else TYPED)
    result = run(NOTHING)
    result.assert_outcomes(passed=1)
    file = table[0]
    result.stdout.fnmatch_lines(
        [
            f"qchannel: *, mode=emulated (from qchannel_mode in {file}), "
            f"channel=ibm_cloud,ibm_quantum (from qchannel_channel in {file}), "
            f"seed=7 (from qchannel_seed in {file}), "
            f"allowed_hosts=a.example.org,b.example.org (from qchannel_allowed_hosts in {file}), *"
            f"max_age=0.5 (from *, strict_cassettes=True (from qchannel_strict_cassettes in {file})"
        ]
    )


BAD = [
    ('qchannel_mode = ["replay"]', ["mode in {}: *'replay'] is a list", "one value, as 'replay'"]),
    ("qchannel_mode = true", ["mode in {}: 'true' is no mode", "set it to one of auto, *"]),
    ('qchannel_mode = "repaly"', ["mode in {}: 'repaly' is no mode", "set it to one of auto, *"]),
    ("qchannel_seed = 1.5", ["seed in {}: '1.5' is no seed", "a whole number*"]),
    ("qchannel_everywhere = 2", ["everywhere in {}: '2' is neither yes nor no", "1 or 0"]),
    ('qchannel_channel = ["ibm_clod"]', ["channel in {}: 'ibm_clod' is no channel", "one of *"]),
    ("qchannel_max_age = 2026-01-01", ["max_age in {}: '2026-01-01' is no number of *", "days*"]),
]  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=" ".join)
def test_a_bad_value_names_the_file(
    run: Any, pytester: pytest.Pytester, table: tuple[str, str]
) -> None:
    for text, (headline, mend) in BAD:
        write(pytester, table, text)
        result = run(NOTHING)
        assert result.ret == pytest.ExitCode.USAGE_ERROR, text
        result.stderr.fnmatch_lines(
            [
                f"ERROR: qchannel_{headline.format(table[0])}",
                f"  where: *{pytester.path.name}*{table[0]}",
                f"  next: *{mend}",
            ]
        )
        assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize("key", ["qchannel-mode", "QCHANNEL_MODE", "qchanel_mode", "qchannel"])
def test_a_key_that_is_nearly_one_of_ours_is_caught(
    run: Any, pytester: pytest.Pytester, key: str
) -> None:
    """With a dash, as on the command line, the setting was silently ignored."""
    for table, value in ((INI_OPTIONS, '"replay"'), (("setup.cfg", "[tool:pytest]"), "replay")):
        write(pytester, table, f"{key} = {value}\nqchannel_seed = 1")
        result = run(NOTHING)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        # Nothing is close to the beginning of all of them.
        listed = key == "qchannel"
        told = "next:  use one of qchannel_mode, *" if listed else "closest: qchannel_mode"
        result.stderr.fnmatch_lines([f"ERROR: unknown ini key {key}", "*", f"  {told}"])
        (pytester.path / table[0]).unlink()


def test_with_a_dash_it_is_caught_alone(run: Any, pytester: pytest.Pytester) -> None:
    write(pytester, ("tox.ini", "[pytest]"), "qchannel-mode = replay")
    assert run(NOTHING).ret == pytest.ExitCode.USAGE_ERROR


def test_the_command_line_is_named_where_it_overrides_the_file(
    run: Any, pytester: pytest.Pytester
) -> None:
    write(pytester, INI_OPTIONS, "qchannel_seed = 1")
    run(NOTHING, "-o", "qchannel_seed=2").stdout.fnmatch_lines(
        ["qchannel: *seed=2 (from -o qchannel_seed)*"]
    )
    result = run(NOTHING, "-o", "qchannel_seed=x")
    result.stderr.fnmatch_lines(["ERROR: -o qchannel_seed: 'x' is no seed"])


@pytest.mark.parametrize("table", TABLES, ids=" ".join)
def test_everywhere_from_a_boolean(
    run: Any, pytester: pytest.Pytester, table: tuple[str, str]
) -> None:
    write(pytester, table, "qchannel_everywhere = true")
    result = run(NOTHING)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"qchannel: everywhere (from qchannel_everywhere in {table[0]}*"])
