"""What becomes of an order, whatever Qiskit does with it."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator import transpiler
from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.transpiler.order import Order


class Panic(BaseException):
    """As what is raised for a panic in Rust: no ``Exception``."""


class Panicking:
    """A module of work that panics."""

    def refusal(self, order: Order) -> None:
        """Refuses nothing."""

    def run(self, order: Order, tick: object) -> None:
        raise Panic("index out of bounds")


def test_a_panic_in_qiskit_fails_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the tasks died of it: this one and all later ones were never done."""
    monkeypatch.setattr(transpiler, "load", lambda _kind: Panicking())
    how = transpiler.worked(Order("transpile", 1), lambda: None)
    assert isinstance(how, JobFailure)
    assert how.reason == "Panic: index out of bounds"
