"""A Sampler run: it ended well, it has all shots, and the counts are what they should be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_qchannel.assertions._explain import scrub_text
from pytest_qchannel.errors import ExpectationFailed, UsageProblem

__all__ = ["assert_sampler_run"]

_SHOWN: Final = 8


def assert_sampler_run(
    job: Any,
    *,
    shots: int | None = None,
    counts: Mapping[str, float] | Sequence[Mapping[str, float]] | None = None,
    significance: float = 1e-6,
    pub: int = 0,
) -> dict[str, int]:
    """Holds if the job is done, every register has all shots, and the counts fit.

    The counts are compared outcome by outcome with exact binomial tests; the significance is
    shared out among them (Bonferroni). So a correct run fails with a probability of at most
    ``significance``, whatever the number of shots and outcomes. An outcome that is not expected
    at all fails at once: the expectation is exact, give noise its share where there is any.

    Args:
        job: A job of ``SamplerV2``.
        shots: How many shots each parameter set of each PUB must have.
        counts: What is expected: probability (or relative weight) by bitstring, registers joined
            as ``join_data()`` does; or a sequence of these, one for each PUB.
        significance: The largest probability that a correct run fails, between 0 and 1.
        pub: The PUB whose counts are compared and returned.

    Returns:
        The counts by bitstring of that PUB, over all its parameter sets.

    Raises:
        ExpectationFailed: The job failed, shots are missing, or the counts do not fit.
        UsageProblem: ``counts``, ``significance`` or ``pub`` make no sense.
    """
    __tracebackhide__ = True
    if not 0 < significance < 1:
        raise UsageProblem(
            f"significance={significance!r} is no probability", next="give one such as 1e-6"
        )
    result = _result_of(job)
    if not 0 <= pub < len(result):
        raise UsageProblem(
            f"pub={pub} is not in a result of {len(result)} PUBs", next="count from 0"
        )
    where = f"job {job.job_id()}"
    if shots is not None:
        for number, one in enumerate(result):
            _require_shots(one, shots, f"{where}, pub {number}")
    per_pub = (
        {pub: counts} if isinstance(counts, Mapping) or counts is None else dict(enumerate(counts))
    )
    for number, expected in per_pub.items():
        if expected is None:
            continue
        if number >= len(result):
            raise UsageProblem(
                f"counts for {len(per_pub)} PUBs, but the result has {len(result)}",
                next="give one mapping for each PUB",
            )
        _require_fit(_counts(result[number]), expected, significance, f"{where}, pub {number}")
    return _counts(result[pub])


def _result_of(job: Any) -> Any:
    __tracebackhide__ = True
    try:
        result = job.result()
    except Exception as error:
        status = job.status()
        raise ExpectationFailed(
            "assert_sampler_run: the job gave no result",
            where=f"job {job.job_id()}",
            facts=[
                ("status", str(getattr(status, "name", status))),
                ("got", scrub_text(f"{type(error).__name__}: {error}")),
            ],
            next="mend what the service says of the job",
        ) from error
    if not result:
        raise ExpectationFailed(
            "assert_sampler_run: the result is empty",
            where=f"job {job.job_id()}",
            next="submit at least one PUB",
        )
    return result


def _require_shots(pub_result: Any, shots: int, where: str) -> None:
    __tracebackhide__ = True
    for name, bits in pub_result.data.items():
        if bits.num_shots != shots:
            raise ExpectationFailed(
                f"assert_sampler_run: register {name} has {bits.num_shots} shots, not {shots}",
                where=where,
                next=f"run with shots={shots}, or expect shots={bits.num_shots}",
            )


def _counts(pub_result: Any) -> dict[str, int]:
    join = getattr(pub_result, "join_data", None)
    registers = list(pub_result.data.values())
    bits = join() if join is not None and len(registers) > 1 else registers[0]
    return dict(bits.get_counts())


def _probabilities(expected: Mapping[str, float], width: int) -> dict[str, float]:
    __tracebackhide__ = True
    for key, weight in expected.items():
        if not isinstance(key, str) or len(key) != width or set(key) - {"0", "1"}:
            raise UsageProblem(
                f"{key!r} is no outcome of {width} bits", next=f"write it as {'0' * width!r}"
            )
        if not weight >= 0 or math.isinf(weight):
            raise UsageProblem(
                f"the weight {weight!r} of {key!r} is no probability", next="give 0 or more"
            )
    total = math.fsum(expected.values())
    if total <= 0:
        raise UsageProblem("no outcome is expected", next="give at least one weight above 0")
    return {key: weight / total for key, weight in expected.items() if weight > 0}


def _require_fit(
    observed: dict[str, int], expected: Mapping[str, float], significance: float, where: str
) -> None:
    __tracebackhide__ = True
    from scipy.stats import binomtest

    width = len(next(iter(observed)))
    shots = sum(observed.values())
    wanted = _probabilities(expected, width)
    stray = {key: number for key, number in observed.items() if key not in wanted}
    if stray:
        raise ExpectationFailed(
            f"assert_sampler_run: {sum(stray.values())} of {shots} shots gave outcomes that are "
            "not expected at all",
            where=where,
            facts=[("unexpected", _listed(stray)), ("expected", ", ".join(list(wanted)[:_SHOWN]))],
            next="mend the circuit, or give these outcomes a share of counts",
        )
    share = significance / len(wanted)
    tests = {
        key: float(binomtest(observed.get(key, 0), shots, min(1.0, chance)).pvalue)
        for key, chance in wanted.items()
    }
    worst = min(tests, key=lambda key: tests[key])
    if tests[worst] < share:
        raise ExpectationFailed(
            f"assert_sampler_run: outcome {worst} came {observed.get(worst, 0)} times in {shots} "
            f"shots, expected {wanted[worst] * shots:.1f}",
            where=where,
            facts=[
                ("got", _listed(observed)),
                (
                    "test",
                    f"exact binomial p-value {tests[worst]:.3g} < {share:.3g} "
                    f"(significance {significance:g} over {len(wanted)} outcomes)",
                ),
                ("alarm", f"a correct run fails at most once in {1 / significance:,.0f} runs"),
            ],
            next="mend the circuit or the expected counts",
        )


def _listed(counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda row: -row[1])
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(f"{key}: {number}" for key, number in rows[:_SHOWN]) + more
