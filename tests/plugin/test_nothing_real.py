"""Whatever the shape of a suite: nothing is looked up at IBM, and no key is sent."""

from __future__ import annotations

import pytest

from tests.plugin.probe_kit import KEY, Observed, observed, shapes

RUNS = {"environment": (), "account file, two workers": ("-n", "2")}
SHAPES = shapes()


@pytest.fixture(scope="module", params=RUNS)
def run_of_all(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Observed:
    """All shapes, run once."""
    args = RUNS[request.param]
    return observed(tmp_path_factory.mktemp("probe"), *args, is_saved=bool(args))


@pytest.mark.slow
def test_nothing_of_ibm_is_reached_and_the_key_is_not_sent(run_of_all: Observed) -> None:
    """What the user saw: ``def test(svc, qchannel)`` sent the person's own key to IBM."""
    assert [line for line in run_of_all.log if "ibm" in line.lower() or "key" in line] == []
    assert KEY not in run_of_all.said
    assert set(run_of_all.reports) == set(SHAPES)
    assert len(SHAPES) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_green_or_refused_by_name(run_of_all: Observed, name: str) -> None:
    expected, reports = SHAPES[name].expected, run_of_all.reports[name]
    if expected == "green":
        assert [outcome for outcome, _ in reports] == ["passed"]
    else:
        assert [outcome for outcome, _ in reports] == ["failed"] * len(reports)
        assert all(expected in text for _, text in reports), reports
