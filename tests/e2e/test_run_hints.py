"""``qchannel run`` says of a program's error what a test is told, with steps for a program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.run_kit import as_nobody, runner, write

LOGIN = "from qiskit_ibm_runtime import QiskitRuntimeService"
CHANNEL = "ibm_cloud"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    as_nobody(tmp_path, monkeypatch)
    return runner(monkeypatch)


def pasted(
    step: str, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Result]:
    """The last command of a step, and what it gives; what stands before it is done by a shell."""
    edit, _, command = step.rpartition(" && ")
    subprocess.run(["sh", "-c", edit], check=True)
    words = command.split()
    at = words.index("qchannel")
    with monkeypatch.context() as patch:
        for name, _, value in (word.partition("=") for word in words[:at]):
            patch.setenv(name, value)
        return command, run(*words[at + 2 :])


def test_the_steps_for_a_program_work_as_pasted(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its user saw the client's own error alone, where a test has a step that mends it."""
    write("saved.py", LOGIN, 'assert QiskitRuntimeService(name="mine").backends()')
    failed = run("--channel", CHANNEL, "--seed=3", "saved.py", "one two")
    assert failed.exit_code == 1
    lines = failed.stderr.splitlines()
    said = "qchannel: no account is saved under the name 'mine': "
    at = next(number for number, line in enumerate(lines) if line.startswith(said))
    assert "AccountNotFoundError" in lines[at - 1], "below the traceback"
    step = lines[at + 3].partition("next:")[2].strip()
    run_again = "qchannel run --channel=ibm_cloud --seed=3 saved.py"
    assert step == f"QCHANNEL_SAVED_ACCOUNTS=mine {run_again} 'one two'"
    assert pasted(step.replace("'one two'", ""), run, monkeypatch)[1].exit_code == 0
    crn = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef0123456789abcdef:"
    instance = f"{crn}11111111-2222-4333-8444-555555555555::"
    write("own.py", LOGIN, f"assert QiskitRuntimeService(instance={instance!r}).backends()")
    failed = run("--channel", CHANNEL, "own.py")
    (step,) = (line.strip() for line in failed.stderr.splitlines() if " && qchannel run " in line)
    command, mended = pasted(step, run, monkeypatch)
    assert mended.exit_code == 0, mended.stderr
    assert command == "qchannel run --channel=ibm_cloud --world=qchannel-world.toml own.py"


def test_a_credential_among_the_arguments_is_not_said_again(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that was told had all arguments of the program as they were typed."""
    key = "a-Real-Looking_Key-of-44-characters-01234567"
    monkeypatch.setenv("QISKIT_IBM_TOKEN", key)
    write("saved.py", LOGIN, 'QiskitRuntimeService(name="mine")')
    said = run("--channel", CHANNEL, "saved.py", f"--key={key}").stderr
    assert "qchannel run --channel=ibm_cloud saved.py --key=" in said
    assert key not in said


ASK = """
import os, requests
url = "https://quantum.cloud.ibm.com/api/v1/backends"
requests.get(url, headers={"Authorization": %s}, timeout=9).raise_for_status()
"""
TOKEN = (
    "'Bearer ' + requests.post('https://iam.cloud.ibm.com/identity/token', data={'apikey':"
    " os.environ['QISKIT_IBM_TOKEN'], 'grant_type': 'urn:ibm:params:oauth:grant-type:apikey'},"
    " timeout=9).json()['access_token']"
)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (TOKEN, 'send the header {"Service-CRN": os.environ["QISKIT_IBM_INSTANCE"]} too'),
        ("'apikey of-nobody'", 'elsewhere send os.environ["QISKIT_IBM_TOKEN"]'),
    ],
)
def test_a_program_is_told_of_no_fixtures(
    header: str, said: str, run: Callable[..., Result]
) -> None:
    write("ask.py", ASK % header)
    failed = run("--channel", CHANNEL, "ask.py")
    assert failed.exit_code == 1
    assert said in failed.stderr
    hints = failed.stderr.partition("qchannel: #" if "CRN" in said else "qchannel: the ")[2]
    assert "fixture" not in hints
    assert "pytest" not in hints
    write("odd.py", "class Odd(Exception):", "    def __str__(self): raise ValueError", "raise Odd")
    assert "exception str() failed" in run("odd.py").stderr
