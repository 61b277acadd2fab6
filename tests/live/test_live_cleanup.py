"""``qchannel cleanup`` where it can ask nobody, or not all: it does not say all is well."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.cli.check_live import live_run, live_settings
from pytest_qchannel.cli.main import main
from pytest_qchannel.lanes.live.access import answer_of
from pytest_qchannel.lanes.live.ledger import FORMAT
from pytest_qchannel.lanes.live.tags import tagged
from pytest_qchannel.wire import Json
from tests.live.second_server import SecondServer
from tests.live.worlds import STUCK

TOKEN = "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN"
INSTANCE = "QCHANNEL_IBM_QUANTUM_PLATFORM_INSTANCE"


@pytest.fixture(scope="module")
def world() -> str:
    """One device whose jobs never start, and a second instance."""
    return f'{STUCK}\n[[accounts.instances]]\nname = "other"\nplan = "Premium"\n'


@pytest.fixture
def job(led: SecondServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A job of the run ``gone``, of which this machine knows nothing."""
    monkeypatch.chdir(tmp_path)
    run = live_run(live_settings())
    [channel] = run.held
    pub = 'OPENQASM 3.0; include "stdgates.inc"; bit c; c=measure $0;'
    body: dict[str, Json] = {
        "program_id": "sampler",
        "backend": "ibm_there",
        "tags": list(tagged(None, "gone", "qchannel-gone-1")),
        "params": {"pubs": [[pub]], "version": 2},
    }
    made = answer_of(run.access(channel, led.crn).request("POST /jobs", body=body), run.send)
    run.close()
    return str(made["id"])


def cleanup(*args: str) -> tuple[Result, dict[str, Any]]:
    done = CliRunner().invoke(main, ["cleanup", "--run", "gone", "--json", *args])
    return done, json.loads(done.stdout)


def test_who_cannot_ask_does_not_say_that_nothing_is_left(
    led: SecondServer, job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an expired key, or without a network, it ended with 0, and the job ran on."""
    folder = tmp_path / ".qchannel" / "live"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "gone.sqlite") as other:
        other.execute("PRAGMA user_version = 7")
    for changed, said in (
        ({TOKEN: "w" * 44}, "iam.cloud.ibm.com answered with 400"),
        ({TOKEN: "w" * 44, INSTANCE: ""}, "iam.cloud.ibm.com answered with 400"),
        ({"HTTPS_PROXY": (nowhere := "http://127.0.0.1:9"), "https_proxy": nowhere}, "no answer"),
        ({INSTANCE: f"{led.crn[:-3]}a::"}, "it answered 404"),
    ):
        with monkeypatch.context() as patched:
            for name, value in changed.items():
                patched.setenv(name, value)
            done, told = cleanup()
        assert (done.exit_code, told["left"], told["found"]) == (1, 0, [])
        assert said in str(told["unasked"])
        assert "not known what is left: " in done.stderr
        assert led.alive() == [job]
    done, told = cleanup()
    assert done.exit_code == 0, done.output
    assert [one["name"] for one in told["found"]] == [job]
    assert (told["unasked"], led.alive()) == ([], [])
    assert "another version" in done.stderr
    (folder / "gone.sqlite").unlink()
    with sqlite3.connect(folder / "gone.sqlite") as other:
        other.execute(f"PRAGMA user_version = {FORMAT}")
        other.execute("CREATE TABLE entries (n INTEGER, kind TEXT)")
        other.execute("INSERT INTO entries VALUES (1, 'job')")
    done, told = cleanup()
    assert (done.exit_code, told["found"]) == (0, []), done.output
    assert "cannot be read" in done.stderr


@pytest.mark.usefixtures("job")
def test_an_instance_that_is_gone_does_not_keep_the_others_from_being_cleaned(
    led: SecondServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one that did not answer ended the command; jobs of the next one ran on."""
    monkeypatch.setenv(INSTANCE, "")
    led.fault("GET /jobs", status=503)
    before = len(led.requests())
    done, told = cleanup()
    assert done.exit_code == 1
    assert "it answered 503" in str(told["unasked"])
    lists = [one[3] for one in led.requests()[before:] if one[2].endswith("/jobs")]
    assert lists == [503, 200]
    done, _ = cleanup()
    assert (done.exit_code, led.alive()) == (0, [])
