"""The counts in the body of a job's results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_qchannel.cassette.counts import Counted, counts_in
from pytest_qchannel.emulator.programs import results

BITS = np.array([[0, 1], [0, 1], [1, 1]], dtype=bool)  # bit 0 first: 10, 10, 11
ARRAY: Any = results.bit_array(BITS)


def sampled(**registers: Any) -> dict[str, Any]:
    """A result of one PUB as the service encodes it."""
    encoded = {name: results.bit_array(bits) for name, bits in registers.items()}
    pub = results.pub_result("SamplerPubResult", encoded, (), {})
    return {"__type__": "PrimitiveResult", "__value__": {"pub_results": [pub], "metadata": {}}}


@pytest.mark.parametrize(
    ("registers", "counts"),
    [
        ({"meas": BITS}, {"10": 2, "11": 1}),
        ({"first": BITS[:, :1], "second": BITS}, {"10 0": 2, "11 1": 1}),
        ({"wide": np.eye(17, dtype=bool)[[16]]}, {"1" + "0" * 16: 1}),
    ],
    ids=["one register", "two, as Qiskit writes them", "wider than a byte"],
)
def test_results_of_the_client(registers: dict[str, Any], counts: dict[str, int]) -> None:
    assert list(counts_in(sampled(**registers))) == [Counted(sum(counts.values()), counts, 0)]


def test_results_of_rest_users() -> None:
    told = {"results": [{"data": {"c": {"samples": ["0x0", "0x3"], "num_bits": 2}}}]}
    assert list(counts_in(told)) == [Counted(2, {"00": 1, "11": 1}, 0)]


def test_of_many_bitstrings_the_most_frequent_are_told() -> None:
    bits = np.array([[(number >> k) & 1 for k in range(7)] for number in range(128)], dtype=bool)
    [found] = counts_in(sampled(c=bits))
    assert found is not None
    assert (found.shots, len(found.counts), found.other_shots) == (128, 64, 64)


@pytest.mark.parametrize(
    "register",
    [
        {"num_bits": 1, "samples": ["zz"]},
        {"num_bits": 1, "samples": [None]},
        {"num_bits": -3, "samples": ["0x1"]},
        {"num_bits": True, "samples": ["0x1"]},
        {"num_bits": 0, "array": ARRAY["__value__"]["array"]},
        {"num_bits": 1, "array": {"__value__": "k05VTVBZ"}},
    ],
)
def test_a_register_that_cannot_be_read_has_none(register: dict[str, object]) -> None:
    """With --qchannel-report the run ended with pytest's INTERNALERROR."""
    assert list(counts_in({"results": [{"data": {"c": register}}]})) == [None]


@pytest.mark.parametrize(
    "told", [[], "x", None, {"results": [3]}, {"results": 3}, {"pub_results": [{"data": []}]}]
)
def test_what_is_no_result_has_no_counts(told: object) -> None:
    assert all(one is None for one in counts_in(told))
