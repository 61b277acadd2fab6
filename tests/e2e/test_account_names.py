"""Names of a real person's account in the code under test: each error names the step to mend it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qiskit_ibm_runtime import QiskitRuntimeService

from pytest_qchannel import emulated

INSTANCE, DEVICE, JOB = "my-team-instance", "ibm_ourplace", "cq1234567890abcdefgh"
CRN = (
    "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef0123456789abcdef:"
    "11111111-2222-4333-8444-555555555555::"
)
CHANNEL = "ibm_cloud"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(code: Callable[[], object], world: str | None = None) -> Iterator[str]:
    """The lines that are added to the error that some code ends with."""
    with pytest.raises(Exception) as caught, emulated(channel=CHANNEL, world=world):  # noqa: PT011
        code()
    for note in getattr(caught.value, "__notes__", ()):
        yield from note.splitlines()


def step_in(lines: Iterator[str]) -> str:
    """The command that stands alone in a line."""
    (found,) = {line.strip() for line in lines if line.strip().startswith("printf ")}
    return found


def paste(command: str) -> str | None:
    """Runs what a person pastes, but for pytest, and gives the world that pytest is told of."""
    edit, _, run = command.partition(" && ")
    subprocess.run(["sh", "-c", edit], check=True)
    named = re.fullmatch(r"pytest --qchannel-world=(\S+)", run)
    return named[1] if named else None


def test_each_name_has_a_step_that_works_as_pasted() -> None:
    """The errors were the service's, and nothing said how a suite that names them can run here."""

    def mine() -> Any:
        return QiskitRuntimeService(channel=CHANNEL, instance=CRN)

    world = paste(step_in(refused(lambda: mine().least_busy())))
    assert world == "qchannel-world.toml"
    with emulated(channel=CHANNEL, world=world):
        assert mine().backends() != []
    before = Path(world).read_bytes()
    asks: list[Callable[[], Any]] = [lambda: mine().job(JOB), lambda: mine().backend(DEVICE)]
    for ask in asks:
        paste(step_in(refused(ask, world)))
        with emulated(channel=CHANNEL, world=world):
            assert ask() is not None
    assert Path(world).read_bytes().startswith(before)
    asks = [
        lambda: QiskitRuntimeService(channel=CHANNEL).job(JOB),
        lambda: QiskitRuntimeService(channel=CHANNEL).backend(DEVICE),
    ]
    for ask in asks:
        other = paste(step_in(refused(ask)))
        with emulated(channel=CHANNEL, world=other):
            assert ask() is not None


def test_a_saved_account_is_there_under_the_name_of_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def by_name() -> Any:
        return QiskitRuntimeService(name="my-saved-account").backends()

    said = "\n".join(refused(by_name))
    assert "  pytest --qchannel-saved-accounts=my-saved-account" in said
    monkeypatch.setenv("QCHANNEL_SAVED_ACCOUNTS", "another")
    assert "=another,my-saved-account" in "\n".join(refused(by_name))
    monkeypatch.setenv("QCHANNEL_SAVED_ACCOUNTS", "another, my-saved-account")
    with emulated(channel=CHANNEL):
        assert by_name() != []
        assert set(QiskitRuntimeService.saved_accounts()) == {"another", "my-saved-account"}


def test_a_file_of_the_test_is_its_own_matter(tmp_path: Path) -> None:
    file = str(tmp_path / "accounts.json")
    said = list(refused(lambda: QiskitRuntimeService(filename=file, name="mine")))
    assert not any("saved-accounts" in line for line in said)
