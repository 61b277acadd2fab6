"""A process environment of the test's own: variables, HOME, and the client's account file.

The client works out the path of its account file once, when it is imported. So setting HOME is
not enough: where the client is loaded already its constant is pointed into the test's HOME, and
where a test is the first to load it the constant is set right afterwards. The header that names
its versions is worked out there, too, and is empty where the environment opts out of usage data.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = [
    "CA_VARIABLES",
    "OPT_OUT",
    "account_file",
    "given_back",
    "is_given_back",
    "isolated_environment",
    "outside",
    "put_back",
]

_MODULE: Final = "qiskit_ibm_runtime.accounts.management"
_CONSTANT: Final = "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE"
_HOME_VARIABLES: Final = ("HOME", "USERPROFILE")
_SESSION: Final = "qiskit_ibm_runtime.api.session"
_HEADER: Final = "CLIENT_APPLICATION"

CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""The variables that name a file of trusted authorities; each is read by other libraries."""

OPT_OUT: Final = "USAGE_DATA_OPT_OUT"
"""Set to ``True`` it keeps the client from telling who calls it, for which it reads the whole stack
of Python's frames with each request. Source: ``api/session.py`` of the client, 0.34 to 0.51."""

_hidden: Final[list[tuple[dict[str, str], Path]]] = []
"""The environments and account files that are hidden, the person's own first."""

_given_back: Final[list[Path]] = []
"""The person's own account file, once for each block that has the person's environment."""

# They would send the client to other hosts or make it skip what it always does; and a proxy on
# loopback would be a way out of the shut network.
_CLEARED: Final = (
    *("QISKIT_IBM_URL", "IAM_URL", "QISKIT_FUNCTIONS_EXPERIMENTAL"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)

# Spares ``requests`` its search for proxies, of each request twice in the whole environment.
_UNPROXIED: Final = "no_proxy"
_IBM: Final = ".ibm.com"


def _unproxied(environ: Mapping[str, str]) -> str:
    """The hosts without a proxy: the person's own, and IBM's, for which there is a door."""
    own = environ.get(_UNPROXIED) or environ.get(_UNPROXIED.upper()) or ""
    return own if _IBM in own.split(",") else ",".join(filter(None, (own, _IBM)))


def account_file(home: Path) -> Path:
    """Where the client keeps saved accounts below a home directory."""
    return home / ".qiskit" / "qiskit-ibm.json"


def _client_constant() -> str | None:
    """The path that the client has worked out, or ``None`` where it is not loaded yet."""
    return getattr(sys.modules.get(_MODULE), _CONSTANT, None)


def _point_client_to(path: str) -> None:
    if _client_constant() is not None:
        setattr(sys.modules[_MODULE], _CONSTANT, path)


def _name_client_again() -> None:
    """Has the client tell its versions where it was loaded while a lane opted out for the person.

    It is a no-op where it tells them already, and where the person has opted out.
    """
    session = sys.modules.get(_SESSION)
    if session is None or getattr(session, _HEADER, None) != "":
        return
    if os.environ.get(OPT_OUT) != "True":
        setattr(session, _HEADER, session._get_client_header())


def outside() -> tuple[Mapping[str, str], Path]:
    """The person's own environment and account file, whether one is open or not."""
    return _hidden[0] if _hidden else (os.environ, Path(_account_file_now()))


def _account_file_now() -> str:
    """What the client has worked out already, or what it would work out without us."""
    return _client_constant() or _account_file_in(os.path.expanduser("~"))  # noqa: PTH111


@functools.lru_cache(maxsize=8)
def _account_file_in(home: str) -> str:
    return str(account_file(Path(home)))


@contextmanager
def given_back() -> Iterator[None]:
    """The person's own environment within isolated ones, until the block is left.

    What the block changes stays changed, also where isolated environments are open: whoever sets a
    variable for longer than a test may do it in the middle of one.
    """
    if not _hidden:
        yield
        return
    (before, path), inside, own = _hidden[0], dict(os.environ), _account_file_now()
    before = dict(before)
    _given_back.append(path)
    try:
        _become(before)
        _point_client_to(str(path))
        _name_client_again()
        yield
    finally:
        _given_back.pop()
        after = dict(os.environ)
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        for environ in (inside, *(environ for environ, _ in _hidden)):
            for name in changed:
                environ.pop(name, None)
            environ.update({name: after[name] for name in changed if name in after})
        _become(inside)
        _point_client_to(own)


def is_given_back() -> bool:
    """Whether the person's own environment is there within isolated ones."""
    return bool(_given_back)


def put_back(before: Mapping[str, str | None]) -> None:
    """Gives variables the values that they had; ``None``: it was not set."""
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _become(environ: Mapping[str, str]) -> None:
    """Makes the environment another one, by what is different: a change is a system call."""
    now = dict(os.environ)
    for name in now.keys() - environ.keys():
        del os.environ[name]
    os.environ.update({name: text for name, text in environ.items() if now.get(name) != text})


@contextmanager
def isolated_environment(home: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Makes ``home`` the home directory and sets ``variables``, until the block is left.

    Whatever the block itself changes in the environment is undone with the rest.
    """
    before = dict(os.environ)
    path = _account_file_now()
    _hidden.append((before, Path(path)))
    try:
        os.environ.update({name: str(home) for name in _HOME_VARIABLES})
        for name in _CLEARED:
            os.environ.pop(name, None)
        os.environ[_UNPROXIED] = _unproxied(before)
        os.environ.update(variables)
        _point_client_to(str(account_file(home)))
        yield
    finally:
        _hidden.pop()
        _become(before)
        _point_client_to(path)
        _name_client_again()
