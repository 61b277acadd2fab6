"""``--qchannel-world`` and the fixture ``qchannel_world``: which world a test is in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.world_kit import world_text

EXAMPLES = Path(__file__).parents[2] / "examples"

WORLD = world_text(
    "my_device", "ibm_lagos", top="seed = 21\n", account="me", channels=["ibm_cloud"],
    instance="mine", plan="Premium",
)  # fmt: skip

TEST = """
    def test_world(qchannel, capsys):
        with capsys.disabled():
            print()
            print("BACKENDS", *qchannel.emulator.backends)
            print("INSTANCES", *[one.name for one in qchannel.instances])
            print("SEED", qchannel.settings.seed)
"""
CLOUD = "--qchannel-channel=ibm_cloud"
MINE = ["BACKENDS my_device", "INSTANCES mine"]


@pytest.fixture
def world_file(pytester: pytest.Pytester) -> Path:
    path = pytester.path / "world.toml"
    path.write_text(WORLD, encoding="utf-8")
    return path


def test_the_option_names_the_world(run: Any, world_file: Path) -> None:
    result = run(TEST, CLOUD, "--qchannel-world=world.toml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["qchannel: *seed=21 (from the world file), world=world.toml (from --qchannel-world)*"]
    )
    result.stdout.fnmatch_lines([*MINE, "SEED 21"])


def test_the_variable_names_the_world(
    run: Any, world_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCHANNEL_WORLD", "world.toml")
    result = run(TEST, CLOUD)
    result.stdout.fnmatch_lines(["qchannel: *world=world.toml (from QCHANNEL_WORLD)*", *MINE])


def test_the_ini_keys_path_begins_at_rootdir(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, world_file: Path
) -> None:
    pytester.makeini("[pytest]\nqchannel_world = world.toml\n")
    pytester.mkdir("below")
    monkeypatch.chdir(pytester.path / "below")
    result = run(TEST, CLOUD, str(pytester.path))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"qchannel: *world={world_file} (from qchannel_world in tox.ini)"])
    result.stdout.fnmatch_lines(MINE)


def test_the_options_path_begins_where_pytest_was_called(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, world_file: Path
) -> None:
    pytester.makeini("[pytest]\n")
    pytester.mkdir("below")
    monkeypatch.chdir(pytester.path / "below")
    result = run(TEST, CLOUD, str(pytester.path), "--qchannel-world=../world.toml")
    result.assert_outcomes(passed=1)
    result = run(TEST, CLOUD, str(pytester.path), "--qchannel-world=world.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_test_that_changes_its_directory_stays_in_its_world(run: Any, world_file: Path) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def elsewhere(tmp_path, monkeypatch):
            monkeypatch.chdir(tmp_path)

        def test_a(qchannel):
            assert qchannel.emulator.backends == ("my_device",)
        """,
        CLOUD,
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1)


def test_another_seed_wins_over_the_world_files(run: Any, world_file: Path) -> None:
    result = run(TEST, CLOUD, "--qchannel-world=world.toml", "--qchannel-seed=0")
    result.stdout.fnmatch_lines(["qchannel: *seed=0 (from --qchannel-seed)*", "SEED 0"])
    marked = TEST.replace(
        "    def test", "    import pytest\n    @pytest.mark.qchannel(seed=5)\n    def test"
    )
    result = run(marked, CLOUD, "--qchannel-world=world.toml")
    result.stdout.fnmatch_lines(["SEED 5"])


def test_without_a_world_the_header_says_nothing_of_it(run: Any) -> None:
    result = run(TEST, CLOUD)
    result.assert_outcomes(passed=1)
    assert "world=" not in result.stdout.str()
    result.stdout.fnmatch_lines(["INSTANCES standard-instance standard-instance-eu lite-instance"])


def test_an_empty_option_is_the_default_world(run: Any, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nqchannel_world = missing.toml\n")
    result = run(TEST, CLOUD, "--qchannel-world=")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["INSTANCES standard-instance*"])


WRONG = [
    (
        'plan = "Premium"',
        'plan = "Premum"',
        [
            "ERROR: the instance 'mine': plan is wrong: \"Premum\" is no plan",
            "  where:    world.toml, line 13",
            "  closest:  Premium",
            "  next:     use one of Open, Premium, *",
        ],
    ),
    (
        "[[devices]]",
        "[[devices]",
        [
            "ERROR: the world file is no TOML: *",
            "  where:    world.toml, line 3",
            "  next:     mend *",
        ],
    ),
]


@pytest.mark.parametrize(("before", "after", "lines"), WRONG, ids=["invalid", "no TOML"])
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_wrong_file_is_a_usage_error_before_any_test(
    run: Any,
    run_apart: Any,
    world_file: Path,
    before: str,
    after: str,
    lines: list[str],
    more: tuple[str, ...],
) -> None:
    world_file.write_text(WORLD.replace(before, after), encoding="utf-8")
    start = run_apart if more else run
    result = start("def test_a(): print('ran')", "-s", "--qchannel-world=world.toml", *more)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(lines)
    result.stdout.no_fnmatch_line("ran")
    result.stderr.no_fnmatch_line("*Traceback*")


def test_a_missing_file_is_a_usage_error(run: Any) -> None:
    result = run("def test_a(): pass", "--qchannel-world=wrld.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the world file cannot be read: No such file or directory",
            "  where: * wrld.toml",
            "  named by: --qchannel-world",
            "  next: * name a file that there is, *",
        ]
    )


def test_xdist_workers_are_in_the_world(run_apart: Any, world_file: Path) -> None:
    result = run_apart(
        """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_a(qchannel, number):
            assert qchannel.emulator.backends == ("my_device",)
            assert qchannel.settings.seed == 21
        """,
        CLOUD,
        "--qchannel-world=world.toml",
        "-n",
        "2",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["qchannel: *world=world.toml*"])


def test_a_file_is_read_once(run: Any, world_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_qchannel.emulator.worlds.builder import WorldBuilder

    read = []
    from_file = WorldBuilder.from_file

    def counted(path: Path) -> WorldBuilder:
        read.append(path)
        return from_file(path)

    monkeypatch.setattr(WorldBuilder, "from_file", counted)
    result = run(
        "def test_a(qchannel): pass\ndef test_b(qchannel): pass\n",
        CLOUD,
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=2)
    assert [path.name for path in read] == ["world.toml"]


OWN = """
    import pytest
    from pytest_qchannel import WorldBuilder

    @pytest.fixture
    def qchannel_world(qchannel_world):
        return qchannel_world.device("another", source="ibm_oslo")

    def test_first(qchannel):
        assert qchannel.emulator.backends[-1] == "another"
        qchannel.emulator.set_queue_length("another", 5)

    def test_second(qchannel, qchannel_rest):
        rows = qchannel_rest.get("/backends").json()["devices"]
        assert [row.get("queue_length") for row in rows if row["name"] == "another"] in ([0], [])
        assert qchannel.emulator.backends[-1] == "another"
"""


def test_a_module_may_have_a_world_of_its_own(run: Any, world_file: Path) -> None:
    run(OWN, CLOUD).assert_outcomes(passed=2)
    run(OWN, CLOUD, "--qchannel-world=world.toml").assert_outcomes(passed=2)


def test_a_conftest_may_have_a_world_of_its_own(run: Any) -> None:
    conftest = """
        import pytest
        from pytest_qchannel import WorldBuilder

        @pytest.fixture(scope="session")
        def qchannel_world():
            return (
                WorldBuilder().seed(9)
                .device("ibm_lagos")
                .account("me", channels=["ibm_cloud"])
                .instance("mine", plan="Flex")
            )
    """
    result = run(TEST, CLOUD, conftest=conftest)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["BACKENDS ibm_lagos", "INSTANCES mine", "SEED 9"])


def test_what_is_no_builder_is_refused(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture
        def qchannel_world():
            return {"devices": []}

        def test_a(qchannel): pass
        """,
        CLOUD,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*UsageProblem: the fixture qchannel_world gave dict, not a WorldBuilder"]
    )


def test_a_channel_without_an_account_is_said(run: Any, world_file: Path) -> None:
    result = run(
        "def test_a(qchannel): pass\ndef test_b(qchannel_emulator): pass\n",
        "--qchannel-channel=ibm_quantum",
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*UsageProblem: the emulated world has no account for the channel ibm_quantum",
            "*where: *the emulated world, world.toml",
            '*next:  add "ibm_quantum" to the channels of an account there, *',
        ]
    )


def test_a_file_of_devices_alone_has_nobody_who_could_log_in(run: Any, world_file: Path) -> None:
    world_file.write_text('[[devices]]\nname = "ibm_lagos"\n', encoding="utf-8")
    result = run("def test_a(qchannel): pass", CLOUD, "--qchannel-world=world.toml")
    result.stdout.fnmatch_lines(['*describe an account there, with channels = ?"ibm_cloud"?, *'])


def test_what_the_world_has_not_is_not_left_to_the_persons_own(
    run: Any, world_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world_file.write_text(WORLD.partition("[[accounts.instances]]")[0], encoding="utf-8")
    names = ("QCHANNEL_IBM_QUANTUM_TOKEN", "QCHANNEL_IBM_QUANTUM_INSTANCE", "IQP_API_TOKEN",
             "QCHANNEL_IBM_CLOUD_TOKEN", "QCHANNEL_IBM_CLOUD_INSTANCE")  # fmt: skip
    for name in names:
        monkeypatch.setenv(name, "my-very-own")
    result = run(
        """
        import os

        def test_a(qchannel):
            assert "my-very-own" not in os.environ.values()
            assert os.environ["QCHANNEL_IBM_CLOUD_TOKEN"] == qchannel.account.secret.reveal()
        """,
        CLOUD,
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1)
    assert all(os.environ[name] == "my-very-own" for name in names)


def test_an_account_without_instances_can_log_in(run: Any, world_file: Path) -> None:
    world_file.write_text(WORLD.partition("[[accounts.instances]]")[0], encoding="utf-8")
    result = run(
        """
        def test_a(qchannel, qchannel_access_token):
            assert qchannel.instances == []
            assert qchannel_access_token
        """,
        CLOUD,
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1)


def test_everywhere_the_run_is_in_the_world(run_apart: Any, world_file: Path) -> None:
    result = run_apart(
        """
        import pytest
        from pytest_qchannel import WorldBuilder

        def test_a(qchannel):
            assert qchannel.emulator.backends == ("my_device",)
            assert qchannel.settings.seed == 21

        class TestB:
            @pytest.fixture
            def qchannel_world(self):
                return WorldBuilder.default()

            def test_b(self, qchannel): pass
        """,
        CLOUD,
        "--qchannel-mode=emulated",
        "--qchannel-everywhere",
        "--qchannel-world=world.toml",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*UsageProblem: *the whole run is in one world*"])


def test_everywhere_a_wrong_file_is_a_usage_error(run_apart: Any, world_file: Path) -> None:
    world_file.write_text(WORLD + "plam = 1\n", encoding="utf-8")
    result = run_apart(
        "def test_a(): pass",
        "--qchannel-mode=emulated",
        "--qchannel-everywhere",
        "--qchannel-world=world.toml",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*there is no key 'plam'", "*where:    world.toml, line 14"])


def test_the_example_works(pytester: pytest.Pytester) -> None:
    for name in ("world.toml", "test_own_world.py"):
        shutil.copy(EXAMPLES / name, pytester.path / name)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=4)


def test_the_example_file_works_as_an_option(run: Any) -> None:
    result = run(TEST, f"--qchannel-world={EXAMPLES / 'world.toml'}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["INSTANCES lab-open lab-premium", "SEED 11"])
