from __future__ import annotations

import pytest
from rest_jobs import log_in, run

from pytest_qchannel import QChannel

pytestmark = pytest.mark.qchannel("ibm_quantum_platform")


def test_the_qubit_is_flipped(qchannel: QChannel) -> None:
    backend = qchannel.emulator.backends[0]
    assert run(log_in(), backend, shots=50) == {"0x1": 50}
    assert len(qchannel.requests.to("/jobs", method="POST", status=200)) == 1


def test_a_key_that_was_revoked_is_refused(qchannel: QChannel) -> None:
    qchannel.emulator.revoke_credentials()
    with pytest.raises(Exception, match="400"):
        log_in()
