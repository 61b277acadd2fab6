"""OpenQASM 3 that would take the parser minutes, or the memory of the machine, is refused first."""

from __future__ import annotations

import pytest

from pytest_qchannel.emulator.programs.codec import from_qasm3
from pytest_qchannel.emulator.programs.outcome import JobFailure

HEAD = 'OPENQASM 3.0; include "stdgates.inc"; '


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x $999999999999;", "has 999999999999 bits: too many"),
        ("qubit[3] q; ctrl(1000000000) @ x q[0];", "has 1000000000 bits: too many"),
        ("rz(" + "(" * 20_000 + "1" + ")" * 20_000 + ") $0;", "nested too deeply"),
        ("{" * 5_000 + "}" * 5_000, "nested too deeply"),
        ("rz(" + "- " * 20_000 + "1) $0;", "nested too deeply"),
        ('include "/etc/passwd";', "non-stdgates imports not currently supported"),
    ],
    ids=["qubit", "controls", "parentheses", "blocks", "signs", "file"],
)
def test_it_is_refused_by_name(text: str, said: str) -> None:
    """A physical qubit of twelve digits, or forty thousand parentheses, held a request for ever."""
    with pytest.raises(JobFailure, match=said):
        from_qasm3(HEAD + text, "pub 0")


def test_what_people_write_is_read() -> None:
    text = HEAD + "bit[2] c; rz(" + "(" * 20 + "-(-(1))" + ")" * 20 + ") $155; c[0] = measure $0;"
    assert from_qasm3(text, "pub 0").num_qubits == 156
