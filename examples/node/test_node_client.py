from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLIENT = Path(__file__).with_name("client.mjs")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_a_program_of_node_lists_devices() -> None:
    serve = [sys.executable, "-m", "pytest_qchannel", "serve", "--plain-http", "--json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            facts = json.loads(server.stdout.readline())
            account = next(
                one for one in facts["accounts"] if "ibm_quantum_platform" in one["channels"]
            )
            words = [facts["url"], account["credential"], account["instances"][0]["id"]]
            said = subprocess.run(
                ["node", str(CLIENT), *words], capture_output=True, text=True, timeout=60
            )
        finally:
            server.terminate()
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert (found["login"], found["status"]) == (200, 200)
    assert found["devices"] > 0
