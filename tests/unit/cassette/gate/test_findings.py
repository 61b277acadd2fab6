"""The refusal of a file with very many secrets in it."""

from __future__ import annotations

from pytest_qchannel.cassette.gate import Finding, SecretFound


def test_of_very_many_finds_the_first_are_named_and_the_rest_is_counted() -> None:
    found = [Finding("GATE-014", "an IBMid", line=number) for number in range(1, 31)]
    lines = str(SecretFound(found, "a.yaml")).splitlines()
    assert len(lines) == 1 + 1 + SecretFound.SHOWN + 1  # headline, where, also, next
    assert "line 1" in lines[0]
    assert lines[-3].strip() == "GATE-014 an IBMid: line 10"
    assert lines[-2].strip() == "and 20 more"


def test_of_as_many_as_are_shown_none_is_counted() -> None:
    found = [Finding("GATE-014", "an IBMid", line=number) for number in range(1, 11)]
    text = str(SecretFound(found, "a.yaml"))
    assert "line 10" in text
    assert "more" not in text
