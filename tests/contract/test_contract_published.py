"""What IBM's guides send, as they send it: all of it was refused here once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.contract_client import CLASSIC, X_ON_7, Door, job

ESTIMATED = {"pubs": [["OPENQASM 3.0; x $0;", "Z", None]]}


@pytest.mark.parametrize("version", [2, "2"])
@pytest.mark.parametrize(
    ("program_id", "params"), [("sampler", {"pubs": [[X_ON_7]]}), ("estimator", ESTIMATED)]
)
def test_the_version_as_a_text(
    door: Door, program_id: str, params: dict[str, Any], version: int | str
) -> None:
    """Every body of the guide to the primitives through REST has ``"version": "2"``."""
    body = {**job(), "program_id": program_id, "params": {**params, "version": version}}
    answer = door.post("/jobs", json=body)
    assert answer.status == 200, answer.body
    body["params"]["version"] = "1"
    assert door.post("/jobs", json=body).status == 400


def test_start_session_as_a_text(door: Door) -> None:
    """Every body of the classic guide has ``"start_session": "False"``."""
    headers = {"x-access-token": door.login()}

    def status(start_session: Any) -> int:
        body = job(start_session=start_session)
        return door.request("POST", f"{CLASSIC}/jobs", headers, json=body).status

    asked: list[Any] = ["False", False, "True", True, "no"]
    assert [status(one) for one in asked] == [200, 200, 400, 400, 400]


def test_the_usage_of_the_guide_to_the_setup(door: Door) -> None:
    """The guide asks ``GET /api/v1/usage``; nobody has told of its answer."""
    answer = door.get("/usage")
    assert answer.status == 200
    assert set(answer.json) == set(door.get("/instances/usage").json)


@pytest.mark.parametrize("options", [{"transpilation": {"optimization_level": 1}}])
def test_options_of_the_guides_are_taken(door: Door, options: dict[str, Any]) -> None:
    answer = door.post("/jobs", json=job(params={"options": options}))
    assert answer.status == 200, answer.body
    params = {**ESTIMATED, "options": options}
    answer = door.post("/jobs", json={**job(), "program_id": "estimator", "params": params})
    assert answer.status == 200, answer.body
