"""Which requests a fault is about, from its words: a route that there is."""

from __future__ import annotations

from typing import Final, get_args

from pytest_qchannel.emulator.faults.kinds import hint, misfit
from pytest_qchannel.emulator.faults.model import RouteMatch, segments
from pytest_qchannel.hosts import known_hosts
from pytest_qchannel.ibm.route import Method
from pytest_qchannel.ibm.table import ROUTES

__all__ = ["read_route"]

_METHODS: Final = ("*", *get_args(Method))


def read_route(route: str, service: str, host: str) -> RouteMatch:
    """The requests that are meant.

    Args:
        route: A method and a path, or ``*``.
        service: Only those to this service; empty: to all.
        host: Only those to this host; empty: to all.

    Raises:
        Misfit: There are no such requests.
    """
    text = " ".join(route.split())
    if service and service not in ROUTES:
        raise misfit(f"{service!r} is no service{hint(service, ROUTES)}", "service")
    if host and host not in known_hosts():
        raise misfit(f"{host!r} is no host that is served{hint(host, known_hosts())}", "host")
    services = frozenset({service} if service else ())
    if text == "*":
        return RouteMatch("*", "*", services, host)
    method, _, path = text.partition(" ")
    method = method.upper()
    if method not in _METHODS or not (path.startswith("/") or path == "*"):
        raise misfit(
            f"route {text!r} is none: write a method and a path, as 'POST /jobs', "
            "'GET /jobs/<job_id>' or '* /backends', or '*' for every request",
            "route",
        )
    known = {one.key: one for name in services or ROUTES for one in ROUTES[name]}
    if not any(
        method in ("*", one.method) and (path == "*" or _may_be(path, one.rule))
        for one in known.values()
    ):
        where = f" of the service {service}" if service else ""
        raise misfit(f"the emulator has no route {text!r}{where}{hint(text, known)}", "route")
    return RouteMatch(method, path, services, host)


def _may_be(path: str, rule: str) -> bool:
    """Whether requests of a route can have such a path.

    A word for a variable is believed beside a word of the rule only: or ``/job`` were a plan's id.
    """
    wanted, known = segments(path), segments(rule)
    pairs = list(zip(wanted, known, strict=False))
    return (
        len(wanted) == len(known)
        and all("*" in pair or pair[0] == pair[1] for pair in pairs)
        and (any(one == other for one, other in pairs) or set(wanted) == {"*"})
    )
