"""Jobs are checked as the release of the client sends them that is asking."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator.programs import schemas
from pytest_qchannel.ibm.releases import Release
from tests.contract.contract_client import RUNTIME, Answer, Door, job

NEW = Release(
    (9, 52),
    jobs={
        "sampler": {"options.example_flag": {"type": "boolean"}},
        "job": {"example_name": {"type": "string"}},
    },
)
FLAG = job(params={"options": {"example_flag": True}})


@pytest.fixture
def _a_new_release(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, schema in (("sampler", schemas.SAMPLER), ("job", schemas.CREATE_JOB)):
        found = schemas.generations(name, schema, [NEW])
        monkeypatch.setitem(schemas.SCHEMAS, name, found)


def sent(door: Door, body: object, release: str | None) -> Answer:
    named = {"X-Qx-Client-Application": f"qiskit-version-2/qiskit_ibm_runtime-{release}/qiskit"}
    headers = {**door.runtime(), **(named if release else {})}
    return door.request("POST", f"{RUNTIME}/jobs", headers, json=body)


@pytest.mark.usefixtures("_a_new_release")
@pytest.mark.parametrize("release", ["9.52.0", "9.53.1", None])
def test_an_option_is_taken_from_the_release_that_brought_it_on(
    door: Door, release: str | None
) -> None:
    assert sent(door, FLAG, release).status == 200
    assert sent(door, job(example_name="a"), release).status == 200
    wrong = sent(door, job(params={"options": {"example_flag": "yes"}}), release)
    assert "options.example_flag: expected type boolean" in wrong.message


@pytest.mark.usefixtures("_a_new_release")
@pytest.mark.parametrize("release", ["9.51.9", "0.34.0"])
def test_an_older_release_does_not_have_it(door: Door, release: str) -> None:
    answer = sent(door, FLAG, release)
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, 1208)
    assert "options: unknown field 'example_flag'" in answer.message
    answer = sent(door, job(example_name="a"), release)
    assert (answer.status, "unknown field 'example_name'" in answer.message) == (400, True)
