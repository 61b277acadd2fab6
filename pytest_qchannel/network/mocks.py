"""Requests that pass a test's own mocks.

A ``responses`` mock of the test's own replaces what sends in ``requests``, for every host; requests
for the hosts that a lane answers for pass it, as they do at the in-process door.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from pytest_qchannel.hosts import host_name

__all__ = ["past_mocks"]

_MOCKS: Final = "responses"


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
def past_mocks(is_served: Callable[[str], bool]) -> Iterator[None]:
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
