"""Do counts fit expected probabilities? Pure arithmetic; scipy takes a second to load.

Pearson's chi-square alone is not honest at a significance such as 1e-6: with an expected count of 5
in one bin its p-value is up to 70 times too small, by exact enumeration, so correct runs would fail
70 times as often as stated. The likelihood-ratio statistic is right there, but wrong for hundreds
of small bins, where Pearson's is right. So the p-value here is the larger of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scipy import stats

from pytest_qchannel.counted import counted

__all__ = ["Fit", "fit"]

MIN_EXPECTED: Final = 5.0


@dataclass(frozen=True)
class Fit:
    """A finished goodness-of-fit test.

    Attributes:
        test: What was computed, in words, with its value.
        p_value: The probability that a correct run is at least this far off.
        impossible: Outcomes that were seen though their probability is 0; the p-value is then 0.
    """

    test: str
    p_value: float
    impossible: tuple[str, ...] = ()


def fit(observed: Mapping[str, int], expected: Mapping[str, float]) -> Fit:
    """How well counts fit probabilities.

    Args:
        observed: Shots per outcome; at least one shot in all.
        expected: Probability per outcome, summing to 1; an outcome that is missing has 0.
    """
    impossible = tuple(
        sorted(name for name, seen in observed.items() if seen and not expected.get(name, 0))
    )
    if impossible:
        return Fit("an outcome of probability 0 was seen", 0.0, impossible)
    shots = sum(observed.values())
    outcomes = {name: share for name, share in expected.items() if share > 0}
    if len(outcomes) == 1:
        return Fit("every shot gave the one possible outcome", 1.0)
    bins = _bins(observed, outcomes, shots)
    if len(bins) == 1:
        return _binomial(observed, outcomes, shots)
    return _chi_square(bins)


def _bins(
    observed: Mapping[str, int], expected: Mapping[str, float], shots: int
) -> list[tuple[int, float]]:
    """Seen and expected shots per bin, each bin expecting 5 or more, if there are two at all."""
    pairs = sorted(
        ((observed.get(name, 0), share * shots) for name, share in expected.items()),
        key=lambda pair: pair[1],
    )
    rest_seen, rest_expected = 0, 0.0
    while pairs and (pairs[0][1] < MIN_EXPECTED or 0 < rest_expected < MIN_EXPECTED):
        seen, wanted = pairs.pop(0)
        rest_seen, rest_expected = rest_seen + seen, rest_expected + wanted
    return [(rest_seen, rest_expected), *pairs] if rest_expected else pairs


def _chi_square(bins: list[tuple[int, float]]) -> Fit:
    seen = [float(pair[0]) for pair in bins]
    total = sum(pair[1] for pair in bins)
    wanted = [pair[1] * sum(seen) / total for pair in bins]  # scipy insists on equal sums
    pearson = stats.chisquare(seen, wanted)
    ratio = stats.power_divergence(seen, wanted, lambda_="log-likelihood")
    freedom = len(bins) - 1
    return Fit(
        f"chi-square statistic {float(pearson.statistic):.4g}, "
        f"{counted(freedom, 'degree')} of freedom",
        max(float(pearson.pvalue), float(ratio.pvalue)),
    )


def _binomial(observed: Mapping[str, int], expected: Mapping[str, float], shots: int) -> Fit:
    """The exact test for too few shots to fill two bins: the likeliest outcome against the rest."""
    likeliest = max(expected, key=lambda name: expected[name])
    share = min(1.0, expected[likeliest])
    seen = observed.get(likeliest, 0)
    return Fit(
        f"exact binomial test of '{likeliest}': statistic {seen} of {counted(shots, 'shot')}, "
        f"expected {share * shots:.4g}",
        float(stats.binomtest(seen, shots, share).pvalue),
    )
