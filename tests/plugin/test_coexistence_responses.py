"""A user's own ``responses`` mocks: they answer for other hosts, the emulator for IBM's."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = """
    import pytest
    import requests
    import responses

    MINE = "https://mine.example.org/data"
    IBM = "https://quantum.cloud.ibm.com/api/v1/jobs"

    def both():
        assert requests.get(IBM, timeout=9).status_code == 401
        assert requests.get(MINE, timeout=9).json() == {"mine": 1}
        assert requests.get(IBM, timeout=9).status_code == 401
"""
USES = {
    "decorator": """
    @responses.activate
    def test_a(qchannel):
        responses.get(MINE, json={"mine": 1})
        both()
        assert len(responses.calls) == 1
        assert len(qchannel.requests.to("/jobs")) == 2
    """,
    "context": """
    def test_a(qchannel):
        with responses.RequestsMock() as mock:
            mock.get(MINE, json={"mine": 1})
            both()
        with pytest.raises(Exception, match="reached for mine.example.org"):
            requests.get(MINE, timeout=9)
        qchannel._lane.take_problems()
    """,
    "before": """
    @pytest.fixture
    def mock():
        with responses.RequestsMock() as mock:
            mock.get(MINE, json={"mine": 1})
            yield mock

    def test_a(mock, qchannel):
        both()
        assert len(mock.calls) == 1
    """,
    "after": """
    @pytest.fixture
    def mock(qchannel):
        with responses.RequestsMock() as mock:
            mock.get(MINE, json={"mine": 1})
            yield mock

    def test_a(mock, qchannel):
        both()
        assert len(mock.calls) == 1
    """,
    "both_sides": """
    @pytest.fixture
    def outer():
        with responses.RequestsMock() as mock:
            mock.get(MINE, json={"mine": 0})
            mock.get(MINE, json={"mine": 2})
            yield mock

    @pytest.fixture
    def inner(qchannel):
        with responses.RequestsMock() as mock:
            mock.get(MINE, json={"mine": 1})
            yield mock

    def test_a(outer, qchannel, inner):
        both()
        inner.stop(allow_assert=False)
        assert [requests.get(MINE, timeout=9).json()["mine"] for _ in "ab"] == [0, 2]
        inner.start()
        assert len(inner.calls) == 1
    """,
    "everything": """
    def test_a(qchannel):
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.get(MINE, json={"mine": 1})
            mock.get(IBM, json={"wrong": 1})
            both()
            assert len(mock.calls) == 1
    """,
    "service": """
    @responses.activate
    def test_a(qchannel_service, qchannel_rest):
        responses.get(MINE, json={"mine": 1})
        assert qchannel_service.jobs(limit=1) == []
        both()
        assert qchannel_rest.get("/jobs").ok
    """,
}
OWN = """
    from unittest import mock
    from requests.adapters import HTTPAdapter

    def test_a(qchannel):
        with mock.patch.object(HTTPAdapter, "send", side_effect=requests.ConnectionError("down")):
            with pytest.raises(requests.ConnectionError, match="down"):
                requests.get(IBM, timeout=9)
"""
# One more test each, to see that neither mock left anything behind.
LAST = """
    def test_last():
        from requests.adapters import HTTPAdapter

        assert HTTPAdapter.send.__module__ == "requests.adapters"
        assert requests.Session.get_adapter.__module__ == "requests.sessions"
"""


@pytest.mark.parametrize("door", ["in-process", "loopback"])
@pytest.mark.parametrize("use", USES)
def test_a_mock_for_another_host_and_the_emulator_answer_side_by_side(
    run: Any, use: str, door: str
) -> None:
    """Behind the loopback door a mock took the requests for IBM's hosts as well."""
    options = ("--qchannel-channel=ibm_cloud", f"--qchannel-door={door}")
    result = run(HEAD + USES[use] + LAST, *options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["qchannel: 1 emulated on ibm_cloud"])


def test_a_mock_that_lacks_the_request_says_so_itself(run: Any) -> None:
    result = run(
        HEAD
        + """
    @responses.activate
    def test_a(qchannel):
        requests.get("https://other.example.org", timeout=9)
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *Connection refused by Responses*"])
    result.stdout.no_fnmatch_line("E *NetworkBlocked*")


def test_a_mock_that_passes_through_meets_the_guard(run: Any) -> None:
    result = run(
        HEAD
        + """
    @responses.activate
    def test_a(qchannel):
        responses.add_passthru("https://mine.example.org")
        requests.get(MINE, timeout=9)
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *NetworkBlocked: *reached for mine.example.org"])


def test_what_a_test_puts_in_the_place_of_the_sender_takes_the_requests(run: Any) -> None:
    """Behind the loopback door they passed it, as a mock of ``responses``."""
    result = run(HEAD + OWN + LAST, "--qchannel-channel=ibm_cloud", "--qchannel-door=loopback")
    result.assert_outcomes(passed=2)


def test_a_mock_for_another_host_leaves_a_replay_alone(run: Any) -> None:
    """It was recorded, and in the replay the mock took the requests for IBM's hosts."""
    source = HEAD + "\n    pytestmark = pytest.mark.vcr\n" + USES["context"]
    mode = ("--qchannel-mode=record", "--qchannel-record-from=emulator")
    run(source, "--qchannel-channel=ibm_cloud", *mode).assert_outcomes(passed=1)
    run(source, "--qchannel-channel=ibm_cloud").assert_outcomes(passed=1)
