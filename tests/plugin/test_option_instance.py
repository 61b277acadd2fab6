"""An instance by name: setting, marker and ``connect``; and which one can have a session."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels_kit import is_offered
from tests.plugin.lane_kit import RECORD

pytestmark = pytest.mark.skipif(
    not is_offered("ibm_quantum_platform"),
    reason="the default world's premium-instance is on a channel that the client lacks",
)

USES = """
    import os
    import pytest

    MARK
    def test_a(qchannel, qchannel_service):
        assert qchannel.account.instance.name == "premium-instance"
        assert qchannel_service.active_instance() == qchannel.account.instance.id
        assert os.environ["QISKIT_IBM_INSTANCE"] == qchannel.account.instance.id
        variable = f"QCHANNEL_{str(qchannel.channel).upper()}_INSTANCE"
        assert os.environ[variable] == qchannel.account.instance.id
"""
MARKED = USES.replace("MARK", '@pytest.mark.qchannel(instance="premium-instance")')
CONNECTS = """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel):
        service = qchannel.connect(instance="premium-instance")
        assert service.active_instance() == qchannel.instances[1].id
        assert qchannel.connect().active_instance() == qchannel.instances[0].id
"""
SESSION = """
    import pytest
    from qiskit_ibm_runtime import Session

    MARK
    def test_a(qchannel_service):
        with Session(backend=qchannel_service.backend("A_DEVICE")):
            pass
"""


def test_a_marker_names_the_instance_of_a_test(run: Any) -> None:
    run(MARKED).assert_outcomes(passed=1)


@pytest.mark.parametrize("kind", ["option", "ini"])
def test_a_setting_names_that_of_all(run: Any, pytester: pytest.Pytester, kind: str) -> None:
    if kind == "ini":
        pytester.makeini("[pytest]\nqchannel_instance = premium-instance")
    args = () if kind == "ini" else ("--qchannel-instance=premium-instance",)
    run(USES.replace("MARK", ""), *args).assert_outcomes(passed=1)


def test_a_recording_with_a_named_instance_replays(run: Any) -> None:
    for source in (
        CONNECTS,
        MARKED.replace("@pytest.mark.q", "@pytest.mark.vcr\n    @pytest.mark.q"),
    ):
        run(source, *RECORD).assert_outcomes(passed=1)
        run(source).assert_outcomes(passed=1)


def test_an_unknown_one_is_named_with_those_there_are(run: Any) -> None:
    result = run(MARKED.replace("premium", "premum"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*the emulated world has no instance 'premum-instance' on the channel *",
            "*closest: premium-instance",
            "*next: *name one of open-instance, premium-instance*",
        ]
    )


def test_a_refused_session_names_the_instance_that_can(run: Any) -> None:
    """The textbook's session failed with IBM's words for the Open plan, and no way on."""
    result = run(SESSION.replace("MARK", ""))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*You are not authorized to run a session when using the open plan.*",
            "*premium-instance* have dedicated sessions",
            '*next: *@pytest.mark.qchannel(instance="premium-instance"), *',
        ]
    )
    mark = '@pytest.mark.qchannel(instance="premium-instance")'
    run(SESSION.replace("MARK", mark)).assert_outcomes(passed=1)
    run(SESSION.replace("MARK", ""), "--qchannel-instance=premium-instance").assert_outcomes(
        passed=1
    )
