"""``--qchannel-unknown-routes``: whether a misspelt path is a gap of the emulator or a 404."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import resolve

MISSPELT = """
    import pytest, requests

    @pytest.mark.parametrize(
        ("url", "key"),
        [
            ("https://auth.quantum-computing.ibm.com/api/v9/users/loginWithToken", "error"),
            ("https://quantum.cloud.ibm.com/api/v9/backends", "errors"),
            ("https://cloud-transpiler.quantum.ibm.com/transpil", "detail"),
        ],
    )
    def test_misspelt(qchannel, url, key):
        answer = requests.post(url, json={"apiToken": "whatever"}, timeout=30)
        assert answer.status_code == 404
        assert key in answer.json()
"""


def test_a_misspelt_path_is_what_the_host_answers_to_it(run: Any) -> None:
    """Code that handles the 404 of a wrong base path could not be tested: it was a gap."""
    run(MISSPELT, "--qchannel-unknown-routes=404").assert_outcomes(passed=3)


def test_by_default_it_is_a_gap_that_names_the_option(run: Any) -> None:
    result = run(MISSPELT)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*next: *--qchannel-unknown-routes=404*"])


def test_another_word_is_refused() -> None:
    with pytest.raises(UsageProblem, match="'400' is no answer to unknown routes") as refused:
        resolve({"unknown_routes": "400"}, {}, {}, {})
    assert "gap, 404" in str(refused.value)
