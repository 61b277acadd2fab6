"""The loopback door, with this process led to it: its look-ups, its trust, its mocks.

A ``responses`` mock of the test's own replaces what sends in ``requests``, for every host; requests
for the emulated ones pass it, as they do at the in-process door.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from unittest import mock
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from pytest_qchannel.emulator.adapters.authority import authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import host_name
from pytest_qchannel.network.children import Children
from pytest_qchannel.network.redirect import NameRedirect
from pytest_qchannel.network.trust import trusting
from pytest_qchannel.wire import Handle

__all__ = ["RedirectedDoor"]

_MOCKS: Final = "responses"


class RedirectedDoor:
    """The loopback door, and this process led to it and trusting it.

    Args:
        handle: The emulator's ``App.handle``, or something around it; called from any thread.
        failed: Called with what ``handle`` raised, except for lost connections.
        is_served: Whether a host name is the emulator's.
        refuse: Called with the URL of an IBM host, or port of one, that is not served; raises.
        also_public: Whether hosts beyond loopback may be reached: see :func:`.trust.trusting`.
        children: Which hosts child processes may reach that are led here, too, a comma list;
            ``None`` where they are not.
    """

    def __init__(
        self,
        handle: Handle,
        failed: Callable[[Exception], None],
        is_served: Callable[[str], bool],
        refuse: Callable[[str], None],
        *,
        also_public: bool,
        children: str | None = None,
    ) -> None:
        self._handle = handle
        self._failed = failed
        self._is_served = is_served
        self._refuse = refuse
        self._also_public = also_public
        self._facts: dict[str, object] = {"allowed_hosts": children}
        self._children = Children(self._facts) if children is not None else None
        self._stack = ExitStack()

    def open(self) -> None:
        """Starts the server and leads this process to it."""
        trusted = authority()
        with ExitStack() as undo:
            door = LoopbackDoor(self._handle, self._failed, trusted)
            door.open()
            undo.callback(door.close)
            undo.enter_context(
                trusting(trusted.certificate_pem, self._is_served, also_public=self._also_public)
            )
            undo.enter_context(_past_mocks(self._is_served))
            names = NameRedirect(self._is_served, self._refuse, door.port)
            names.open()
            undo.callback(names.close)
            if self._children is not None:
                self._facts.update(port=door.port, certificate_pem=trusted.certificate_pem)
                undo.enter_context(self._children.led())
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts the process back as it was, and ends the server."""
        self._stack.close()

    def take_problems(self, where: str) -> list[QChannelError]:
        """What child processes of a test could not reach."""
        return self._children.take_problems(where) if self._children is not None else []


class _Past(BaseAdapter):
    """An adapter whose requests are sent by the ``send`` that a mock has replaced."""

    def __init__(self, adapter: HTTPAdapter, send: Callable[..., requests.Response]) -> None:
        super().__init__()
        self._adapter, self._send = adapter, send

    def send(self, *args: object, **kwargs: object) -> requests.Response:
        """Sends a request."""
        return self._send(self._adapter, *args, **kwargs)

    def close(self) -> None:
        """Closes the adapter."""
        self._adapter.close()


@contextmanager
def _past_mocks(is_served: Callable[[str], bool]) -> Iterator[None]:
    """Lets requests for hosts that are served pass a ``responses`` mock, which takes any host.

    It replaces ``HTTPAdapter.send``; an adapter with a ``send`` of its own is left alone, and so is
    what else a test puts there: that is meant for the hosts that it asks.
    """
    choose = requests.Session.get_adapter

    def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
        adapter = choose(session, url)
        is_mocked = getattr(HTTPAdapter.send, "__module__", "") == _MOCKS
        if not is_mocked or not isinstance(adapter, HTTPAdapter):
            return adapter
        is_own = type(adapter).send is not HTTPAdapter.send
        is_past = not is_own and is_served(host_name(urlsplit(url).hostname))
        return _Past(adapter, sys.modules[_MOCKS].__dict__["_real_send"]) if is_past else adapter

    with mock.patch.object(requests.Session, "get_adapter", get_adapter):
        yield
