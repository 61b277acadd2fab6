"""``emulated`` in a suite of pytest's: fixtures of one's own, beside ours, in everywhere mode."""

from __future__ import annotations

from typing import Any

import pytest

KEY = "a-Real-Looking_Key-of-44-characters-01234567"
SUITE = """
    import os, unittest

    import pytest, requests
    from qiskit_ibm_runtime import QiskitRuntimeService

    from pytest_qchannel import UsageProblem, emulated

    URL = "https://quantum.cloud.ibm.com/api/v1/backends"

    @pytest.fixture(scope="session")
    def session_service():
        with emulated(channel="ibm_cloud"):
            yield QiskitRuntimeService()

    @pytest.fixture
    @emulated(channel="ibm_cloud", door="loopback")
    def looped():
        yield QiskitRuntimeService()

    @pytest.fixture(scope="session")
    def late():
        with emulated() as qchannel:
            yield qchannel

    def test_late(qchannel, request):
        with pytest.raises(UsageProblem, match="lives longer than the lane"):
            request.getfixturevalue("late")

    def test_a(session_service):
        assert session_service.backends()

    def test_in_a_lane(session_service, qchannel):
        assert requests.get(URL, timeout=9).status_code == 401
        assert len(qchannel.requests) == 1   # the lane is the innermost: its world answers

    def test_around_a_lane(session_service, looped, qchannel, qchannel_service):
        assert qchannel_service.backends()
        with emulated() as other:
            seen = len(qchannel.requests)
            assert other.connect().backends()
            assert len(qchannel.requests) == seen

    def test_looped(session_service, looped):
        assert looped.backends()

    class TestAll(unittest.TestCase):
        def setUp(self):
            self.qchannel = self.enterContext(emulated())

        def test_it(self):
            assert QiskitRuntimeService().backends()

        def test_problem(self):
            with self.assertRaises(Exception):
                requests.get("https://elsewhere.example", timeout=9)

    KEY = os.environ.get("QISKIT_IBM_TOKEN")

    @pytest.fixture
    def key():
        return KEY

    @emulated()
    def test_secret(session_service, key):
        headers = {"Authorization": f"apikey {key}"}
        requests.get(URL, headers=headers, timeout=9)
"""


@pytest.mark.slow
def test_it_stands_beside_fixtures_of_ours(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    result = run(SUITE)
    result.assert_outcomes(passed=6, failed=2)
    text = result.stdout.str()
    assert KEY not in text
    assert "NetworkBlocked: code in the emulated lane reached for elsewhere.example" in text
    assert "RealSecretRefused: " in text
    assert "emulated(door=" not in text


def test_in_everywhere_mode_the_innermost_world_answers(run: Any) -> None:
    result = run(
        """
        from qiskit_ibm_runtime import QiskitRuntimeService
        from pytest_qchannel import emulated

        def test_a(qchannel):
            with emulated() as other:
                assert QiskitRuntimeService().backends()
                assert other.requests and not qchannel.requests
            assert QiskitRuntimeService().backends()
            assert qchannel.requests
        """,
        "--qchannel-everywhere",
        "--qchannel-mode=emulated",
    )
    result.assert_outcomes(passed=1)


def test_a_generator_that_is_not_finished_ends_with_its_test(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the user saw: all later tests were emulated, and nothing said so.

    So it was again where a fixture of the same test could not be torn down.
    """
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    result = run(
        f"""
        import os
        import pytest
        from pytest_qchannel import emulated

        KEPT = []

        @pytest.fixture(scope="module")
        def module_wide():
            with emulated() as qchannel:
                yield qchannel

        @emulated()
        def numbers():
            yield from range(3)

        def test_left_open():
            KEPT.append(numbers())
            assert next(KEPT[0]) == 0

        def test_after():
            assert os.environ["QISKIT_IBM_TOKEN"] == {KEY!r}
            with pytest.raises(StopIteration):
                while True:
                    next(KEPT[0])

        @pytest.fixture
        def broken():
            yield
            raise RuntimeError("it could not be torn down")

        def test_left_open_with_a_broken_fixture(broken):
            KEPT.append(numbers())
            assert next(KEPT[1]) == 0

        def test_after_that():
            assert os.environ["QISKIT_IBM_TOKEN"] == {KEY!r}

        def test_fixture(request):
            request.getfixturevalue("module_wide")

        def test_fixture_lives(module_wide):
            assert os.environ["QISKIT_IBM_TOKEN"] != {KEY!r}
        """
    )
    result.assert_outcomes(passed=6, errors=2)
    left = ["*emulated() was not left when its test had ended*", "*where: *test_it.py:*"]
    result.stdout.fnmatch_lines([*left, "*it could not be torn down*", *left])


def test_what_fails_in_it_is_not_said_to_be_emulated_by_nobody(run: Any) -> None:
    result = run(
        """
        import requests
        from pytest_qchannel import emulated
        from qiskit_ibm_runtime import QiskitRuntimeService

        @emulated()
        def test_a():
            requests.get("https://quantum.cloud.ibm.com/api/v1/jobs", timeout=9).raise_for_status()

        @emulated()
        def test_b():
            QiskitRuntimeService(name="nobody's")
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *HTTPError: 401 Client Error*", "E *AccountNotFoundError*"])
    result.stdout.no_fnmatch_line("*so nothing is emulated*")
