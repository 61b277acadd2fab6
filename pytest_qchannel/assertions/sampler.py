"""A Sampler run: it ended well, it has all shots, and the counts are what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from pytest_qchannel.assertions._expected import Expected, probabilities, require_width
from pytest_qchannel.assertions._explain import explain_error, scrub_text
from pytest_qchannel.assertions._pub_result import Pub, read_pub, size_of
from pytest_qchannel.assertions._table import table
from pytest_qchannel.compared import note
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import ExpectationFailed, QChannelError, UsageProblem
from pytest_qchannel.wire import is_int, is_number

__all__ = ["assert_sampler_run"]

_SHOWN: Final = 8


class _Job(Protocol):
    """What is asked of a job of ``SamplerV2``."""

    def job_id(self) -> str:
        """Its id."""

    def status(self) -> object:
        """A word, or an enumeration's member: it differs between clients."""

    def result(self) -> Sequence[object]:
        """A ``PrimitiveResult``."""


def assert_sampler_run(
    job: Any,
    *,
    shots: int | None = None,
    counts: Expected | None = None,
    significance: float = 1e-6,
    pub: int = 0,
) -> dict[str, int]:
    """Holds if the job is done, every register has all shots, and the counts fit.

    Args:
        job: A job of ``SamplerV2``.
        shots: How many shots each parameter set must have: of the PUB, or of every PUB where
            ``counts`` is a list.
        counts: What is expected: a probability (summing to 1) or an expected count by bitstring,
            several registers joined as ``join_data()`` does; or a list of these, one for each PUB.
            An outcome of probability 0, or one that is missing, must not occur at all.
        significance: The probability that a correct run fails, between 0 and 1. PUBs of a list
            share it. The test is a chi-square goodness of fit, outcomes that expect fewer than
            five shots taken together; where too few shots are left for that, an exact binomial.
        pub: The PUB that is looked at and whose counts are returned.

    Returns:
        The counts by bitstring of that PUB, over all its parameter sets.

    Raises:
        ExpectationFailed: The job failed, shots are missing, or the counts do not fit.
        UsageProblem: An argument makes no sense; told before the job is waited for.
    """
    __tracebackhide__ = True
    _require_significance(significance)
    _require_whole("shots", shots, 1)
    _require_whole("pub", pub, 0)
    per_pub = _per_pub(counts, pub)
    where = f"job {job.job_id()}"
    result = _result_of(job, where)
    size = size_of(result, where)
    if not 0 <= pub < size:
        raise ExpectationFailed(
            f"assert_sampler_run: the result has {counted(size, 'PUB')}, so there is no pub={pub}",
            where=where,
            next=f"give a number from 0 to {size - 1}",
        )
    is_list = isinstance(counts, list | tuple)
    if is_list and len(per_pub) != size:
        raise ExpectationFailed(
            f"assert_sampler_run: the result has {counted(size, 'PUB')}, but counts has "
            f"{len(per_pub)}",
            where=where,
            next="give one mapping for each PUB",
        )
    numbers = range(size) if is_list else [pub]
    read = {n: read_pub(result[n], f"{where}, PUB {n}", shots) for n in numbers}
    for number, expected in per_pub.items():
        require_width(expected, read[number].width, read[number].registers)
        note(job.job_id(), number, expected)
        _require_fit(read[number], expected, significance, len(per_pub))
    return read[pub].counts


def _require_significance(value: object) -> None:
    __tracebackhide__ = True
    if not is_number(value) or not 0 < value < 1:
        raise UsageProblem(
            f"assert_sampler_run: significance={value!r} is not between 0 and 1",
            next="give the probability that a correct run may fail, such as 1e-6",
        )


def _require_whole(name: str, value: object, least: int) -> None:
    __tracebackhide__ = True
    if value is not None and (not is_int(value) or value < least):
        raise UsageProblem(
            f"assert_sampler_run: {name}={value!r} is not a whole number of {least} or more",
            next=f"give {name} as a whole number, {least} or more",
        )


def _per_pub(counts: Expected | None, pub: int) -> dict[int, dict[str, float]]:
    __tracebackhide__ = True
    if counts is None:
        return {}
    if isinstance(counts, list | tuple):
        if not counts:
            raise UsageProblem(
                "assert_sampler_run: counts is empty",
                next="give one mapping for each PUB, or leave counts out",
            )
        return {number: probabilities(one) for number, one in enumerate(counts)}
    return {pub: probabilities(counts)}


def _word(status: object) -> str:
    return str(getattr(status, "name", status))


def _result_of(job: _Job, where: str) -> Sequence[object]:
    __tracebackhide__ = True
    raised = ""
    result: Sequence[object] = ()
    if _word(job.status()) not in ("ERROR", "CANCELLED"):
        try:
            result = job.result()
        except QChannelError:
            raise
        except Exception as error:  # each client has its own family
            raised = explain_error(error)
    status = _word(job.status())
    if status == "DONE" and not raised:
        return result
    message = getattr(job, "error_message", None)
    reason = message() if callable(message) else None
    facts = [("raised", raised), ("reason", scrub_text(str(reason)) if reason else "")]
    raise ExpectationFailed(
        "assert_sampler_run: the job ended DONE, but its result could not be read"
        if status == "DONE"
        else f"assert_sampler_run: the job ended {status}, not DONE",
        where=where,
        facts=facts,
        next="mend what the service says of the job; qchannel.requests shows what was sent",
    )


def _require_fit(pub: Pub, expected: dict[str, float], significance: float, sharers: int) -> None:
    from pytest_qchannel.assertions._fit import fit  # here: it loads scipy

    __tracebackhide__ = True
    found = fit(pub.counts, expected)
    if found.impossible:
        name = found.impossible[0]
        seen = pub.counts[name]
        raise ExpectationFailed(
            f"assert_sampler_run: outcome '{name}' was seen {_times(seen)}, but its expected "
            "probability is 0",
            where=pub.where,
            facts=[
                ("outcomes", _outcomes(pub.counts, expected)),
                ("test", "exact for a noiseless run: not one such shot is possible"),
            ],
            next="mend the circuit, or give these outcomes their share of counts",
        )
    if found.p_value < significance / sharers:
        raise ExpectationFailed(
            f"assert_sampler_run: the counts do not fit, p-value {found.p_value:.2g} < "
            f"{significance / sharers:g}",
            where=pub.where,
            facts=[
                ("outcomes", _outcomes(pub.counts, expected)),
                ("test", f"{found.test}; p-value {found.p_value:.2g}"),
                ("alarm", _alarm(significance, sharers)),
            ],
            next="mend the circuit or the expected counts",
        )


def _times(seen: int) -> str:
    return "once" if seen == 1 else f"{seen} times"


def _alarm(significance: float, sharers: int) -> str:
    shared = f", shared by {sharers} PUBs" if sharers > 1 else ""
    return (
        f"significance {significance:g}{shared}: a correct run fails this check once in "
        f"{1 / significance:,.0f} runs"
    )


def _outcomes(counts: dict[str, int], expected: dict[str, float]) -> str:
    shots = sum(counts.values())
    rows = sorted(
        (
            (abs(counts.get(key, 0) - expected.get(key, 0.0) * shots), key)
            for key in counts.keys() | expected.keys()
        ),
        key=lambda row: (-row[0], row[1]),
    )
    cells = [
        (f"'{key}'", counts.get(key, 0), round(expected.get(key, 0.0) * shots, 1))
        for _, key in rows[:_SHOWN]
    ]
    text = table(("outcome", "seen", "expected"), cells)
    left = len(rows) - len(cells)
    return f"{text}\n({left} more, less far off)" if left else text
