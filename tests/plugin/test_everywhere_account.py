"""A suite whose code names things of a real person's account, in everywhere mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels_kit import is_offered

SUITE = """
    import unittest

    import pytest
    from qiskit_ibm_runtime import QiskitRuntimeService

    class TestSaved(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.service = QiskitRuntimeService(name="my-saved-account")

        def test_a(self):
            assert self.service.backends()

    @pytest.fixture(scope="session")
    def service():
        return QiskitRuntimeService(instance="my-team-instance")

    def test_instance(service):
        assert service.backends()

    def test_job():
        assert QiskitRuntimeService().job("cq1234567890abcdefgh").status() == "DONE"
"""
AGAIN = "pytest --qchannel-everywhere --qchannel-"
STEPS = (
    f"*next: *{AGAIN}saved-accounts=my-saved-account",
    f"""*printf '%s*name = "my-team-instance"**{AGAIN}world=qchannel-world.toml""",
    f"""*printf '%s*id = "cq1234567890abcdefgh"**{AGAIN}world=qchannel-world.toml""",
)


@pytest.mark.skipif(
    not is_offered("ibm_quantum_platform"), reason="this client takes no name of an instance"
)
def test_each_report_names_the_step(run: Any, pytester: pytest.Pytester) -> None:
    """``AccountNotFoundError``, ``not a valid instance name``, ``Job not found``, and no way on.

    Then there was one, without the ``--qchannel-everywhere`` of the run: pasted, it ended in
    another error.
    """
    pytester.makepyfile(
        test_early="from qiskit_ibm_runtime import QiskitRuntimeService\n"
        'SERVICE = QiskitRuntimeService(name="of-an-import")\n'
        "def test_a(): pass\n"
    )
    result = run(SUITE, "--qchannel-everywhere", "--continue-on-collection-errors")
    result.assert_outcomes(errors=3, failed=1)
    for step in STEPS:
        result.stdout.fnmatch_lines([step])
    result.stdout.fnmatch_lines([f"*next: *{AGAIN}saved-accounts=of-an-import"])
