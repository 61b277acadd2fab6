from __future__ import annotations

import pytest
from careful import tags_of_jobs

from pytest_qchannel import ChannelSession, QChannel


@pytest.mark.qchannel_fault("GET /jobs", status=503, retry_after_s=3, times=2)
def test_it_waits_as_long_as_the_service_says(qchannel_rest: ChannelSession) -> None:
    waited: list[float] = []
    assert tags_of_jobs(qchannel_rest, "/jobs", waited.append) == set()
    assert waited == [3, 3]


@pytest.mark.qchannel_fault("GET /jobs", status=429, times=3)
def test_it_does_not_ask_for_ever(qchannel_rest: ChannelSession, qchannel: QChannel) -> None:
    with pytest.raises(Exception, match="429"):
        tags_of_jobs(qchannel_rest, "/jobs", lambda _: None)
    assert len(qchannel.requests.to("/jobs")) == 3


def test_an_expired_token_is_not_tried_again(
    qchannel_rest: ChannelSession, qchannel: QChannel
) -> None:
    qchannel.revoke_access()
    with pytest.raises(Exception, match="401"):
        tags_of_jobs(qchannel_rest, "/jobs", lambda _: None)
    assert len(qchannel.requests.to("/jobs")) == 1
