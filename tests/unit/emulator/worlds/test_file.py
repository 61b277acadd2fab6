"""World files: what can be read, what cannot, and what is never shown of one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.errors import UsageProblem
from tests.unit.emulator.worlds.worlds_kit import GOOD, line_of, load, problem_in


def test_a_good_file_is_a_world(tmp_path: Path) -> None:
    world = load(GOOD, tmp_path).build(Clock(lambda: 1_000.0))
    assert world.seed == 3
    assert [device.queue_length for device in world.devices.values()] == [2, 0]
    me, old = world.accounts
    assert (me.channels, old.platform) == (("ibm_quantum_platform",), "classic")
    assert [one.devices for one in me.instances.values()] == [("ibm_torino", "ibm_lagos")]
    assert list(old.instances) == ["ibm-q/open/main"]
    assert old.instances["ibm-q/open/main"].devices == ("ibm_torino", "ibm_lagos")
    (job,) = world.jobs.values()
    assert (job.created_at, job.state.value, job.outcome) == (990.0, "Completed", None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed = ", 1),
        ("seed = 1\nseed = 2\n", 2),
        ("seed = 1\n\n[[devices]\n", 3),
        ('seed = 1\ntext = """\nnever closed\n', 3),
        ("[[accounts]]\n[accounts]\n", 2),
    ],
)
def test_what_is_no_toml_is_named_with_its_line(text: str, line: int, tmp_path: Path) -> None:
    problem = problem_in(text, tmp_path)
    assert problem.headline.startswith("the world file is no TOML: ")
    assert "(at" not in problem.headline
    assert line_of(problem) == line


def test_what_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_bytes(b"seed = 1\n# caf\xe9\n")
    with pytest.raises(UsageProblem, match="not UTF-8") as caught:
        WorldBuilder.from_file(path)
    assert line_of(caught.value) == 2


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(GOOD, encoding="utf-8-sig", newline="\r\n")
    assert WorldBuilder.from_file(path).world_seed == 3


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="the world file cannot be read: ") as caught:
        WorldBuilder.from_file(tmp_path / name)
    assert str(caught.value.where).endswith(str(tmp_path / name))


def no_file(kind: str, path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    else:
        with path.open("wb") as file:
            file.truncate(17 * 1024**2)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "too large"])
def test_what_never_ends_is_no_world_file(kind: str, tmp_path: Path) -> None:
    """A pipe stopped pytest before it said a word."""
    path = tmp_path / "world.toml"
    no_file(kind, path)
    with pytest.raises(UsageProblem, match="the world file cannot be read: ") as caught:
        WorldBuilder.from_file(path)
    assert str(caught.value.where).endswith(str(path))


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 100_000, "a=" + "9" * 5_000, "a." * 100_000 + "b=1", "\0"], ids=len
)
def test_what_pythons_reader_gives_up_on_is_no_toml(text: str, tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem, match="the world file is no TOML: "):
        WorldBuilder.from_file(path)


# Not real: drawn by hand. Their forms are those of IBM's.
REAL_FORMS = ["Zk3_" + "aB1-" * 10, "0f" * 64]


@pytest.mark.parametrize("key", REAL_FORMS, ids=["IBM Cloud", "classic"])
@pytest.mark.parametrize("place", ["credential", "user_id", "email"])
def test_what_looks_like_a_real_key_is_refused_and_not_shown(
    key: str, place: str, tmp_path: Path
) -> None:
    problem = problem_in(GOOD.replace('name = "me"', f'name = "me"\n{place} = "{key}"'), tmp_path)
    assert problem.headline == (
        f"the account 'me': {place} looks like a real credential of IBM's; a world holds none"
    )
    assert line_of(problem) == 12
    assert key not in str(problem)


def test_a_credential_that_two_accounts_have_is_not_shown(tmp_path: Path) -> None:
    text = GOOD.replace('name = "me"', 'name = "me"\ncredential = "my-emulated-1"')
    text = text.replace('name = "old"', 'name = "old"\ncredential = "my-emulated-1"')
    problem = problem_in(text, tmp_path)
    assert problem.headline == "there is an account with that credential already"
    assert "my-emulated-1" not in str(problem)
    assert line_of(problem) == 25


def test_a_credential_of_the_wrong_kind_is_not_shown(tmp_path: Path) -> None:
    problem = problem_in(
        GOOD.replace('name = "me"', 'name = "me"\ncredential = ["s3cret"]'), tmp_path
    )
    assert "s3cret" not in str(problem)


def test_credentials_of_ones_own_are_kept(tmp_path: Path) -> None:
    emulated = "qchannel-emulated-" + "x" * 26
    assert len(emulated) == 44
    text = GOOD.replace('name = "me"', f'name = "me"\ncredential = "{emulated}"')
    assert load(text, tmp_path).build(Clock(lambda: 0.0)).accounts[0].credential == emulated


def test_every_status_can_be_written(tmp_path: Path) -> None:
    for status in DeviceStatus:
        text = GOOD.replace("queue_length = 2", f'status = "{status.value}"')
        world = load(text, tmp_path).build(Clock(lambda: 0.0))
        assert world.devices["ibm_torino"].status is status
