"""Names of instances that a test writes: what was recorded green replays green, or says why not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels_kit import is_offered
from tests.plugin.lane_kit import RECORD, files

pytestmark = pytest.mark.skipif(
    not is_offered("ibm_quantum_platform"),
    reason="the default world's premium-instance is on a channel that the client lacks",
)

NAMED = """
    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    @pytest.mark.vcr
    def test_named_instance(qchannel):
        assert QiskitRuntimeService(instance="premium-instance").backends()
"""
CLASSIC = """
    import pytest

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_quantum")
    def test_named_instance(qchannel_rest):
        provider = {"provider": "ibm-q-emulated/premium/main"}
        assert qchannel_rest.get("/backends", params=provider).json()["devices"]
"""
UNITTEST = """
    import unittest
    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    @pytest.mark.vcr
    @pytest.mark.usefixtures("qchannel")
    class TestIt(unittest.TestCase):
        def test_named_instance(self):
            assert QiskitRuntimeService(instance="premium-instance").backends()
"""


def test_an_instance_of_the_emulated_world_keeps_its_name(
    run: Any, pytester: pytest.Pytester
) -> None:
    """It was recorded, and its replay ended with the client's own "not a valid instance name"."""
    run(NAMED, *RECORD).assert_outcomes(passed=1)
    (index,) = files(pytester.path / "cassettes").values()
    assert b"premium-instance" in index
    run(NAMED).assert_outcomes(passed=1)


def test_names_of_the_classic_platform_stay_as_well(run: Any) -> None:
    run(CLASSIC, *RECORD).assert_outcomes(passed=1)
    run(CLASSIC).assert_outcomes(passed=1)


def _old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records as it was before names stayed, or as the real services are recorded."""
    from pytest_qchannel.lanes.source.emulated import EmulatedSource

    made = EmulatedSource.__init__

    def without_names(self: Any, *args: Any, **words: Any) -> None:
        made(self, *args, **words)
        self.public_names = set()

    monkeypatch.setattr(EmulatedSource, "__init__", without_names)


@pytest.mark.parametrize("source", [NAMED, UNITTEST], ids=["function", "unittest"])
def test_a_stand_in_that_is_in_the_way_is_named(
    run: Any, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    with monkeypatch.context() as patch:
        _old(patch)
        run(source, *RECORD).assert_outcomes(passed=1)
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*The instance specified (premium-instance) is not a valid instance name.*",
            "*in this replay instances have other names: instance-1, *",
            "*where: *cassettes*test_named_instance*",
            "*next: *pytest *test_named_instance*--qchannel-mode=record*, or read names*",
        ]
    )


def test_names_that_are_listed_stay(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _old(monkeypatch)
    run(NAMED, *RECORD, "--qchannel-keep=other, premium-instance").assert_outcomes(passed=1)
    run(NAMED).assert_outcomes(passed=1)


def test_a_credential_is_no_name(run: Any) -> None:
    result = run(NAMED, *RECORD, "--qchannel-keep=crn:v1:bluemix:public")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*--qchannel-keep: 'crn:v1:bluemix:public' is no name of an instance"]
    )
