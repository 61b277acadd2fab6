"""The throw-away authority: what its certificate covers, and that nothing of it can be used on."""

from __future__ import annotations

import gc
import ssl

import pytest
import trustme

from pytest_qchannel.emulator.adapters.authority import Authority, authority, new_authority
from pytest_qchannel.hosts import known_hosts


def greets(name: str, trusted: str, presented: Authority) -> bool:
    """Whether a careful client accepts what a server presents, in memory."""
    context = ssl.create_default_context(cadata=trusted)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = presented.server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return client.version() is not None


@pytest.mark.parametrize("name", [*sorted(known_hosts()), "localhost", "127.0.0.1", "::1"])
def test_the_certificate_is_good_for_every_emulated_host(name: str) -> None:
    ours = authority()
    assert greets(name, ours.certificate_pem, ours)


@pytest.mark.parametrize("name", ["docs.quantum.ibm.com", "example.org", "cloud.ibm.com"])
def test_the_certificate_is_good_for_no_other_host(name: str) -> None:
    ours = authority()
    assert not greets(name, ours.certificate_pem, ours)


def test_names_may_be_added() -> None:
    ours = new_authority("192.0.2.7", "emulator.example")
    assert greets("192.0.2.7", ours.certificate_pem, ours)
    assert greets("emulator.example", ours.certificate_pem, ours)
    assert not greets("192.0.2.7", authority().certificate_pem, authority())


def test_one_authority_does_not_vouch_for_another() -> None:
    assert not greets("iam.cloud.ibm.com", new_authority().certificate_pem, authority())


def test_there_is_one_per_process() -> None:
    assert authority() is authority()


@pytest.mark.slow
def test_the_key_of_the_authority_is_forgotten() -> None:
    ours = new_authority()
    assert "PRIVATE KEY" not in ours.certificate_pem
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, trustme.CA | trustme.LeafCert)]
