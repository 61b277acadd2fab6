"""``qchannel run``: in-process for the words, by subprocess for what only a process has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pytest_qchannel.channels.client import default_channel, login_url
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.group import INTERRUPTED
from tests.e2e.run_kit import as_nobody, run_apart, runner, write

ROUTE = "https://quantum.cloud.ibm.com/api/v1/no-such-route"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_nobody(tmp_path, monkeypatch)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``qchannel run`` in this process, its exit handlers included."""
    return runner(monkeypatch)


def summary(requests: int | str, jobs: int) -> str:
    sent = f"{requests} request{'' if requests == 1 else 's'}"
    return f"qchannel: emulated lane, {sent}, {jobs} job{'' if jobs == 1 else 's'}\n"


# What the program sees --------------------------------------------------------------------------

TELL = (
    "import json, os, sys",
    "print(json.dumps({'argv': sys.argv, 'first': sys.path[0], 'name': __name__,",
    "    'file': __file__, 'main': sys.modules['__main__'].__dict__ is globals(),",
    "    'env': {k: v for k, v in os.environ.items() if k.startswith('QISKIT_IBM_')}}))",
)


def test_a_script_sees_what_python_shows_it(run: Any, tmp_path: Path) -> None:
    script = write("folder/tell.py", *TELL)
    expected = subprocess.run(
        [sys.executable, script, "a", "--seed", "x", "--", "-m", "b"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    result = run("--seed", "3", script, "a", "--seed", "x", "--", "-m", "b")
    assert result.exit_code == 0, result.output
    ours, pythons = json.loads(result.stdout), json.loads(expected.stdout)
    environ = ours.pop("env")
    del pythons["env"]
    assert ours == pythons
    assert ours["argv"] == [script, "a", "--seed", "x", "--", "-m", "b"]
    assert result.stderr == summary(0, 0)
    channel = default_channel()
    assert environ["QISKIT_IBM_CHANNEL"] == channel.name
    assert environ["QISKIT_IBM_URL"] == login_url(channel)
    assert "QISKIT_IBM_TOKEN" not in os.environ


@pytest.mark.parametrize("spelling", [("-m", "tool.tell"), ("-mtool.tell",)])
def test_a_module_sees_what_python_shows_it(
    run: Any, tmp_path: Path, spelling: tuple[str, ...]
) -> None:
    write("tool/__init__.py")
    write("tool/tell.py", *TELL)
    arguments = [*spelling, "a", "--seed", "x", "-m", "b"]
    expected = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    result = run("--seed=3", *arguments)
    assert result.exit_code == 0, result.output
    ours, pythons = json.loads(result.stdout), json.loads(expected.stdout)
    del ours["env"], pythons["env"]
    assert ours == pythons
    sys.modules.pop("tool", None)


def test_a_folder_with_a_main_file(run: Any) -> None:
    write("app/__main__.py", "import helper", "print(helper.WORD, __name__)")
    write("app/helper.py", "WORD = 'found'")
    result = run("app")
    assert (result.exit_code, result.stdout) == (0, "found __main__\n")
    sys.modules.pop("helper", None)


@pytest.mark.parametrize("channel", CHANNEL_BY_NAME)
def test_the_channel_of_the_environment(run: Any, channel: str) -> None:
    write("tell.py", *TELL)
    environ = json.loads(run("--channel", channel, "tell.py").stdout)["env"]
    assert environ["QISKIT_IBM_CHANNEL"] == channel
    assert environ["QISKIT_IBM_URL"] == login_url(CHANNEL_BY_NAME[channel])
    assert "emulated" in environ["QISKIT_IBM_TOKEN"]


CLIENT = (
    "from qiskit import QuantumCircuit",
    "from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager",
    "from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2",
    "service = QiskitRuntimeService()",
    "backend = service.least_busy()",
    "circuit = QuantumCircuit(2)",
    "circuit.h(0)",
    "circuit.cx(0, 1)",
    "circuit.measure_all()",
    "passes = generate_preset_pass_manager(optimization_level=1, backend=backend)",
    "job = SamplerV2(mode=backend).run([passes.run(circuit)], shots=100)",
    "print(backend.name, job.job_id(), job.result()[0].data.meas.get_counts())",
)


def test_a_program_of_the_client_with_seed_and_journal(run: Any) -> None:
    write("job.py", *CLIENT)
    first = run("--seed", "1", "--journal", "sent.jsonl", "job.py")
    assert first.exit_code == 0, first.output
    assert "'00': " in first.stdout
    assert first.stderr.splitlines()[-1].endswith(" requests, 1 job")
    sent = [json.loads(line) for line in Path("sent.jsonl").read_text("utf-8").splitlines()]
    assert [one["number"] for one in sent] == list(range(1, len(sent) + 1))
    assert first.stderr.endswith(summary(len(sent), 1))
    (submitted,) = [one for one in sent if one["method"] == "POST" and one["job_id"]]
    assert submitted["body"]["program_id"] == "sampler"
    assert submitted["job_id"] in first.stdout
    assert "emulated-api-key" not in Path("sent.jsonl").read_text("utf-8")
    assert run("--seed", "1", "job.py").stdout == first.stdout
    assert run("--seed", "2", "job.py").stdout != first.stdout


def test_the_world_of_a_file(run: Any) -> None:
    write(
        "world.toml",
        *("[[devices]]", "name = 'mine'", "source = 'ibm_sherbrooke'"),
        *("[[accounts]]", "name = 'lab'", "channels = ['ibm_cloud', 'ibm_quantum_platform']"),
        *("[[accounts.instances]]", "name = 'one'", "plan = 'Premium'", "region = 'us-east'"),
        "devices = ['mine']",
    )
    write(
        "list.py",
        "from qiskit_ibm_runtime import QiskitRuntimeService",
        "print([one.name for one in QiskitRuntimeService().backends()])",
    )
    result = run("--world", "world.toml", "list.py")
    assert (result.exit_code, result.stdout) == (0, "['mine']\n")


# How it ends ------------------------------------------------------------------------------------

ENDS = {
    "nothing": ("pass", 0, ""),
    "none": ("raise SystemExit", 0, ""),
    "number": ("raise SystemExit(7)", 7, ""),
    "true": ("raise SystemExit(True)", 1, ""),
    "text": ("raise SystemExit('enough')", 1, "enough\n"),
    "interrupt": ("raise KeyboardInterrupt", 130, "KeyboardInterrupt\n"),
    "error": ("def f(): raise ValueError('broken')\nf()", 1, "ValueError: broken\n"),
    "syntax": ("x = (", 1, "SyntaxError: '(' was never closed\n"),
    "chain": ("try: 1/0\nexcept Exception: raise ValueError('two')", 1, "ValueError: two\n"),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_as_the_program_ends(run: Any, end: str) -> None:
    code, status, last = ENDS[end]
    write("end.py", code)
    pythons = subprocess.run(
        [sys.executable, "end.py"], capture_output=True, text=True, check=False, timeout=60
    )
    result = run("end.py")
    assert result.exit_code == status
    assert result.stderr == pythons.stderr + summary(0, 0)
    assert pythons.stderr.endswith(last)
    if status != 130:  # python lets the signal end it, which shells show as 130
        assert pythons.returncode == status


def test_an_error_of_a_module_shows_its_own_frames_only(run: Any) -> None:
    write("broken.py", "def f(): raise ValueError('broken')", "f()")
    result = run("-m", "broken")
    assert result.exit_code == 1
    assert result.stderr.count("  File ") == 2
    assert "runpy" not in result.stderr
    assert "pytest_qchannel" not in result.stderr


def test_what_the_program_swallows_fails_it(run: Any) -> None:
    write("gap.py", "import requests", f"print(requests.get('{ROUTE}', timeout=9).status_code)")
    result = run("gap.py")
    assert (result.exit_code, result.stdout) == (1, "501\n")
    assert f"qchannel: the emulator has no route for GET {ROUTE}\n" in result.stderr
    assert result.stderr.endswith(summary(1, 0))
    write("gap.py", "import requests", f"requests.get('{ROUTE}', timeout=9)", "raise SystemExit(7)")
    assert run("gap.py").exit_code == 7


def test_other_hosts_are_blocked(run: Any) -> None:
    write(
        "web.py",
        *("import socket", "try: socket.getaddrinfo('example.org', 80)"),
        "except BaseException as error: print(type(error).__name__)",
    )
    result = run("web.py")
    assert (result.exit_code, result.stdout) == (1, "NetworkBlocked\n")
    assert "qchannel: a program in the emulated lane reached for example.org\n" in result.stderr
    assert "  where: web.py\n" in result.stderr
    assert "qchannel run --allowed-hosts=example.org" in result.stderr


def test_a_real_secret_is_refused(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "real-SECRET-value-of-a-person")
    write(
        "secret.py",
        *("import requests", "try:"),
        f"    requests.get('{ROUTE}', headers={{'X-Key': 'real-SECRET-value-of-a-person'}})",
        "except Exception as error: print(type(error).__name__)",
    )
    result = run("secret.py")
    assert (result.exit_code, result.stdout) == (1, "RealSecretRefused\n")
    assert "real-SECRET" not in result.output


# Usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is nothing to run: name a script, or a module with -m"),
        (("jobb.py",), "there is no file 'jobb.py'. Did you mean 'job.py'?"),
        (("sub/jobb.py",), "there is no file 'sub/jobb.py'."),
        (("-m", "jobb"), "there is no module named 'jobb'. Did you mean 'job'?"),
        (("empty",), "the directory 'empty' has no __main__.py"),
        (("--seed", "x", "job.py"), "Invalid value for '--seed'"),
        (("--channel", "ibm_clod", "job.py"), "'ibm_clod'"),
        (("--chanel", "ibm_cloud", "job.py"), "--channel"),
        (("--world", "none.toml", "job.py"), "the world file cannot be read"),
        (("--allowed-hosts", "cloud.ibm.com", "job.py"), "--allowed-hosts: 'cloud.ibm.com'"),
    ],
)
def test_bad_arguments_are_refused_kindly(run: Any, arguments: tuple[str, ...], said: str) -> None:
    write("job.py", "print('ran')")
    Path("empty").mkdir()
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "ran" not in result.stdout


def test_a_variable_that_means_nothing_is_refused(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("job.py", "print('ran')")
    monkeypatch.setenv("QCHANNEL_SEDE", "1")
    result = run("job.py")
    assert result.exit_code == 2
    assert "QCHANNEL_SEDE" in result.output
    assert "QCHANNEL_SEED" in result.output


# What only a process has ------------------------------------------------------------------------


def test_threads_and_exit_handlers_are_still_on_the_emulator() -> None:
    write(
        "late.py",
        *("import atexit, threading, time, requests", "from concurrent.futures import *"),
        "def ask(): print(requests.get('https://quantum.cloud.ibm.com/api/v1/jobs').status_code)",
        "def later(): time.sleep(0.3); ask()",
        "threading.Thread(target=later).start()",
        "pool = ThreadPoolExecutor(1)",
        "pool.submit(ask).result()",
        "atexit.register(ask)",
    )
    done = run_apart("late.py")
    assert (done.returncode, done.stdout) == (0, "401\n401\n401\n"), done.stderr
    assert done.stderr == summary(3, 0)


def test_a_problem_after_the_end_of_the_program_fails_it_still() -> None:
    write(
        "late.py",
        *("import atexit, requests", "print('first')"),
        f"atexit.register(lambda: print(requests.get('{ROUTE}').status_code))",
    )
    done = run_apart("late.py")
    assert (done.returncode, done.stdout) == (1, "first\n501\n")
    assert f"the emulator has no route for GET {ROUTE}" in done.stderr
    assert done.stderr.endswith(summary(1, 0))


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    write("home.py", "from pathlib import Path", "print(Path.home())")
    done = run_apart("home.py", TMPDIR=str(tmp_path))
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["home.py"]


def test_a_forked_child_ends_without_a_word() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    write(
        "fork.py",
        *("import os, sys, requests", "from pathlib import Path"),
        "def ask(): return requests.get('https://quantum.cloud.ibm.com/api/v1/jobs').status_code",
        *("child = os.fork()", "if child == 0: sys.exit(ask() == 401)"),
        "print(os.waitpid(child, 0)[1] >> 8, Path.home().exists())",
    )
    done = run_apart("fork.py")
    assert (done.returncode, done.stdout) == (0, "1 True\n"), done.stderr
    assert done.stderr == summary(0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_it_as_shells_expect() -> None:
    write("long.py", "import time", "print('on', flush=True)", "time.sleep(60)")
    started = subprocess.Popen(
        [sys.executable, "-m", "pytest_qchannel", "run", "long.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "on\n"
    time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    _, stderr = started.communicate(timeout=90)
    assert started.returncode == INTERRUPTED == 130
    assert stderr.endswith("KeyboardInterrupt\n" + summary(0, 0))
    assert stderr.count("  File ") == 1
