"""What is said of an argument of a marker that there is not."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.plugin.marker_arguments import read


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ({"channel": "ibm_cloud"}, '@pytest.mark.qchannel("ibm_cloud")'),
        (
            {"channels": ["ibm_cloud", "ibm_quantum"], "seed": 3},
            '@pytest.mark.qchannel("ibm_cloud", "ibm_quantum", seed=3)',
        ),
        ({"channel": 7}, "@pytest.mark.qchannel(*names, instance=None, "),
    ],
)
def test_a_channel_by_name_is_told_how_it_is_written(given: dict[str, Any], mend: str) -> None:
    """What the user saw: ``@pytest.mark.qchannel(*names, ...)``, and nothing of a channel in it."""
    with pytest.raises(UsageProblem) as refused:
        read("qchannel", (), given, "test_it.py::test_a")
    assert f"next:  write it as {mend}" in str(refused.value)
