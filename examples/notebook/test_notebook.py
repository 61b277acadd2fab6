"""The notebook's cells run one after the other, as "Run all" does; no Jupyter is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel import QChannel, assert_least_busy, assert_sampler_run

NOTEBOOK = Path(__file__).with_name("bell.ipynb")


def run_all(notebook: Path) -> dict[str, Any]:
    """Runs the cells of code, and gives the names that they leave behind."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{notebook.name}[{cell['id']}]", "exec"), names)
    return names


def test_both_qubits_agree(qchannel: QChannel) -> None:
    names = run_all(NOTEBOOK)
    assert_least_busy(names["backend"], names["service"], operational=True, simulator=False)
    assert_sampler_run(names["job"], shots=1000, counts={"00": 0.5, "11": 0.5})
    assert set(names["counts"]) == {"00", "11"}
    assert len(qchannel.requests.to("/jobs", method="POST")) == 1


@pytest.mark.qchannel_fault(job="failed", reason="The fridge is warm.", code=1011)
def test_a_reader_sees_why_a_job_failed(qchannel: QChannel) -> None:
    with pytest.raises(Exception, match="The fridge is warm"):
        run_all(NOTEBOOK)
    assert len(qchannel.requests.to("/jobs", method="POST")) == 1
