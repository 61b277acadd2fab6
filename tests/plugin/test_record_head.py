"""A recorded ``HEAD`` replays, by whatever library and by both doors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD

HEAD = """
    import LIBRARY
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel, qchannel_access_token):
        url = "https://quantum.cloud.ibm.com/api/v1/backends"
        headers = {"Authorization": f"Bearer {qchannel_access_token}",
                   "Service-CRN": qchannel.instances[0].id}
        answer = LIBRARY.head(url, headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 2
        assert LIBRARY.head(url).status_code == 401
        assert len(qchannel.requests) >= 2
"""


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_a_head_replays_as_it_was_recorded(run: Any, library: str) -> None:
    """Its recording was refused, and the error did not say by what."""
    source = HEAD.replace("LIBRARY", library)
    run(source, "--qchannel-door=loopback", "--qchannel-mode=emulated").assert_outcomes(passed=1)
    run(source, *RECORD).assert_outcomes(passed=1)
    for door in ("in-process", "loopback"):
        run(source, f"--qchannel-door={door}").assert_outcomes(passed=1)


def test_a_head_is_no_get(run: Any) -> None:
    source = HEAD.replace("LIBRARY", "requests")
    run(source, *RECORD).assert_outcomes(passed=1)
    result = run(source.replace("requests.head(url).status", "requests.get(url).status"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*no recorded interaction answers GET */backends", "*method differs: HEAD *!= GET *"]
    )
