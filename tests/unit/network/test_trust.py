"""Who is trusted while the door is open: the environment's files, and contexts made before."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi
import pytest

from pytest_qchannel.emulator.adapters.authority import authority, new_authority
from pytest_qchannel.hosts import known_hosts
from pytest_qchannel.network.trust import trusting

HOST = "quantum.cloud.ibm.com"
NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PEM = authority().certificate_pem.strip()


@pytest.fixture(autouse=True)
def _no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def open_door(*, also_public: bool = False):  # type: ignore[no-untyped-def]
    return trusting(
        authority().certificate_pem, known_hosts().__contains__, also_public=also_public
    )


def trusted(name: str) -> str:
    return Path(os.environ[name]).read_text(encoding="ascii")


def public() -> str:
    """One of the public authorities."""
    whole = Path(certifi.where()).read_text(encoding="utf-8")
    end = "-----END CERTIFICATE-----"
    return whole[whole.index("-----BEGIN") : whole.index(end) + len(end)]


def test_the_variables_name_files_that_hold_the_authority() -> None:
    with open_door():
        files = {name: os.environ[name] for name in NAMES}
        assert all(PEM in trusted(name) for name in NAMES)
        assert public() in trusted("SSL_CERT_FILE")
        assert public() not in trusted("REQUESTS_CA_BUNDLE")
        for path in files.values():
            ssl.create_default_context(cafile=path)
    assert not set(NAMES) & set(os.environ)
    assert not any(Path(path).exists() for path in files.values())


def test_where_other_hosts_are_allowed_the_public_authorities_are_trusted_by_all() -> None:
    with open_door(also_public=True):
        assert all(public() in trusted(name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_was_trusted_before_is_trusted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_folder: bool
) -> None:
    own = new_authority().certificate_pem.strip()
    file = tmp_path / "own.pem"
    file.write_text(f"# Ünser CA\n{own}\n{public()}\n", encoding="latin-1")
    before = str(tmp_path if is_folder else file)
    monkeypatch.setenv(name, before)
    with open_door():
        assert all(own in trusted(other) for other in NAMES)
        assert public() not in trusted("REQUESTS_CA_BUNDLE")
    assert os.environ[name] == before
    assert set(NAMES) & set(os.environ) == {name}


def test_a_file_that_is_not_there_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with open_door():
        assert PEM in trusted("REQUESTS_CA_BUNDLE")
    assert os.environ["REQUESTS_CA_BUNDLE"] == "/nowhere/ca.pem"


def test_all_is_put_back_after_an_error() -> None:
    before = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio
    with pytest.raises(ZeroDivisionError), open_door():
        raise ZeroDivisionError
    assert (ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio) == before
    assert not set(NAMES) & set(os.environ)


def authorities(context: ssl.SSLContext, name: str | None) -> int:
    """How many a context trusts after it was used for a host."""
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    return len(context.get_ca_certs())


def test_a_context_made_before_is_told_of_the_authority_when_it_greets_an_emulated_host() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with open_door():
        assert authorities(context, "example.org") == 0
        assert authorities(context, HOST.upper()) == 1
        assert authorities(context, HOST) == 1


def test_a_context_of_a_server_is_left_alone() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with open_door():
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    assert context.get_ca_certs() == []
