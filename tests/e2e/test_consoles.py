"""The pages' consoles: what is typed is run, in a fresh folder, and says what is shown."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pytest_qchannel.channels.client import client_version
from pytest_qchannel.emulator.faults.parse import parse_fault
from pytest_qchannel.options import OPTIONS
from tests.e2e.consoles_kit import run_page, typed
from tests.e2e.pages_kit import NOT_RUN, PAGES, blocks_of

TYPED = {
    command.partition("#")[0].strip()
    for page in PAGES
    for block in blocks_of(page, "console")
    if block.is_run
    for command, _ in typed(block)
}
LANGUAGES = ("python", "console", "toml", "ini", "yaml", "javascript", "cpp", "text")

WITH_CONSOLES = [
    page
    for page in PAGES
    if any(one.is_run for one in blocks_of(page, "console"))
    and not any(one.is_live for one in blocks_of(page))  # tests/live runs these
]
newest = pytest.mark.skipif(client_version() < "0.51", reason="they show what the newest one says")


@newest
@pytest.mark.parametrize("page", WITH_CONSOLES, ids=lambda page: page.stem)
def test_a_console_says_what_is_shown(
    page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page(page, pytester, monkeypatch)


def test_almost_all_blocks_are_run() -> None:
    """One that cannot run says why, where the reader sees it."""
    all_blocks = [one for page in PAGES for one in blocks_of(page, "python", "console")]
    left = [one.text.partition("\n")[0] for one in all_blocks if not one.is_run]
    assert all(len(line) > len(NOT_RUN) + 10 for line in left)
    assert len(left) <= 5
    assert len(left) <= 0.05 * len(all_blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_that_is_not_run_is_checked(page: Path) -> None:
    """A fragment of a file means what it says, a hook runs what a console does.

    What a program says is ``text``, and so is a command with parts to fill in.
    """
    assert {*re.findall(r"^```(\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)} <= {
        *LANGUAGES
    }
    consoles = [block for block in blocks_of(page, "console") if block.is_run]
    assert consoles or not any(block.file for block in blocks_of(page)), "nothing runs its files"
    for block in blocks_of(page, *LANGUAGES, ""):
        assert block.language in LANGUAGES or block.text.startswith("python -m pip install . &&")
        if block.language == "text":
            assert not re.search(r"^(\$ |pytest )", block.text, re.MULTILINE), "a console, then"
        if block.language == "toml":
            for fault in tomllib.loads(block.text).get("faults", ()):
                assert parse_fault(fault)
        if block.language == "ini":
            keys = re.findall(r"^(\w+) = ", block.text, re.MULTILINE)
            assert {option.ini_key for option in OPTIONS} >= {*keys} > set()
        if block.language == "yaml" and "hooks:" in block.text:
            entries = re.findall(r"entry: (.*)", block.text)
            assert TYPED >= {*entries} > set()
