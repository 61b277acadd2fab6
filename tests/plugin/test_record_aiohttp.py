"""Bodies that aiohttp makes itself: what goes over the wire is what is recorded and compared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.lane_kit import recorded

pytest.importorskip("aiohttp")

SOURCE = """
    import asyncio
    import aiohttp
    import pytest

    QASM = 'OPENQASM 3.0; include "stdgates.inc"; bit[1] c; rz(0.5) $0; c[0] = measure $0;'
    API = "https://quantum.cloud.ibm.com/api/v1"
    BODY = {{
        "program_id": "sampler",
        "backend": "A_DEVICE",
        "params": {{"pubs": [[QASM, None, {shots}]], "version": 2}},
    }}

    @pytest.mark.vcr
    def test_a(qchannel):
        async def main():
            login = {{
                "grant_type": "urn:ibm:params:oauth:grant-type:apikey",
                "apikey": qchannel.account.secret.reveal(),
            }}
            async with aiohttp.ClientSession() as session:
                iam = "https://iam.cloud.ibm.com/identity/token"
                async with session.post(iam, data={form}) as answer:
                    token = (await answer.json())["access_token"]
                headers = {{
                    "Authorization": f"Bearer {{token}}", "Service-CRN": qchannel.instances[0].id
                }}
                async with session.post(f"{{API}}/jobs", json=BODY, headers=headers) as answer:
                    job = f"{{API}}/jobs/" + (await answer.json())["id"]
                status = ""
                while status != "Completed":
                    async with session.get(job, headers=headers) as answer:
                        status = (await answer.json())["state"]["status"]

        asyncio.run(main())
"""


@pytest.mark.parametrize("form", ["login", "aiohttp.FormData(login)"])
def test_forms_and_json_are_recorded_and_replayed(
    run: Any, pytester: pytest.Pytester, form: str
) -> None:
    """It was a TypeError: vcrpy keeps the mapping that aiohttp was given."""
    path = recorded(run, pytester, SOURCE.format(form=form, shots=16))
    assert "shots: 16" in path.read_text(encoding="utf-8")
    run(SOURCE.format(form=form, shots=16)).assert_outcomes(passed=1)


def test_another_body_is_another_request(run: Any, pytester: pytest.Pytester) -> None:
    recorded(run, pytester, SOURCE.format(form="login", shots=16))
    result = run(SOURCE.format(form="login", shots=17))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PUB 0, shots: recorded 16, sent 17*"])
