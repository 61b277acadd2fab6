"""The person's environment: variables, accounts, proxies, certificates, the clock.

A value of a variable that may hold a secret is never told: its name is.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # typeshed

from pytest_qchannel.channels.credentials import (
    CLIENT_VARIABLES,
    credential_variables,
    own_variable,
)
from pytest_qchannel.channels.environment import CA_VARIABLES
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.cli.doctor import commands
from pytest_qchannel.cli.doctor.findings import Check, Finding, fail, seen_of, unset, warn
from pytest_qchannel.cli.machine import Machine, pip
from pytest_qchannel.errors import UsageProblem, nearest
from pytest_qchannel.hosts import IAM, RUNTIME, base_url_of
from pytest_qchannel.options import CHANNELS, ENV_PREFIX, OPTIONS
from pytest_qchannel.reading import read_small
from pytest_qchannel.settings import check_variables

__all__ = ["CHECKS"]

_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy")
_DAY_S: Final = 86_400.0
_WRITTEN: Final = 1_760_000_000.0
"""October 2025: no clock that goes right is before the first release of this package."""


def _variables(machine: Machine) -> Iterator[Finding]:
    for name in machine.environ:
        try:
            check_variables({name: ""})
        except UsageProblem as problem:
            yield fail(seen_of(problem), _renamed(name, problem.closest))
    for name in machine.environ:
        if close := _meant_for_client(name):
            yield warn(f"{name} means nothing to the client, {close} does", _renamed(name, close))
    known = {option.env_var for option in OPTIONS} | credential_variables()
    for name in sorted(known):
        if machine.environ.get(name, "x").strip() == "":
            yield warn(f"{name} is set and empty, which counts as not set", unset(name))
    yield from _of_client(machine)
    for channel in CHANNEL_BY_NAME.values():
        own = own_variable(channel, "TOKEN")
        both = [machine.environ.get(name) for name in (own, "QISKIT_IBM_TOKEN")]
        named = machine.environ.get("QISKIT_IBM_CHANNEL") or "ibm_cloud"
        if all(both) and len(set(both)) == 2 and named == channel.name:
            yield warn(
                f"{own} and QISKIT_IBM_TOKEN are both of {channel} and differ; {own} counts",
                unset("QISKIT_IBM_TOKEN"),
            )


def _meant_for_client(name: str) -> str | None:
    """The client's variable that a name is most likely meant to be: others have such names, too."""
    known = (*CLIENT_VARIABLES, "QISKIT_IBM_URL")
    if not name.startswith("QISKIT_IBM_") or name.startswith(known):
        return None
    rests = {one.removeprefix("QISKIT_IBM_"): one for one in known}
    close = nearest(name.removeprefix("QISKIT_IBM_"), rests, likeness=0.8)
    return rests[close] if close else None


def _renamed(name: str, closest: str | None) -> str:
    if closest is None:
        return unset(name)
    return f'export {closest}="${name}"; {unset(name)}'


def _of_client(machine: Machine) -> Iterator[Finding]:
    _, instance, named = (machine.environ.get(name, "") for name in CLIENT_VARIABLES)
    if named and named not in (*CHANNELS, "local"):
        close = nearest(named, CHANNELS)
        mend = f"export QISKIT_IBM_CHANNEL={close}" if close else unset("QISKIT_IBM_CHANNEL")
        yield fail(f"QISKIT_IBM_CHANNEL names no channel of {', '.join(CHANNELS)}", mend)
    elif machine.lacks(named):
        yield warn(
            f"QISKIT_IBM_CHANNEL is {named}, which the installed client does not know",
            unset("QISKIT_IBM_CHANNEL"),
        )
    is_classic = re.fullmatch(r"[^/\s]+/[^/\s]+/[^/\s]+", instance)
    if is_classic and named != "ibm_quantum":
        yield warn(
            f"QISKIT_IBM_INSTANCE is a hub/group/project, which {named or 'ibm_cloud'} has not",
            unset("QISKIT_IBM_INSTANCE"),
        )


def _accounts(machine: Machine) -> Iterator[Finding]:
    path = machine.home / ".qiskit" / "qiskit-ibm.json"
    if not os.access(path, os.F_OK):
        return
    try:
        saved = json.loads(read_small(path))
        accounts = saved.items()
    except (OSError, ValueError, RecursionError, AttributeError):
        yield fail(
            f"{path} cannot be read as the client's accounts",
            commands.moved(path, path.with_name(f"{path.name}.bak")),
        )
        return
    for name, account in accounts:
        channel = account.get("channel") if isinstance(account, dict) else None
        if machine.lacks(str(channel)):
            code = (
                "from qiskit_ibm_runtime import QiskitRuntimeService as service; "
                f"service.delete_account(filename={json.dumps(str(path))}, name={json.dumps(name)})"
            )
            python = pip().split(" -m ", maxsplit=1)[0]
            yield warn(
                f"the saved account {name!r} is of the channel {channel}, which the installed "
                "client does not know",
                f"{python} -c {shlex.quote(code)}",
            )


def _proxies(machine: Machine) -> Iterator[Finding]:
    for name in _PROXIES:
        both = [one for one in (name, name.upper()) if machine.environ.get(one)]
        kinds = {one: _kind_of_proxy(machine.environ[one]) for one in both}
        if None not in kinds.values() and len({machine.environ[one] for one in both}) == 2:
            yield warn(
                f"{both[0]} and {both[1]} differ: some tools take the one, some the other",
                unset(both[1]),
            )
        for one, kind in kinds.items():
            if kind is None:
                yield fail(f"the value of {one} is no address of a proxy", unset(one))
            elif kind.startswith("socks") and not machine.installed.modules("socks"):
                yield warn(
                    f"{one} names a SOCKS proxy, which requests needs PySocks for",
                    f"{one}= {pip('install', 'PySocks')}",  # pip needs it as well
                )


def _kind_of_proxy(value: str) -> str | None:
    """The scheme of a proxy's address; ``None`` where it is no address."""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        is_whole = bool(parts.hostname) and (parts.port or True)
    except ValueError:
        return None
    return parts.scheme if is_whole else None


def _way(machine: Machine) -> str:
    """How a live run, and the client outside tests, reach IBM; no address, which may have a key."""
    names = [one if one in machine.environ else one.upper() for one in _PROXIES[1:]]
    leads, no_proxy = (_first(machine.environ, one) for one in (names, ("no_proxy", "NO_PROXY")))
    if not leads:
        return "none: IBM's hosts are asked directly"
    left_out = {"no": machine.environ.get(no_proxy, "")}
    hosts = [urlsplit(base_url_of(one)).netloc for one in (IAM, RUNTIME)]
    directly = [one for one in hosts if proxy_bypass_environment(one, left_out)]
    but = f"; {no_proxy} leaves out {' and '.join(directly)}" if directly else ""
    return f"IBM's hosts are asked through that of {leads}{but}"


def _first(environ: Mapping[str, str], names: Iterable[str]) -> str:
    """The first variable that is set, and not empty."""
    return next((name for name in names if environ.get(name)), "")


def _certificates(machine: Machine) -> Iterator[Finding]:
    for name in (*CA_VARIABLES, "SSL_CERT_DIR"):
        said = machine.environ.get(name)
        if not said:
            continue
        path = machine.here / said
        if not os.access(path, os.R_OK):
            yield fail(f"{name} names {said}, which is not there or not readable", unset(name))
        elif path.is_file() and b"-----BEGIN" not in _bytes(path):
            yield fail(f"{name} names {said}, in which there is no certificate", unset(name))


def _bytes(path: Path) -> bytes:
    try:
        return read_small(path)
    except OSError:
        return b""


def _clock(machine: Machine) -> Iterator[Finding]:
    now = machine.now()
    told = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    newest = max((_changed(path) for path in machine.tests), default=0.0)
    if now < _WRITTEN or newest > now + _DAY_S:
        why = "before this package was written" if now < _WRITTEN else "before your newest test"
        yield fail(f"the clock says {told}, {why}", "sudo timedatectl set-ntp true")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _count(machine: Machine) -> str:
    names = [name for name in machine.environ if name.startswith((ENV_PREFIX, "QISKIT_IBM_"))]
    return f"{', '.join(sorted(names))}" if names else "none of ours or of the client is set"


def _time(machine: Machine) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(machine.now()))


CHECKS: Final = (
    Check(
        "variables",
        "`QCHANNEL_...` and `QISKIT_IBM_...`: none mistyped, empty, of a channel that the "
        "client lacks, or at odds with another",
        _variables,
        _count,
    ),
    Check(
        "accounts",
        "the saved accounts can be read, and are of channels that the client knows",
        _accounts,
        lambda _: "none that this client cannot use",
    ),
    Check(
        "proxies",
        "addresses of proxies are whole, and do not differ between `http_proxy` and `HTTP_PROXY`",
        _proxies,
        _way,
    ),
    Check(
        "certificates",
        "`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR` name "
        "something that is there",
        _certificates,
        lambda m: f"those of {_first(m.environ, CA_VARIABLES) or 'certifi'} are trusted",
    ),
    Check(
        "clock",
        "the clock does not go back behind the newest test",
        _clock,
        _time,
    ),
)
