"""Where the emulator and IBM's contract disagree on purpose; each line has its reason.

The contract is a generated description of one version of the API. Where it and the clients
disagree, the clients win. A test here fails when a disagreement is gone: then drop it.
"""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import ValidationError

from tests.contract.contract_client import RUNTIME, Door, contract, job, require_schema


def test_a_pub_is_an_array_in_every_client_and_an_object_in_the_contract() -> None:
    with pytest.raises(ValidationError, match="is not of type 'object'"):
        require_schema("SamplerV2Input", job()["params"])


@pytest.mark.parametrize(
    ("operation", "path", "status", "headers"),
    [
        ("list_backends", "/backends", 401, {"Authorization": "x"}),
        ("list_backends", "/backends", 403, {"Service-CRN": "x"}),
        ("list_backends", "/backends", 400, {"IBM-API-Version": "x"}),
        ("get_backend_status", "/backends/x/status", 404, {}),
        ("get_backend_configuration", "/backends/x/configuration", 404, {}),
        ("get_backend_properties", "/backends/x/properties", 404, {}),
        ("get_backend_defaults", "/backends/x/defaults", 404, {}),
        ("get_usage", "/instances/usage", 403, {"Service-CRN": "x"}),
    ],
)
def test_errors_that_the_contract_leaves_out(
    door: Door, operation: str, path: str, status: int, headers: dict[str, str]
) -> None:
    """The contract names no errors of these routes; the service cannot do without them."""
    answer = door.request("GET", RUNTIME + path, {**door.runtime(), **headers})
    assert answer.status == status
    assert str(status) not in contract()["operations"][operation]["errors"]
    require_schema("ListJobs400Response", answer.json)


def test_error_codes_are_numbers_as_observed_and_words_where_no_number_is_known(door: Door) -> None:
    """The description of the API has ``code`` as a string; real answers carry numbers."""
    paths = ("/jobs?limit=x", "/jobs/x", "/backends/x/status")
    codes: list[Any] = [door.get(path).code for path in paths]
    assert codes == [1208, 1291, "not_found"]


def test_the_plain_list_of_old_versions_and_the_files_are_not_described() -> None:
    schemas, operations = contract()["schemas"], contract()["operations"]
    assert schemas["BackendsResponseV2"]["properties"] == {}
    assert operations["get_backend_configuration"]["response"] == "object"
