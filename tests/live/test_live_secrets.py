"""Real keys and access tokens are nowhere where a live test could show or leave them."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest

from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer

Run = Callable[..., pytest.RunResult]

SHOWS = (
    SAMPLER
    + """
import http.client
import json
import logging
import os
import subprocess
import sys
import warnings

import requests

logging.getLogger("urllib3").setLevel(logging.DEBUG)
logging.getLogger("qiskit_ibm_runtime").setLevel(logging.DEBUG)
IAM = "https://iam.cloud.ibm.com/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"

@pytest.fixture(autouse=True)
def told():
    http.client.HTTPConnection.debuglevel = 1
    yield
    http.client.HTTPConnection.debuglevel = 0

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_shows(qchannel_service, qchannel):
    environment = dict(os.environ)
    key = environment["QISKIT_IBM_TOKEN"]
    answers = [
        requests.post(IAM, data={"grant_type": GRANT, "apikey": key}).json() for _ in range(60)
    ]
    print(environment, answers)
    json.dump([environment, answers], open("dump.json", "w"))
    child = "import os; print(dict(os.environ))"
    open("child.txt", "w").write(
        subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout
    )
    tokens = [one["access_token"] for one in answers]
    for token in tokens[:3]:
        warnings.warn(f"a token: {token}, a key: {key}")
        logging.getLogger("mine").warning("%s", token)
    job = sample(qchannel_service)
    job.result()
    account, client = qchannel_service.active_account(), vars(qchannel_service)
    print(account, client, vars(job))
    assert tokens == answers

def test_is_refused(qchannel_service):
    sample(qchannel_service)

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_is_refused_by_its_tags(qchannel_service):
    from qiskit_ibm_runtime import SamplerOptions
    options = SamplerOptions()
    options.environment.job_tags = [f"n{number}" for number in range(7)]
    backend = qchannel_service.backend("ibm_here")
    SamplerV2(mode=backend, options=options).run([CIRCUIT])

@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_gets_no_answer(qchannel_service):
    sample(qchannel_service)

def test_logs_in_with_something_else(qchannel):
    head = {"Authorization": "apikey of-nobody-at-all"}
    requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", headers=head)
"""
)

FORMS: dict[str, Callable[[str], Iterator[str]]] = {
    "plain": lambda secret: iter([secret]),
    "URL": lambda secret: iter([quote(secret, safe=""), "".join(f"%{ord(c):02X}" for c in secret)]),
    "base64": lambda secret: (
        alphabet(b"x" * pad + secret.encode())[4 if pad else 0 : -4].decode()
        for pad in range(3)
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode)
    ),
    "JSON-escaped": lambda secret: iter(
        [json.dumps(secret)[1:-1], "".join(f"\\u{ord(c):04x}" for c in secret)]
    ),
    "split": lambda secret: (secret[at : at + 16] for at in range(0, len(secret) - 15, 16)),
}
"""What a secret can look like. A part of 16 characters is enough."""


def only_own(secret: str) -> str:
    """Of an access token its signature: what comes before says the same of every login."""
    return secret.rpartition(".")[2]


def found(secrets: list[str], text: str) -> dict[str, int]:
    """How many of the secrets are in a text, by form."""
    joined = re.sub(r"[\s\"'+,]+|\\n", "", text)
    return {
        name: count
        for name, forms in FORMS.items()
        if (
            count := sum(
                any(form in text or form in joined for form in forms(only_own(one)))
                for one in secrets
            )
        )
    }


def places(result: pytest.RunResult, folder: Path) -> dict[str, str]:
    """Everything that a run has said or written, by its place."""
    told = {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
    files = [one for one in folder.rglob("*") if one.is_file() and one.suffix != ".pyc"]
    return told | {
        str(one.relative_to(folder)): one.read_bytes().decode("latin-1") for one in files
    }


def test_no_real_secret_is_shown_or_left_in_any_form(
    live: Run, led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    led.fault("POST /jobs", status=503, times="every", skip=1)
    shown = ("--showlocals", "-Wdefault", "-vv", "-rA", "--log-level=DEBUG", "--junitxml=junit.xml")
    result = live(SHOWS, "--qchannel-budget=60", *shown, "-o", "junit_logging=all")
    result.assert_outcomes(failed=4, skipped=1)
    # Nothing had to be taken out: it was not there.
    result.stdout.no_fnmatch_line("*a real credential stood in*")
    result.stdout.no_fnmatch_line("*withheld: a real credential*")
    monkeypatch.setenv("QCHANNEL_RUN_ID", "drift")
    command = [sys.executable, "-m", "pytest_qchannel", "check", "--live", "--output", "drift.json"]
    drift = subprocess.run(
        command, cwd=pytester.path, capture_output=True, text=True, check=False, env={**os.environ}
    )
    Path(pytester.path, "drift.txt").write_text(drift.stdout + drift.stderr)
    secrets = [led.key, *led.tokens()]
    assert len(secrets) > 60
    everything = places(result, pytester.path)
    seen = {name for name in everything if Path(name).suffix in (".json", ".xml", ".sqlite")}
    assert seen >= {"dump.json", "junit.xml"}, seen
    assert {name: what for name, text in everything.items() if (what := found(secrets, text))} == {}


def test_the_search_finds_each_of_them_in_each_form(led: SecondServer) -> None:
    """The control."""
    # Tokens as a login gives them; which test runs first is not known.
    secrets = [led.key, *(jwt.encode({"jti": f"{n}" * 40}, "k" * 32) for n in range(3))]
    for name, forms in FORMS.items():
        for secret in secrets:
            for form in forms(only_own(secret)):
                assert found([secret], f"some {form} text").get(name) == 1
    half = len(led.key) // 2
    assert found([led.key], f'"{led.key[:half]}"\n  + "{led.key[half:]}"')
