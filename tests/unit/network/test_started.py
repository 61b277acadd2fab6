"""What starts child processes is watched in a lane, and is as it was after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pytest_qchannel.network.started import take_unled, watching

STARTERS = [(subprocess.Popen, "__init__"), (os, "system")]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "emulated")
    for owner, name in STARTERS:  # what a test leaves there goes with it, whichever comes next
        monkeypatch.setattr(owner, name, getattr(owner, name))
    take_unled()
    yield
    take_unled()


def attributes() -> list[object]:
    return [getattr(owner, name) for owner, name in STARTERS]


def test_each_way_is_told_of() -> None:
    python = [sys.executable, "-S", "-c", ""]
    with watching():
        subprocess.run(python, check=True)
        subprocess.call("exit 0", shell=True)
        os.system("exit 0")
        with pytest.raises(FileNotFoundError):
            subprocess.Popen(args="no-such-program")
        subprocess.run(python, check=True, env={})  # it has nothing to lose
    name = Path(sys.executable).name
    assert take_unled() == [name, "sh", "sh", "no-such-program"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has it")
def test_what_is_started_below_subprocess_is_told_of() -> None:
    with watching():
        child = os.posix_spawn("/bin/sh", ["sh", "-c", ""], os.environ)
        os.waitpid(child, 0)
    assert take_unled() == ["sh"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a script is a program")
def test_a_script_of_python_is_led_also_by_its_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of the summary said that it was not emulated, which it was."""
    for name, runs in (("of_python", sys.executable), ("of_shell", "/bin/sh")):
        script = tmp_path / name
        script.write_text(f"#!{runs}\n", encoding="utf-8")
        script.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "qchannel-door-of-a-lane"))
    with watching():
        subprocess.run(["of_python"], check=True)
        subprocess.run([tmp_path / "of_python"], check=True)
        subprocess.run(["of_shell"], check=True)
    assert take_unled() == ["of_shell"]


@pytest.mark.parametrize("words", [5, None, [5], []], ids=repr)
def test_what_is_no_command_is_refused_as_without_us(words: list[str]) -> None:
    def refusal(start: Callable[..., object]) -> tuple[type[BaseException], str]:
        with pytest.raises((TypeError, ValueError, IndexError)) as refused:
            start(words)
        return refused.type, str(refused.value)

    plain = refusal(subprocess.Popen)
    with watching():
        assert refusal(subprocess.Popen) == plain
    assert not take_unled()


def test_nothing_stays_whichever_lane_ends_first() -> None:
    """Python called an audit hook of ours at each ``id()`` of the process, after its lanes too."""
    before = attributes()
    first, second = ExitStack(), ExitStack()
    first.enter_context(watching())
    second.enter_context(watching())
    os.system("exit 0")
    first.close()
    os.system("exit 0")
    second.close()
    assert take_unled() == ["sh", "sh"]
    assert attributes() == before


def test_what_a_test_puts_around_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with watching():
        around = os.system
        monkeypatch.setattr(os, "system", lambda command: around(command))
    os.system("exit 0")
    with watching():
        os.system("exit 0")
    assert take_unled() == ["sh"]
