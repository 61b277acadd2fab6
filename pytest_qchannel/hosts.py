"""Which service lives at which host name: one table, used by all who meet a URL of IBM's.

Source: IBM's documentation of today's hosts, and ``qiskit_ibm_runtime`` for the older ones.
To serve one more host, add a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

__all__ = [
    "ALL_HOSTS",
    "CATALOG",
    "CLASSIC_AUTH",
    "CLASSIC_NETWORK",
    "CLASSIC_RUNTIME",
    "CONTROLLER",
    "HOSTS",
    "IAM",
    "REGIONS",
    "RUNTIME",
    "SEARCH",
    "SERVICES",
    "SOCKET_HOSTS",
    "TODAY",
    "TRANSPILER",
    "Host",
    "base_url_of",
    "find_any_host",
    "find_host",
    "host_name",
    "is_ibm_host",
    "is_public_host",
    "known_hosts",
    "may_ask_for_credentials",
]

IAM: Final = "iam"
SEARCH: Final = "search"
CATALOG: Final = "catalog"
CONTROLLER: Final = "controller"
RUNTIME: Final = "runtime"
CLASSIC_AUTH: Final = "classic_auth"
CLASSIC_NETWORK: Final = "classic_network"
CLASSIC_RUNTIME: Final = "classic_runtime"
TRANSPILER: Final = "transpiler"

SERVICES: Final = (
    *(IAM, SEARCH, CATALOG, CONTROLLER, RUNTIME),
    *(CLASSIC_AUTH, CLASSIC_NETWORK, CLASSIC_RUNTIME),
    TRANSPILER,
)


@dataclass(frozen=True, slots=True)
class Host:
    """A host name, the base path below which its service answers, and the service's region."""

    name: str
    base: str
    service: str
    region: str | None = None


TODAY: Final = "quantum.cloud.ibm.com"
"""The platform's first host: other regions have it with their name before it."""

_V1: Final = "/api/v1"


def _runtime_hosts() -> list[Host]:
    hosts = [Host(TODAY, _V1, RUNTIME, "us-east")]
    for region in ("us-east", "eu-de"):
        if region != "us-east":
            hosts.append(Host(f"{region}.{TODAY}", _V1, RUNTIME, region))
        hosts += [
            Host(f"private.{region}.{TODAY}", _V1, RUNTIME, region),
            # Before client 0.44 the base had no /api/v1.
            Host(f"{region}.quantum-computing.cloud.ibm.com", "", RUNTIME, region),
            Host(f"private.{region}.quantum-computing.cloud.ibm.com", "", RUNTIME, region),
        ]
    return hosts


HOSTS: Final[tuple[Host, ...]] = (
    Host("iam.cloud.ibm.com", "", IAM),
    Host("private.iam.cloud.ibm.com", "", IAM),
    Host("api.global-search-tagging.cloud.ibm.com", "", SEARCH),
    Host("globalcatalog.cloud.ibm.com", "/api/v1", CATALOG),
    Host("resource-controller.cloud.ibm.com", "", CONTROLLER),
    *_runtime_hosts(),
    # The classic platform, in both generations of its host names (0.34 and 0.35 to 0.40).
    Host("auth.quantum-computing.ibm.com", "/api", CLASSIC_AUTH),
    Host("auth.quantum.ibm.com", "/api", CLASSIC_AUTH),
    Host("api.quantum-computing.ibm.com", "/runtime", CLASSIC_RUNTIME),
    Host("api.quantum.ibm.com", "/runtime", CLASSIC_RUNTIME),
    Host("runtime-us-east.quantum-computing.ibm.com", "", CLASSIC_RUNTIME),
    Host("api.quantum-computing.ibm.com", "/api", CLASSIC_NETWORK),
    Host("api.quantum.ibm.com", "/api", CLASSIC_NETWORK),
    Host("api-qcon.quantum-computing.ibm.com", "/api", CLASSIC_NETWORK),
    # Its service for circuits; the last one is named by the tests of IBM's own client of it.
    Host("cloud-transpiler.quantum.ibm.com", "", TRANSPILER),
    Host("cloud-transpiler.quantum-computing.ibm.com", "", TRANSPILER),
    Host("cloud-transpiler-staging.quantum-computing.ibm.com", "", TRANSPILER),
)
"""The hosts that are emulated."""

REGIONS: Final = tuple(dict.fromkeys(host.region for host in HOSTS if host.region))


def _others() -> list[Host]:
    others = [
        Host(f"us-east.{TODAY}", _V1, RUNTIME, "us-east"),
        Host("api-qcon.quantum.ibm.com", "/api", CLASSIC_NETWORK),
    ]
    cloud, old = ".cloud.ibm.com", ".quantum-computing.cloud.ibm.com"
    return others + [
        replace(host, name=host.name.removesuffix(cloud) + ".test" + cloud)
        for host in (*HOSTS, *others)
        if host.name.endswith(cloud) and not host.name.endswith(old)
    ]


ALL_HOSTS: Final[tuple[Host, ...]] = (*HOSTS, *_others())
"""Those and IBM's other names for the same services, staging among them: recordings name them."""

SOCKET_HOSTS: Final = frozenset({"wss.quantum-computing.ibm.com", "wss.quantum.ibm.com"})
"""The classic platform's web sockets: it names them to the client, and no route is there."""

_SERVICES_BELOW = (".cloud.ibm.com", ".quantum.ibm.com", ".quantum-computing.ibm.com")
_IBM = re.compile(r"(^|\.)ibm\.com$")


def known_hosts() -> frozenset[str]:
    """The names of every host that the emulator serves."""
    return frozenset(_EMULATED)


def host_name(host: object) -> str:
    """The name that ``socket`` looks up for a host; empty for what is no name.

    Its functions take what looks like a dot or a letter for that (RFC 3490).
    """
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    name = str.lower(host) if isinstance(host, str) else ""
    if not name.isascii():
        with suppress(UnicodeError):  # socket refuses it
            name = name.encode("idna").decode("ascii").lower()
    return name.rstrip(".")


def is_ibm_host(name: str) -> bool:
    """Whether a host name is IBM's, served by the emulator or not."""
    return bool(_IBM.search(name.lower().rstrip(".")))


def may_ask_for_credentials(name: str) -> bool:
    """Whether a host may be one of IBM's services, in whatever region: its pages are not."""
    name = name.lower().rstrip(".")
    return is_public_host(name) or name.endswith(_SERVICES_BELOW)


def is_public_host(name: str) -> bool:
    """Whether a host name is in the table, and so nothing that would have to be hidden."""
    return name in _ANY


def find_host(name: str, path: str) -> Host | None:
    """The table's line for an emulated host and a path, or ``None``."""
    return _longest(_EMULATED, name, path)


def find_any_host(name: str, path: str) -> Host | None:
    """The same among all of :data:`ALL_HOSTS`."""
    return _longest(_ANY, name, path)


def _longest(hosts: Mapping[str, tuple[Host, ...]], name: str, path: str) -> Host | None:
    """The line with the longest base that a path is below."""
    for host in hosts.get(name, ()):
        if path == host.base or path.startswith(host.base + "/"):
            return host
    return None


def base_url_of(service: str, region: str | None = None) -> str:
    """The base URL of a service at its first host; of the runtime in any region, also a new one."""
    known = (host for host in HOSTS if host.service == service and region in (None, host.region))
    host = next(known, Host(f"{region}.{TODAY}", _V1, RUNTIME, region))
    return f"https://{host.name}{host.base}"


def _by_name(hosts: Iterable[Host]) -> dict[str, tuple[Host, ...]]:
    """The hosts of each name, the longest base first."""
    found: dict[str, tuple[Host, ...]] = {}
    for host in sorted(hosts, key=lambda one: -len(one.base)):
        found[host.name] = (*found.get(host.name, ()), host)
    return found


_EMULATED: Final = _by_name(HOSTS)
_ANY: Final = _by_name(ALL_HOSTS)
