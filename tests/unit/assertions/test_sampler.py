"""assert_sampler_run on real qiskit results, and the honesty of its statistics."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult

from pytest_qchannel.assertions import assert_sampler_run
from pytest_qchannel.errors import ExpectationFailed, NetworkBlocked, UsageProblem

BELL = {"00": 0.5, "11": 0.5}


class FakeJob:
    def __init__(
        self,
        result: Any,
        status: Any = "DONE",
        reason: str | None = None,
        error: Exception | None = None,
    ) -> None:
        self._result, self._status, self._reason, self._error = result, status, reason, error
        self.reads = 0

    def job_id(self) -> str:
        return "d1qvqk5pbnm0008jm8a0"

    def status(self) -> Any:
        return self._status

    def error_message(self) -> str | None:
        return self._reason

    def result(self) -> Any:
        self.reads += 1
        if self._error is not None:
            raise self._error
        return self._result


def bits(counts: Mapping[str, int]) -> BitArray:
    return BitArray.from_counts(counts, num_bits=len(next(iter(counts))))


def pub(**registers: BitArray) -> SamplerPubResult:
    shape = next(iter(registers.values())).shape
    return SamplerPubResult(DataBin(**registers, shape=shape))


def job(*counts: Mapping[str, int]) -> FakeJob:
    return FakeJob(PrimitiveResult([pub(c=bits(each)) for each in counts]))


def failure(target: Any, **arguments: Any) -> str:
    with pytest.raises(ExpectationFailed) as caught:
        assert_sampler_run(target, **arguments)
    text = str(caught.value)
    assert text.startswith("assert_sampler_run: ")
    assert "job d1qvqk5pbnm0008jm8a0" in text
    assert "next:" in text
    assert "SECRET" not in text
    assert caught.value.__context__ is None
    return text


# -- the job and its result --------------------------------------------------------------------


def test_good_run_gives_its_counts() -> None:
    seen = {"00": 510, "11": 490}
    assert assert_sampler_run(job(seen), shots=1000, counts=BELL) == seen
    assert assert_sampler_run(job(seen)) == seen


def test_status_may_be_an_enum() -> None:
    class JobStatus(Enum):
        DONE = "job has successfully run"
        ERROR = "job incurred error"

    done = job({"0": 10})
    done._status = JobStatus.DONE
    assert_sampler_run(done, shots=10, counts={"0": 1})
    done._status = JobStatus.ERROR
    assert "the job ended ERROR, not DONE" in failure(done)


@pytest.mark.parametrize("status", ["ERROR", "CANCELLED"])
def test_job_that_ended_badly_is_explained(status: str) -> None:
    bad = FakeJob(None, status, "Error code 1305; Ran too long; apikey SECRET-KEY")
    text = failure(bad, counts=BELL)
    assert f"the job ended {status}, not DONE" in text
    assert "reason: Error code 1305; Ran too long; apikey ***" in text
    assert bad.reads == 0


def test_job_that_fails_while_waited_for_is_explained() -> None:
    class FailsLater(FakeJob):
        def status(self) -> str:
            return "ERROR" if self.reads else "QUEUED"

    text = failure(FailsLater(None, error=RuntimeError("Bearer SECRET-KEY")))
    assert "the job ended ERROR, not DONE" in text
    assert "raised: RuntimeError: Bearer ***" in text


def test_result_that_cannot_be_read_is_explained() -> None:
    text = failure(FakeJob(None, error=ValueError("404 apikey SECRET-KEY")))
    assert "the job ended DONE, but its result could not be read" in text


def test_rules_of_the_kit_pass_through() -> None:
    with pytest.raises(NetworkBlocked):
        assert_sampler_run(FakeJob(None, error=NetworkBlocked("no network")))


def test_job_without_error_message_is_fine() -> None:
    bare = SimpleNamespace(job_id=lambda: "d1qvqk5pbnm0008jm8a0", status=lambda: "ERROR")
    assert "the job ended ERROR" in failure(bare)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (PrimitiveResult([]), "the result has no PUB"),
        (None, "the result has a NoneType, not a PrimitiveResult"),
        ("<html>", "the result has a str, not a PrimitiveResult"),
        (PrimitiveResult([SamplerPubResult(DataBin())]), "the PUB has no classical register"),
        (
            PrimitiveResult([SamplerPubResult(DataBin(c=np.zeros((4, 1)), shape=()))]),
            "register 'c' holds no bits but a ndarray",
        ),
        (
            PrimitiveResult([pub(c=BitArray(np.zeros((0, 5, 1), dtype=np.uint8), 1))]),
            "0 shots were counted, not any",
        ),
    ],
)
def test_result_that_is_no_sampler_result_is_explained(result: Any, words: str) -> None:
    assert words in failure(FakeJob(result))


def test_wrong_shots_are_explained() -> None:
    text = failure(job({"0": 100}), shots=1000)
    assert "register 'c' holds 100 shots, not 1000" in text
    assert "PUB 0" in text


def test_shots_are_for_each_parameter_set() -> None:
    swept = BitArray(np.zeros((2, 3, 50, 1), dtype=np.uint8), 1)
    target = FakeJob(PrimitiveResult([pub(c=swept)]))
    assert assert_sampler_run(target, shots=50, counts={"0": 1.0}) == {"0": 300}
    assert "holds 50 shots, not 300" in failure(target, shots=300)


def test_registers_must_agree() -> None:
    uneven = SamplerPubResult(DataBin(a=bits({"0": 5}), b=bits({"1": 6}), shape=()))
    text = failure(FakeJob(PrimitiveResult([uneven])))
    assert "the registers differ in shots" in text
    assert "register 'b' holds 6 shots, not 5" in failure(
        FakeJob(PrimitiveResult([uneven])), shots=5
    )


def test_registers_are_joined_with_the_first_one_rightmost() -> None:
    two = PrimitiveResult([pub(a=bits({"0": 20}), b=bits({"11": 20}))])
    assert assert_sampler_run(FakeJob(two), shots=20, counts={"110": 1.0}) == {"110": 20}
    assert "outcome '110' was seen 20 times" in failure(FakeJob(two), counts={"011": 1.0})


def test_registers_that_cannot_be_joined_are_a_usage_problem() -> None:
    old = SimpleNamespace(data=DataBin(a=bits({"0": 2}), b=bits({"1": 2}), shape=()))
    with pytest.raises(UsageProblem, match=r"(?s)several registers.*a, b"):
        assert_sampler_run(FakeJob([old]))


# -- several PUBs ------------------------------------------------------------------------------


def test_chosen_pub_is_checked_and_returned() -> None:
    two = job({"0": 10}, {"1": 20})
    assert assert_sampler_run(two, pub=1, shots=20, counts={"1": 1}) == {"1": 20}
    text = failure(two, pub=2)
    assert "the result has 2 PUBs, so there is no pub=2" in text
    assert "from 0 to 1" in text


def test_list_of_counts_checks_every_pub() -> None:
    two = job({"0": 10}, {"1": 10})
    assert assert_sampler_run(two, shots=10, counts=[{"0": 1}, {"1": 1}], pub=1) == {"1": 10}
    text = failure(two, counts=({"0": 1}, {"0": 1}))
    assert "PUB 1" in text
    assert "the result has 2 PUBs, but counts has 1" in failure(two, counts=[{"0": 1}])
    assert "PUB 1" in failure(job({"0": 10}, {"1": 11}), shots=10, counts=[{"0": 1}, {"1": 1}])


def test_pubs_of_a_list_share_the_significance() -> None:
    # p-value 0.012 alone: below 0.02, but not below 0.02 / 2
    coin, fair = {"0": 540, "1": 460}, {"0": 0.5, "1": 0.5}
    assert "p-value 0.011 < 0.02" in failure(job(coin, coin), counts=fair, significance=0.02)
    assert_sampler_run(job(coin, coin), counts=[fair, fair], significance=0.02)
    text = failure(job(coin, coin), counts=[fair, fair], significance=0.05)
    assert "significance 0.05, shared by 2 PUBs: a correct run fails this check once in 20" in text


# -- what the user may ask ---------------------------------------------------------------------


@pytest.mark.parametrize("significance", [0, 1, -0.1, 2, float("nan"), "0.1", None, True])
def test_significance_outside_0_to_1_is_a_usage_problem(significance: Any) -> None:
    with pytest.raises(UsageProblem, match=r"significance=.* is not between 0 and 1"):
        assert_sampler_run(job({"0": 1}), significance=significance)


@pytest.mark.parametrize("arguments", [{"shots": 0}, {"shots": 1.5}, {"shots": True}, {"pub": -1}])
def test_shots_and_pub_are_whole_numbers(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="a whole number"):
        assert_sampler_run(job({"0": 1}), **arguments)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "counts is empty"),
        ([], "counts is empty"),
        ([{}], "counts is empty"),
        ("00", "counts is a str"),
        (7, "counts is a int"),
        ({"0x1": 1.0}, r"the key '0x1' of counts is no bitstring"),
        ({"": 1.0}, "the key '' of counts is no bitstring"),
        ({3: 1.0}, r"the key 3 of counts is no bitstring"),
        ({"0 1": 1.0}, r"(?s)the key '0 1' of counts is no bitstring.*'01', without spaces"),
        ({"00": 0.5, "1": 0.5}, r"the keys '1' and '00' of counts differ in width"),
        ({"000": 0.5, "111": 0.5}, r"(?s)the key '000' of counts has 3 bits, the result 2.*'00'"),
        ({"00": -0.5, "11": 1.5}, r"(?s)the value -0.5 of key '00'.*0 or more"),
        ({"00": float("nan")}, "the value nan of key '00'"),
        ({"00": "1"}, "the value '1' of key '00'"),
        ({"00": True}, "the value True of key '00'"),
        ({"00": 0.0}, "counts sums to 0"),
        ({"00": 0.33, "11": 0.66}, r"(?s)counts sums to 0.99.*probabilities that sum to 1"),
        ({"00": 0.7, "11": 0.6}, "counts sums to 1.3"),
    ],
)
def test_counts_that_mean_nothing_are_a_usage_problem(counts: Any, words: str) -> None:
    with pytest.raises(UsageProblem, match=words):
        assert_sampler_run(job({"00": 50, "11": 50}), counts=counts)


def test_wrong_counts_are_told_before_the_job_is_waited_for() -> None:
    waiting = job({"0": 1})
    with pytest.raises(UsageProblem):
        assert_sampler_run(waiting, counts={"a": 1})
    assert waiting.reads == 0


def test_expected_counts_are_normalised() -> None:
    assert_sampler_run(job({"00": 500, "11": 500}), counts={"00": 2048, "11": 2048, "01": 0})
    assert_sampler_run(job({"00": 500, "11": 500}), counts={"00": 1, "11": 1})
    assert_sampler_run(job({"0": 3}), counts={"0": np.float64(1.0), "1": int(np.int64(0))})


# -- statistics --------------------------------------------------------------------------------


def test_impossible_outcome_fails_at_once() -> None:
    text = failure(job({"00": 500, "01": 1, "11": 499}), counts=BELL)
    assert text.startswith(
        "assert_sampler_run: outcome '01' was seen once, but its expected probability is 0"
    )
    assert "exact for a noiseless run" in text
    assert "outcome  seen  expected" in text


def test_biased_coin_is_caught_in_so_many_words() -> None:
    text = failure(job({"0": 600, "1": 400}), counts={"0": 0.5, "1": 0.5})
    assert "p-value 2.5e-10 < 1e-06" in text
    assert "chi-square statistic 40, 1 degree of freedom; p-value 2.5e-10" in text
    assert "significance 1e-06: a correct run fails this check once in 1,000,000 runs" in text
    assert "'0'       600     500.0" in text


def test_table_of_outcomes_is_capped() -> None:
    expected = {format(i, "05b"): 1 / 32 for i in range(32)}
    text = failure(job({"00000": 3200}), counts=expected)
    assert "(24 more, less far off)" in text
    assert "31 degrees of freedom" in text


def test_few_shots_are_judged_exactly() -> None:
    coin = {"0": 0.5, "1": 0.5}
    assert_sampler_run(job({"0": 8}), counts=coin)  # p = 2 ** -7
    text = failure(job({"0": 8}), counts=coin, significance=0.01)
    assert "exact binomial test of '0': statistic 8 of 8 shots, expected 4" in text
    assert "p-value 0.0078" in text


def test_one_rare_shot_does_not_fail() -> None:
    """Expected 0.001 shots, seen 1: rare, but merged, not a chi-square of 1000."""
    expected = {"00": 0.5 - 5e-7, "11": 0.5 - 5e-7, "01": 1e-6}
    assert_sampler_run(job({"00": 500, "11": 499, "01": 1}), counts=expected)


class _Register:
    """Counts without the work of packing bits, for thousands of runs."""

    num_bits = 3
    shape = ()

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts
        self.num_shots = sum(counts.values())

    def get_counts(self) -> dict[str, int]:
        return self._counts


def failures(
    expected: Mapping[str, float], true: Mapping[str, float], runs: int, shots: int
) -> int:
    generator = np.random.default_rng(20_251_123)
    failed = 0
    for row in generator.multinomial(shots, list(true.values()), size=runs):
        counts = {key: int(n) for key, n in zip(true, row, strict=True) if n}
        target = FakeJob([SimpleNamespace(data={"c": _Register(counts)})])
        try:
            assert_sampler_run(target, counts=expected, significance=0.05)
        except ExpectationFailed:
            failed += 1
    return failed


@pytest.mark.slow
@pytest.mark.parametrize(
    "shares",
    [
        (0.5, 0, 0, 0, 0, 0, 0, 0.5),
        (0.125,) * 8,
        (0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.015, 0.005),
    ],
    ids=["ghz", "uniform", "skewed"],
)
def test_correct_runs_fail_as_often_as_stated(shares: tuple[float, ...]) -> None:
    true = {format(i, "03b"): share for i, share in enumerate(shares)}
    assert 0.02 * 2000 < failures(true, true, runs=2000, shots=1000) < 0.08 * 2000


def test_stated_rate_holds_far_out_where_pearson_alone_does_not() -> None:
    """Two bins, one expecting 5 shots: exactly summed, Pearson alone fails 65 times too often."""
    from scipy import stats

    from pytest_qchannel.assertions._fit import fit

    shots, share, significance = 1000, 0.005, 1e-6
    expected = {"0": 1 - share, "1": share}
    rate = sum(
        float(stats.binom.pmf(seen, shots, share))
        for seen in range(60)
        if fit({"0": shots - seen, "1": seen}, expected).p_value < significance
    )
    assert rate < significance


def test_wrong_runs_are_nearly_always_caught() -> None:
    fair = {"000": 0.5, "111": 0.5}
    biased = {"000": 0.58, "111": 0.42}
    assert failures(fair, biased, runs=200, shots=1000) > 0.98 * 200
