"""vcrpy stands between every thread and the network, as long as a tape runs."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Sequence

import httpx
import pytest
import urllib3.connectionpool
import vcr.patch

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.vcrpy.vcr_tape import taped


class _Tape:
    is_recording = True

    def is_ours(self, url: str) -> bool:
        return bool(url)

    def answer(self, sent: Interaction) -> None:
        assert sent

    def was_sent(self) -> None:
        pass

    def keep(self, interaction: Interaction) -> None:
        assert interaction

    def interactions(self) -> list[Interaction]:
        return []


def test_a_connection_that_is_made_leaves_no_gap_for_other_threads() -> None:
    """What one of six threads sent was missing in the cassette: vcrpy was out of the way."""
    pool = urllib3.connectionpool.HTTPSConnectionPool
    real = pool.ConnectionCls
    with taped(_Tape(), "a.yaml", None, {}):
        ours = pool.ConnectionCls
        assert ours is not real
        with vcr.patch.force_reset():
            assert pool.ConnectionCls is ours
    assert pool.ConnectionCls is real


def test_two_threads_make_connections_at_once_and_vcrpy_stays() -> None:
    """With vcrpy 7 two windows that overlapped left the real classes there for good."""
    real = http.client.HTTPSConnection
    with taped(_Tape(), "a.yaml", None, {}):
        ours = http.client.HTTPSConnection
        first, second = vcr.patch.force_reset(), vcr.patch.force_reset()
        first.__enter__()
        second.__enter__()
        assert http.client.HTTPSConnection is real
        first.__exit__(None, None, None)
        assert http.client.HTTPSConnection is real
        second.__exit__(None, None, None)
        assert http.client.HTTPSConnection is ours


@pytest.mark.skipif(not hasattr(vcr.patch, "PATCHER_NAMES"), reason="this vcrpy skips nothing")
def test_libraries_that_are_not_there_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a short test the search for them, on the whole path, was a twentieth."""
    missing = {"httplib2", "tornado"}
    for name in [one for one in sys.modules if one.partition(".")[0] in missing]:
        monkeypatch.delitem(sys.modules, name)
    looked_for: list[str] = []

    class Watching:
        @staticmethod
        def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:
            looked_for.append(name.partition(".")[0])

    real = httpx.HTTPTransport.handle_request
    monkeypatch.setattr(sys, "meta_path", [Watching, *sys.meta_path])
    with taped(_Tape(), "a.yaml", None, {"skip_patchers": ("aiohttp",)}) as cassette:
        assert not missing & set(looked_for)
        assert "aiohttp" in cassette.skip_patchers
        assert httpx.HTTPTransport.handle_request is not real
