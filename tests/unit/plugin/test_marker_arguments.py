"""What is said of an argument of a marker that there is not."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.plugin.marker_arguments import read
from pytest_qchannel.settings import resolve


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ({"channel": "ibm_cloud"}, '@pytest.mark.qchannel("ibm_cloud")'),
        (
            {"channels": ["ibm_cloud", "ibm_quantum"], "seed": 3},
            '@pytest.mark.qchannel("ibm_cloud", "ibm_quantum", seed=3)',
        ),
        ({"chanel": "ibm_cloud"}, '@pytest.mark.qchannel("ibm_cloud")'),
        ({"channel": 7}, "@pytest.mark.qchannel(*names, instance=None, "),
    ],
)
def test_a_channel_by_name_is_told_how_it_is_written(given: dict[str, Any], mend: str) -> None:
    """What the user saw: ``@pytest.mark.qchannel(*names, ...)``, and nothing of a channel in it."""
    with pytest.raises(UsageProblem) as refused:
        read("qchannel", (), given, "test_it.py::test_a")
    assert f"next:  write it as {mend}" in str(refused.value)


def test_a_number_that_python_does_not_print_is_refused_as_any_other() -> None:
    """The collection ended with a traceback: ``str()`` of 5,000 digits is an error."""
    mark = read("qchannel", (), {"seed": 10**5_000}, "test_it.py::test_a")
    with pytest.raises(UsageProblem, match="is no seed"):
        resolve({}, mark.settings, {}, {})
