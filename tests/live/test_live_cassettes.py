"""A recording of the real services is one of the emulator but for where it is from, and values."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.live.conftest import SAMPLER
from tests.live.second_server import SecondServer
from tests.live.test_live_secrets import found
from tests.live.worlds import WORLD

Run = Callable[..., pytest.RunResult]

JOB = (
    SAMPLER
    + """
@pytest.mark.live_qpu(max_qpu_seconds=10)
def test_a(qchannel_service, qchannel_rest):
    backend = qchannel_service.least_busy(operational=True)
    job = sample(qchannel_service, backend.name)
    assert sum(job.result()[0].data.meas.get_counts().values()) == 16
    told = qchannel_rest.get("/jobs/" + job.job_id()).json()
    assert told["state"]["status"] == "Completed"
    assert not job.tags
    assert qchannel_service.usage()
"""
)


def shape(value: Any, blobs: Path) -> Any:
    """What a document is made of, without its values; JSON in a text is one, too."""
    if isinstance(value, dict):
        if "blob" in value:
            data = gzip.decompress(next(blobs.rglob(f"{value['blob']}*")).read_bytes())
            return shape(data.decode(), blobs)
        return {name: shape(one, blobs) for name, one in value.items() if name != "check"}
    if isinstance(value, list):
        return [shape(one, blobs) for one in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return shape(json.loads(value), blobs)
    return "number" if isinstance(value, int | float) else type(value).__name__


def sent(document: Any) -> list[tuple[str, str, int]]:
    """Method, path and status of all requests."""
    return [
        (
            one["request"]["method"],
            one["request"]["uri"].partition("?")[0],
            one["response"]["status"]["code"],
        )
        for one in document["interactions"]
    ]


def test_a_live_recording_replays_and_differs_from_an_emulated_one_in_values_only(
    run: Run,
    led: SecondServer,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QCHANNEL_RUN_ID", "the-recorded-run")
    record = "--qchannel-mode=record"
    folder = pytester.path
    real = ("--qchannel-record-from=live", "--qchannel-budget=60", "--qchannel-cassettes=live")
    result = run(JOB, record, *real)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["qchannel: 1 cassette written, *: 1 from the real services, *"])
    written = {
        str(one): one.read_bytes() if one.suffix != ".gz" else gzip.decompress(one.read_bytes())
        for one in (folder / "live").rglob("*")
        if one.is_file()
    }
    account = led.crn.split("/")[1].split(":")[0]
    for data in written.values():
        text = data.decode("latin-1")
        assert found([led.key, *led.tokens()], text) == {}
        assert not [one for one in (led.crn, account, "the-recorded-run") if one in text]
    for name in [one for one in os.environ if one.startswith("QCHANNEL_")]:
        monkeypatch.delenv(name)
    before = len(led.requests())
    run(JOB, "--qchannel-mode=replay", "--qchannel-cassettes=live").assert_outcomes(passed=1)
    assert len(led.requests()) == before
    Path(folder, "world.toml").write_text(WORLD)
    ours = ("--qchannel-record-from=emulator", "--qchannel-world=world.toml")
    run(JOB, record, *ours, "--qchannel-cassettes=emulated").assert_outcomes(passed=1)
    documents, shapes = [], []
    for name in ("live", "emulated"):
        [path] = (folder / name).rglob("*.yaml")
        documents.append(yaml.safe_load(path.read_text()))
        shapes.append(shape(documents[-1], folder / name / "blobs"))
    assert sent(documents[0]) == sent(documents[1])
    assert shapes[0] == shapes[1]
    froms = [one["passport"]["recorded_from"] for one in documents]
    assert froms == ["live", "emulator"]
