"""``qchannel_access_token``: valid during the test, invalid for whatever is finalised later."""

from __future__ import annotations

from typing import Any

import pytest

TEST = """
    import pytest
    import requests

    def ask(qchannel, token):
        header = (
            {"x-access-token": token} if qchannel.channel.is_classic
            else {"Authorization": f"Bearer {token}", "Service-CRN": qchannel.account.instance.id}
        )
        base = (
            "https://api.quantum-computing.ibm.com/runtime" if qchannel.channel.is_classic
            else "https://quantum.cloud.ibm.com/api/v1"
        )
        return requests.get(f"{base}/jobs", headers=header, timeout=9).status_code

    tokens = []

    @pytest.fixture
    def finalised_later(qchannel):
        yield
        assert ask(qchannel, tokens[-1]) == EXPECTED

    def test_a(finalised_later, qchannel, qchannel_access_token):
        tokens.append(qchannel_access_token)
        assert ask(qchannel, qchannel_access_token) == 200
        assert qchannel_access_token != qchannel.account.secret.reveal()
"""
CHANNELS = ["ibm_quantum_platform", "ibm_cloud", "ibm_quantum"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_it_is_invalid_after_the_test(run: Any, channel: str) -> None:
    result = run(TEST.replace("EXPECTED", "401"), f"--qchannel-channel={channel}")
    result.assert_outcomes(passed=1)


def test_the_check_above_can_fail(run: Any) -> None:
    result = run(TEST.replace("EXPECTED", "200"), "--qchannel-channel=ibm_cloud")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E *assert 401 == 200"])


def test_it_may_be_revoked_by_the_test_already(run: Any) -> None:
    result = run(
        """
        def test_a(qchannel_access_token, qchannel_emulator):
            assert qchannel_emulator.revoke_access_tokens() == 1
            assert qchannel_emulator.revoke_access_tokens() == 0
        """
    )
    result.assert_outcomes(passed=1)
