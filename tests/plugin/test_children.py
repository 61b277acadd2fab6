"""Child processes: led to the loopback door, else told of at the end of the run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STARTS = """
    import os, platform, subprocess, sys

    CODE = '''
    import os, sys, requests
    answer = requests.get("https://quantum.cloud.ibm.com/api/v1/backends", timeout=9)
    print(answer.status_code, "sitecustomize" in sys.modules, os.environ.get("OWN"))
    '''

    def start(*words, **more):
        return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout
"""


def test_children_that_nobody_answers_are_told_of(run: Any) -> None:
    """A notebook's kernel reached for IBM's real hosts, and nothing in the run said so."""
    result = run(
        STARTS
        + """
    def test_a(qchannel):
        start(sys.executable, "-c", "1")
        start(sys.executable, "-m", "this")
        os.system("exit 0")

    def test_b(qchannel_emulator):
        start(sys.executable, "-c", "1")
        start(sys.executable, "-c", "1", env={})    # it has nothing to lose
        platform.processor()

    def test_that_does_not_use_us():
        start(sys.executable, "-c", "1")
        """
    )
    result.assert_outcomes(passed=3)
    python = Path(sys.executable).name
    result.stdout.fnmatch_lines(
        [
            "qchannel: 1 emulated, 1 emulated on *",
            f"qchannel: 4 child processes were not emulated: {python} (2), {python} -m this, sh; "
            "with --qchannel-door=loopback those of Python are, where nothing is recorded or "
            "replayed (qchannel docs outside)",
        ]
    )


def test_they_are_led_to_the_loopback_door(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['OWN'] = 'kept'")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    result = run(
        STARTS
        + """
    SPAWNED = '''
    import multiprocessing, requests
    def ask(url):
        return requests.get(url, timeout=9).status_code
    if __name__ == "__main__":
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(ask, ["https://quantum.cloud.ibm.com/api/v1/backends"]))
    '''

    def test_a(qchannel, tmp_path):
        import textwrap
        assert start(sys.executable, "-c", textwrap.dedent(CODE)).split() == ["401", "True", "kept"]
        (tmp_path / "spawned.py").write_text(textwrap.dedent(SPAWNED))
        assert start(sys.executable, str(tmp_path / "spawned.py")).strip() == "[401]"
        assert len(qchannel.requests.to("/backends", status=401)) == 2
        start(sys.executable, "-E", "-c", "1")

    SWALLOWS = '''
    import urllib.request
    try:
        urllib.request.urlopen("http://elsewhere.example")
    except Exception:
        pass
    '''

    def test_b(qchannel_emulator):
        import textwrap
        start(sys.executable, "-c", textwrap.dedent(SWALLOWS))
        """,
        "--qchannel-door=loopback",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*NetworkBlocked: a child process in the emulated lane reached for elsewhere.example",
            "E *where: test_it.py::test_b, in process *",
            f"qchannel: 1 child process was not emulated: {Path(sys.executable).name}; *",
        ]
    )


def test_a_child_of_a_worker_is_led_to_that_worker(run_apart: Any) -> None:
    """The worker is led by the controller: the two files ran each other until python gave up."""
    result = run_apart(
        STARTS
        + """
    def test_a(qchannel):
        import textwrap
        assert start(sys.executable, "-c", textwrap.dedent(CODE)).split()[0] == "401"
        assert len(qchannel.requests.to("/backends", status=401)) == 1
        """,
        *("--qchannel-mode=emulated", "--qchannel-everywhere", "--qchannel-door=loopback"),
        *("-n", "1"),
    )
    result.assert_outcomes(passed=1)


def test_a_child_is_led_where_its_own_sitecustomize_fails(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("1 / 0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    result = run(
        STARTS
        + """
    def test_a(qchannel):
        import textwrap
        assert start(sys.executable, "-c", textwrap.dedent(CODE)).split()[0] == "401"
        """,
        "--qchannel-door=loopback",
    )
    result.assert_outcomes(passed=1)
