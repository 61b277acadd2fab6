"""A run that waits says so: on a terminal one line that is rewritten, also with workers."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.devices_kit import with_device
from tests.live.conftest import QUEUED
from tests.live.second_server import SecondServer
from tests.live.worlds import WORLD

COLUMNS = 80
EMPTIED = "\r\x1b[2K"


@pytest.fixture(scope="module")
def world() -> str:
    """One device whose jobs never start."""
    return WORLD.replace("queue_length = 3\n", 'queue_length = 3\nprogression = "stuck"\n')


def on_terminal(command: list[str], folder: Path, environ: dict[str, str]) -> str:
    """What a command writes to a terminal that is not very wide."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    said = b""
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdin=its, stdout=its, stderr=its
    ) as running:
        os.close(its)
        with suppress(OSError):  # its end is gone with the last process that has it
            while more := os.read(ours, 65536):
                said += more
    os.close(ours)
    assert running.returncode == pytest.ExitCode.TESTS_FAILED, said
    return said.decode()


def test_what_a_worker_waits_for_is_one_line_of_the_terminal(
    led: SecondServer, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(with_device(QUEUED))
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", "1"),
        *("-p", "tests.live.scaled_clock", "--qchannel-mode=live", "--qchannel-budget=60"),
        *("--qchannel-queue-timeout=60", "--qchannel-live-strict"),
    ]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}
    environ.pop("CI", None)
    said = on_terminal(command, tmp_path, environ)
    lines = re.findall(r"qchannel: waiting [^\r\x1b]*", said)
    assert len(lines) > 2
    where = r"place 4 at ibm_there, 45 of 60 QPU s left \(job \w+…"
    told = [one for one in lines if "not taken yet" not in one]  # as on a machine that is busy
    assert re.fullmatch(rf"qchannel: waiting [^,]+, {where}", told[0])
    assert all(len(line) < COLUMNS for line in lines)
    # Each but the first is over the one before; waiting to be taken is a wait of its own.
    firsts = len(lines) - said.count(f"{EMPTIED}qchannel: waiting")
    assert 1 <= firsts <= 1 + (len(told) < len(lines))
    *_, after = said.rpartition("qchannel: waiting")
    # Over it and up, to where the result belongs.
    assert re.match(r"[^\r]*\r\x1b\[2K\x1b\[1A\x1b\[1G(\x1b\[31m)?F", after)
    assert "FAILURES" in after, "nothing of it is in what was captured"
