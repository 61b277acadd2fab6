"""A throw-away certificate authority, and the one certificate it signs: for every emulated host.

The authority's own key is forgotten as soon as that certificate is signed, and the certificate's
key stays in the memory of this process. So whoever trusts the authority, or goes on trusting it
when the process has ended, trusts nothing that could still be presented.
"""

from __future__ import annotations

import functools
import ssl
from dataclasses import dataclass
from typing import Final

import trustme

from pytest_qchannel.hosts import known_hosts

__all__ = ["Authority", "authority", "is_of_an_authority", "new_authority"]

_ORGANIZATION: Final = "pytest-qchannel emulator, not IBM"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """What a server presents and what its clients have to trust.

    Attributes:
        certificate_pem: The authority's certificate, as text that a CA file holds.
        server_context: Presents the certificate that the authority signed.
    """

    certificate_pem: str
    server_context: ssl.SSLContext


def new_authority(*names: str) -> Authority:
    """An authority of its own, and a certificate for the emulated hosts and these names.

    Args:
        names: More host names, or addresses, that the server is reached under.
    """
    made = trustme.CA(organization_name=_ORGANIZATION)
    signed = made.issue_cert(
        *sorted(known_hosts()),
        *dict.fromkeys((*_LOOPBACK, *names)),
        organization_name=_ORGANIZATION,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client that offers HTTP/2 as well is told at once that there is none.
    context.set_alpn_protocols(["http/1.1"])
    signed.configure_cert(context)
    return Authority(made.cert_pem.bytes().decode("ascii"), context)


def is_of_an_authority(content: bytes) -> bool:
    """Whether a file holds the certificate of such an authority, of any process, and only that."""
    try:
        text = content.decode("ascii")
        certificate = ssl.PEM_cert_to_DER_cert(text)
    except ValueError:
        return False
    is_alone = ssl.DER_cert_to_PEM_cert(certificate).split() == text.split()
    return is_alone and _ORGANIZATION.encode() in certificate


@functools.cache
def authority() -> Authority:
    """The authority of this process, made when it is first needed."""
    return new_authority()
