"""The table of the client's releases: in order, and found by what a request asks for."""

from __future__ import annotations

import pytest

from pytest_qchannel.ibm.releases import (
    API_VERSIONS,
    RELEASES,
    Release,
    Version,
    is_twin,
    newest_asking_for,
    version_of,
)

ROWS = (
    Release((0, 34), api_version=""),
    Release((0, 41), api_version="2025-05-01"),
    Release((0, 45)),
    Release((0, 48), api_version="2026-04-15"),
    Release((0, 52), jobs={"sampler": {"options.example_flag": {"type": "boolean"}}}),
)


@pytest.mark.parametrize(
    ("asked", "newest"),
    [
        ("", (0, 34)),
        ("2025-05-01", (0, 45)),
        ("2026-01-01", (0, 45)),
        ("2026-04-15", (0, 52)),
        ("2099-01-01", (0, 52)),
    ],
)
def test_the_newest_release_that_asks_for_a_version_of_the_api(asked: str, newest: Version) -> None:
    assert newest_asking_for(asked, ROWS) == newest


def test_releases_and_what_they_ask_for_are_in_order() -> None:
    assert [one.since for one in RELEASES] == sorted({one.since for one in RELEASES})
    asked = [one.api_version for one in RELEASES if one.api_version is not None]
    assert asked == sorted(asked)
    assert asked[0] == "", "the oldest asks for none"


def test_there_is_every_version_of_the_api_that_a_release_asks_for() -> None:
    """A new one was answered as the newest that was known, and nobody told."""
    asked = {one.api_version for one in RELEASES if one.api_version}
    assert asked <= set(API_VERSIONS)
    assert list(API_VERSIONS) == sorted(API_VERSIONS)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0.51.0", (0, 51, 0)), ("0.52.0rc1", (0, 52, 0)), ("0.53.dev2", (0, 53)), ("notes", ())],
)
def test_a_version_is_the_numbers_it_begins_with(text: str, numbers: Version) -> None:
    assert version_of(text) == numbers


@pytest.mark.parametrize("name", ["ibm_fez", "mocker_fez", "_fez", ""])
def test_only_a_twin_takes_dry_runs_alone(name: str) -> None:
    """A job on a device of an odd name, or of none, was priced as a dry run: at nothing."""
    assert not is_twin(name)
    assert is_twin("mock_fez")
