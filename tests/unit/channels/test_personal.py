"""A person's own credentials: in variables and in the account file, hidden or not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from qiskit_ibm_runtime.accounts import management

from pytest_qchannel.channels import environment
from pytest_qchannel.channels.credentials import credential_variables
from pytest_qchannel.channels.environment import account_file, isolated_environment
from pytest_qchannel.channels.personal import ACCOUNT_FILE, secrets_of_person

CONSTANT = "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE"
SAVED = {
    "default-ibm-cloud": {"channel": "ibm_cloud", "token": "key-one"},
    "mine": {"token": "key-two", "url": "https://x.example"},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of a person without credentials in the environment."""
    for name in credential_variables() & set(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setattr(environment, "_account_file_now", lambda: str(account_file(tmp_path)))
    # An isolated environment puts the client's path back to where it found it: to this home.
    monkeypatch.setattr(management, CONSTANT, getattr(management, CONSTANT))
    account_file(tmp_path).parent.mkdir()
    return tmp_path


def known() -> dict[str, str]:
    return {one.reveal(): one.env_var for one in secrets_of_person()}


def test_both_places_are_read_and_each_key_counts_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_file(home).write_text(json.dumps(SAVED), encoding="utf-8")
    monkeypatch.setenv("IBM_CLOUD_API_KEY", "key-one")
    monkeypatch.setenv("IQP_API_TOKEN", "key-three")
    assert known() == {
        "key-one": "IBM_CLOUD_API_KEY",
        "key-two": ACCOUNT_FILE,
        "key-three": "IQP_API_TOKEN",
    }


def test_what_an_isolated_environment_hides_is_known_within_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_file(home).write_text(json.dumps(SAVED), encoding="utf-8")
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "key-three")
    before = known()
    with isolated_environment(home / "a", {"QISKIT_IBM_TOKEN": "emulated"}):
        with isolated_environment(home / "b", {}):
            assert known() == {**before, "emulated": "QISKIT_IBM_TOKEN"}
        assert known() == {**before, "emulated": "QISKIT_IBM_TOKEN"}
    assert known() == before


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"\xff\xfe", b"[1]", b'{"a": 1, "b": {"token": 7}}', b"[" * 99_999],
)
def test_a_broken_account_file_is_no_error(home: Path, content: bytes | None) -> None:
    if content is not None:
        account_file(home).write_bytes(content)
    assert known() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
def test_an_account_file_that_never_ends_is_not_waited_for(home: Path) -> None:
    """pytest stood still where a pipe was there, which only the client may read."""
    os.mkfifo(home / ".qiskit" / "qiskit-ibm.json")
    assert secrets_of_person() == ()
