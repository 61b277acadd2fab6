"""The leak table through the record lane: nothing of a planted value is anywhere in the tree."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.cassette.scrub.lane_kit import by_lane, by_vcrpy, files_with, is_found
from tests.unit.cassette.scrub.leaks_kit import LEAKS, Leak
from tests.unit.cassette.scrub.planted_kit import ENCODINGS, PLACES

REFUSED_BY: Final = {
    "an array": {"gate"},
    # What the test itself sends and a cassette must not have, no replay would find again.
    **{place: {"saved", "refused"} for place in ("a query", "query", "path")},
}
ONE_OF_A_PLACE: Final = list({(leak.kind, leak.place): leak for leak in LEAKS}.values())


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_a_value_that_nobody_knew_is_nowhere_in_the_tree(leak: Leak, tmp_path: Path) -> None:
    """Nor where the gate refused the cassette and the rest of it was put aside."""
    done = by_lane(leak.interaction, tmp_path)
    assert done in REFUSED_BY.get(leak.place, {"saved"})
    assert any(tmp_path.rglob("*.yaml")), "neither saved nor put aside"
    assert files_with(leak.value, tmp_path) == []


@pytest.mark.parametrize("leak", ONE_OF_A_PLACE, ids=str)
def test_a_value_that_was_known_is_nowhere_in_the_tree(leak: Leak, tmp_path: Path) -> None:
    by_lane(leak.interaction, tmp_path, known=leak.value)
    assert any(tmp_path.rglob("*.yaml")), "neither saved nor put aside"
    assert files_with(leak.value, tmp_path) == []


@pytest.mark.slow
@settings(max_examples=60)
@given(
    value=st.text(st.characters(codec="ascii", min_codepoint=33), min_size=12, max_size=60),
    place=st.sampled_from(sorted(PLACES)),
    encoding=st.sampled_from(sorted(ENCODINGS)),
)
def test_known_secrets_of_any_looks_are_nowhere_in_the_tree(
    value: str, place: str, encoding: str
) -> None:
    interaction = PLACES[place](ENCODINGS[encoding](value))
    with tempfile.TemporaryDirectory() as folder:
        by_lane(interaction, Path(folder), known=value)
        assert files_with(value, Path(folder)) == []


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_the_second_search_finds_it_where_it_is(leak: Leak) -> None:
    one = leak.interaction
    headers = (*one.request_headers, *one.response_headers)
    head = "\n".join([one.url, *(text for row in headers for text in row)]).encode()
    parts = (head, one.request_body, one.response_body)
    assert any(is_found(leak.value, part) for part in parts)


@pytest.mark.slow
def test_plain_vcrpy_stores_it_and_the_search_sees_it(tmp_path: Path) -> None:
    """The search is worth nothing if it finds nothing in cassettes that do leak."""
    for number, leak in enumerate(ONE_OF_A_PLACE):
        root = tmp_path / str(number)
        by_vcrpy(leak.interaction, root)
        assert files_with(leak.value, root) == ["plain.yaml"]
