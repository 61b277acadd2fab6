"""The consoles of the pages that want IBM's services, with the second server where those stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_qchannel.channels.client import client_version
from tests.e2e.consoles_kit import run_page
from tests.e2e.pages_kit import PAGES, blocks_of
from tests.live.second_server import SecondServer
from tests.live.worlds import WORLD

LIVE = [page for page in PAGES if any(one.is_live for one in blocks_of(page))]


@pytest.fixture(scope="module")
def world() -> str:
    """Small devices, with twins for dry runs."""
    return f"dry_run_devices = true\n{WORLD}"


@pytest.mark.skipif(client_version() < "0.51", reason="they show what the newest client says")
@pytest.mark.parametrize("page", LIVE, ids=lambda page: page.stem)
def test_a_live_console_says_what_is_shown(
    page: Path, led: SecondServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page(page, pytester, monkeypatch)
    assert led.alive() == []
