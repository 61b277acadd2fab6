"""An open door, with TLS and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.emulator.adapters.opened_kit import Opened, opened


@pytest.fixture(params=["tls", "plain"])
def served(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with opened(tls=request.param == "tls") as it:
        yield it
