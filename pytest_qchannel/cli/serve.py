"""``qchannel serve``: the emulated services in the foreground, for curl and for other languages."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypedDict

import click

from pytest_qchannel.channels.personal import secrets_of_person
from pytest_qchannel.cli.group import example, in_our_words
from pytest_qchannel.counted import counted
from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.adapters.authority import is_of_an_authority, new_authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.hosts import CLASSIC_AUTH, IAM, RUNTIME, base_url_of
from pytest_qchannel.ibm.cloud import API_KEY_GRANT
from pytest_qchannel.ibm.table import url_of
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.chain import chained
from pytest_qchannel.lanes.source.emulated import EmulatedSource
from pytest_qchannel.lanes.worlds import WorldBuilder, seeded, world_of
from pytest_qchannel.reading import read_file
from pytest_qchannel.secret import hide_all
from pytest_qchannel.settings import CHANNELS, Settings, resolve
from pytest_qchannel.wire import Handle, Request, Response

__all__ = ["serve"]

EXPOSE: Final = "--yes-expose-the-emulator"

_MOST_OF_A_CERTIFICATE: Final = 2**16


class _Instance(TypedDict):
    id: str
    name: str
    plan: str


class _Account(TypedDict):
    name: str
    channels: list[str]
    credential: str
    instances: list[_Instance]


class _Facts(TypedDict):
    """What is printed once the door is open."""

    url: str
    host: str
    port: int
    ca_file: str | None
    world: str
    seed: int
    accounts: list[_Account]


@click.command(epilog=example("qchannel serve --port 8443 --ca-file ca.pem"))
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="The port to listen on (default: one that is free).",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on: loopback."
)
@click.option("--world", metavar="FILE", help="The world to emulate, a TOML file.")
@click.option("--seed", type=click.IntRange(0), help="Fixes ids and counts (default: 0).")
@click.option(
    "--channel", "channels", metavar="NAMES", help="Print the accounts of these channels only."
)
@click.option(
    "--ca-file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the certificate to trust to this file (default: a temporary one).",
)
@click.option("--plain-http", is_flag=True, help="Speak HTTP without TLS.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of a text.")
@click.option("--verbose", is_flag=True, help="Print each request to stderr.")
@click.option(
    EXPOSE, "expose", is_flag=True, help="Let other machines in: needed for another --host."
)
def serve(
    port: int,
    host: str,
    world: str | None,
    seed: int | None,
    channels: str | None,
    ca_file: Path | None,
    *,
    plain_http: bool,
    as_json: bool,
    verbose: bool,
    expose: bool,
) -> None:
    """Serve the emulated IBM Quantum services until Ctrl-C, SIGTERM or SIGHUP.

    Speaks HTTPS for IBM's own host names, with a certificate that is made for this run.

    Ends with exit status 0 when it is told to end, also by Ctrl-C; 1 if it cannot listen there; 2
    if an option is wrong.
    """
    _require_loopback(host, expose=expose)
    if ca_file is not None:
        _require_writable(ca_file)
    with _told_to_end() as wait, ExitStack() as undo:
        settings, builder = _settings(channels, seed, world)
        watch = _Watch(verbose=verbose)
        source = EmulatedSource(settings, builder, watch.journal, watch.gaps)
        undo.callback(source.close)
        authority = None if plain_http else new_authority(host)
        accounts = _accounts(source, settings)
        handle = chained((watch.link, *source.links), source.handle)
        door = LoopbackDoor(handle, watch.failed, authority, host, port)
        try:
            door.open()
        except OSError as error:
            raise click.ClickException(_unusable(host, port, error)) from None
        undo.callback(door.close)
        facts: _Facts = {
            "url": f"{'http' if plain_http else 'https'}://{_in_url(host)}:{door.port}",
            "host": host,
            "port": door.port,
            "ca_file": None,
            "world": builder.source,
            "seed": settings.seed,
            "accounts": accounts,
        }
        if authority is not None:
            if ca_file is None:
                folder = undo.enter_context(TemporaryDirectory(prefix="qchannel-"))
                ca_file = Path(folder, "ca.pem")
            _write(ca_file, authority.certificate_pem)
            facts["ca_file"] = str(ca_file.absolute())
        click.echo(json.dumps(facts) if as_json else "\n".join(_lines(facts)))
        wait()
    click.echo(f"qchannel serve: ended, {counted(watch.requests, 'request')}", err=True)


def _require_loopback(host: str, *, expose: bool) -> None:
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback and not expose:
        raise click.UsageError(
            f"--host {host} lets other machines in, and whoever knows the emulated credentials "
            f"(they are in this package) run simulations here. Leave --host away, or say it a "
            f"second time: {EXPOSE}"
        )


def _settings(
    channels: str | None, seed: int | None, world: str | None
) -> tuple[Settings, WorldBuilder]:
    given = {
        "mode": "emulated",
        "channel": channels,
        "seed": None if seed is None else str(seed),
        "world": world,
    }
    try:
        settings = resolve(given, {}, {}, {})
        builder = world_of(settings)
    except UsageProblem as problem:
        raise click.UsageError(in_our_words(problem)) from None
    return seeded(settings, builder), builder


def _require_writable(ca_file: Path) -> None:
    """Refuses what a person may miss: other tools *read* what an option of this name says."""
    if not os.path.lexists(ca_file):
        return
    kind = "a link" if ca_file.is_symlink() else "no regular file"
    if ca_file.is_file() and not ca_file.is_symlink():
        if is_of_an_authority(read_file(ca_file, _MOST_OF_A_CERTIFICATE)):
            return
        kind = "not a certificate of an earlier qchannel serve"
    raise click.UsageError(
        f"--ca-file {ca_file} exists and is {kind}: it is left as it is. The certificate of this "
        "run is written to the file; name one that does not exist, or leave --ca-file away"
    )


def _write(path: Path, text: str) -> None:
    """Replaces the file: a link that was put there meanwhile is not followed."""
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".qchannel-") as folder:
            new = Path(folder, path.name)
            new.write_text(text, encoding="ascii")
            new.chmod(0o644)
            new.replace(path)
    except OSError as error:
        raise click.UsageError(
            f"--ca-file {path} cannot be written: {error.strerror}. Name a file in a folder of "
            "yours"
        ) from None


def _unusable(host: str, port: int, error: OSError) -> str:
    # The server's error has the system's as a part of its text.
    found = re.search(r"\[Errno -?\d+\] ([^)]+)", str(error))
    said = found[1] if found else str(error)
    return (
        f"port {port} of {host} cannot be used: {said}. Leave --port away to take one that is free"
    )


@contextmanager
def _told_to_end() -> Iterator[Callable[[], signal.Signals]]:
    """Gives what waits for Ctrl-C, SIGTERM or SIGHUP, which do nothing else meanwhile.

    It reads what the system's own handler writes. Python's runs in this thread only, between two
    steps of it: a signal that comes just before the thread begins to wait would not wake it.
    """
    heard = {signal.SIGINT, signal.SIGTERM}
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:  # nohup says so
        heard.add(hangup)
    reader, writer = socket.socketpair()

    def wait() -> signal.Signals:
        while (got := reader.recv(1)[0]) not in heard:
            pass
        return signal.Signals(got)

    with reader, writer:
        writer.setblocking(False)
        before_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: None) for number in heard}
        try:
            yield wait
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before_fd)


class _Watch:
    """Stands before the emulator: counts, and tells what a person in front of it wants to know.

    Args:
        verbose: Whether to tell of every request.
    """

    def __init__(self, *, verbose: bool) -> None:
        self.journal = Journal()
        self.gaps: list[QChannelError] = []
        self.requests = 0
        self._verbose = verbose
        self._secrets = [one for one in secrets_of_person() if one.is_searchable]
        self._lock = threading.Lock()

    def link(self, request: Request, answer: Handle) -> Response:
        """The emulator's answer; what was written of it is told and forgotten."""
        try:
            return answer(request)
        finally:
            with self._lock:
                for exchange in self.journal.take():
                    self.requests += 1
                    if self._verbose:
                        self._tell(f"{replace(exchange, number=self.requests)}\n")
                while self.gaps:
                    self._tell(f"qchannel: {self.gaps.pop(0)}\n")

    def failed(self, error: Exception) -> None:
        """Shows a bug of the emulator; the client was answered with 501."""
        self._tell("".join(traceback.format_exception(error)))

    def _tell(self, text: str) -> None:
        # A client may have put a real credential anywhere into its request.
        click.echo(hide_all(text, self._secrets), err=True, nl=False)


def _accounts(source: EmulatedSource, settings: Settings) -> list[_Account]:
    """The emulated accounts, without those that no wanted channel logs in with."""
    wanted = settings.channel or CHANNELS
    accounts = source.app.world.accounts
    named = {name for account in accounts for name in account.channels}
    for name in settings.channel:
        if name not in named:
            raise click.UsageError(
                f"--channel: the emulated world has no account for {name}. There are accounts "
                f"for: {', '.join(sorted(named)) or 'no channel'}"
            )
    return [
        {
            "name": account.name,
            "channels": list(account.channels),
            "credential": account.credential,
            "instances": [
                {"id": one.id, "name": one.name, "plan": one.plan.display_name}
                for one in account.instances.values()
            ],
        }
        for account in accounts
        if not account.channels or set(account.channels) & set(wanted)
    ]


def _lines(facts: _Facts) -> Iterator[str]:
    """The text for a person: where it is, who may log in, and what to paste."""
    yield f"The emulated IBM Quantum services are at {facts['url']}"
    yield f"  world: {facts['world']}, seed {facts['seed']}"
    if facts["ca_file"]:
        yield f"  trust: {facts['ca_file']}"
    yield "  end:   Ctrl-C"
    for account in facts["accounts"]:
        kind = "API token" if _is_classic(account) else "API key"
        yield ""
        yield f"account {account['name']!r}, for {', '.join(account['channels']) or 'no channel'}"
        yield f"  {kind}: {account['credential']}"
        for instance in account["instances"]:
            yield f"  instance: {instance['id']} ({instance['name']}, {instance['plan']})"
    examples = list(_examples(facts))
    if examples:
        yield ""
        yield "Paste one:"
        yield from examples


def _is_classic(account: _Account) -> bool:
    return "ibm_quantum" in account["channels"]


def _examples(facts: _Facts) -> Iterator[str]:
    """Commands of curl that log in, and that list the devices."""
    scheme = facts["url"].partition("://")[0]

    def with_scheme(url: str) -> str:
        return url.replace("https", scheme, 1)

    target = f"{_in_url(_reachable(facts['host']))}:{facts['port']}"
    curl = ["curl", "--connect-to", f"::{target}"]
    if facts["ca_file"]:
        curl += ["--cacert", facts["ca_file"]]
    for account in facts["accounts"]:
        key = account["credential"]
        if _is_classic(account):
            yield _command(
                *curl,
                *("-H", "Content-Type: application/json", "-d", json.dumps({"apiToken": key})),
                with_scheme(url_of(CLASSIC_AUTH, "POST /users/loginWithToken")),
            )
            continue
        yield _command(
            *curl,
            *("-d", f"grant_type={API_KEY_GRANT}", "--data-urlencode", f"apikey={key}"),
            with_scheme(url_of(IAM, "POST /identity/token")),
        )
        for instance in account["instances"][:1]:
            yield _command(
                *curl,
                *("-H", f"Authorization: apikey {key}", "-H", f"Service-CRN: {instance['id']}"),
                with_scheme(base_url_of(RUNTIME, CRN.parse(instance["id"]).region)) + "/backends",
            )


def _command(*words: str) -> str:
    return "  " + shlex.join(words)


def _reachable(host: str) -> str:
    """The address that a client on this machine connects to."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is not bound


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
