"""A child process of an emulated lane: led to the door that its parent has open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.network.children import told_by
from pytest_qchannel.network.redirect import NameRedirect
from pytest_qchannel.network.shut import ShutNetwork
from pytest_qchannel.network.trust import contexts_trusting
from pytest_qchannel.settings import resolve

__all__ = ["join"]


class _Told(list[QChannelError]):
    """Problems that are told to the parent at once: a child may end at any time."""

    def __init__(self, tell: Callable[[QChannelError], None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, problem: QChannelError) -> None:
        super().append(problem)
        self._tell(problem)


class _DoorOfParent:
    """Leads this process to a port, and trusts what answers there."""

    def __init__(self, names: NameRedirect, certificate_pem: str, network: ShutNetwork) -> None:
        self._names = names
        self._trust = contexts_trusting(certificate_pem, network.is_served)
        self._stack = ExitStack()

    def open(self) -> None:
        self._stack.enter_context(self._trust)
        self._names.open()
        self._stack.callback(self._names.close)

    def close(self) -> None:
        self._stack.close()


def join(folder: str) -> None:
    """Shuts the network of this process, and leads it to the door, until it ends."""
    facts, tell = told_by(Path(folder))
    words = {"mode": "emulated", "door": "loopback", "allowed_hosts": facts["allowed_hosts"]}
    started = " ".join(" ".join(sys.orig_argv).split())
    network = ShutNetwork(
        resolve(words, {}, {}, {}), f"in process {os.getpid()}: {started[:80]}", _Told(tell)
    )
    network.happens_in(
        network.where, who="a child process", way_out="{name}={value}, where the lane is opened"
    )
    names = NameRedirect(network.is_served, network.refuse_host, facts["port"])
    network.take_door(_DoorOfParent(names, facts["certificate_pem"], network))
    network.open()
