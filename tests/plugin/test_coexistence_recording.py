"""pytest-recording, which is installed with us: tests without our fixtures behave as before."""

from __future__ import annotations

from typing import Any

import pytest

SERVER = """
    import http.server
    import threading

    import pytest

    @pytest.fixture(scope="session")
    def server():
        class Handler(http.server.BaseHTTPRequestHandler):
            count = 0

            def do_GET(self):
                Handler.count += 1
                body = f"answer {Handler.count}".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.HTTPServer):
            allow_reuse_address = True

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        server.server_close()

    @pytest.fixture(scope="session")
    def vcr_config():
        return {"match_on": ["method", "path"]}
"""
TEST = """
    import pytest
    import requests

    def test_ours_before(qchannel_rest):
        assert qchannel_rest.get("/jobs").status_code == 200

    @pytest.mark.vcr
    def test_recorded(server):
        assert requests.get(server, timeout=9).text == "answer 1"

    def test_ours_after(qchannel_rest):
        assert qchannel_rest.get("/jobs").status_code == 200
"""


def test_a_cassette_is_recorded_and_replayed(run: Any, pytester: pytest.Pytester) -> None:
    first = run(TEST, "--record-mode=once", conftest=SERVER)
    first.assert_outcomes(passed=3)
    cassettes = list((pytester.path / "cassettes").rglob("*.yaml"))
    assert [path.name for path in cassettes] == ["test_recorded.yaml"]
    recorded = cassettes[0].read_bytes()
    assert b"answer 1" in recorded

    # Each run starts a server that would count anew, so make it tell other answers.
    other = SERVER.replace("count = 0", "count = 40")
    replayed = run(TEST, "--record-mode=none", conftest=other)
    replayed.assert_outcomes(passed=3)
    assert cassettes[0].read_bytes() == recorded
    live = run(TEST.replace("@pytest.mark.vcr", ""), conftest=other)
    live.assert_outcomes(passed=2, failed=1)
    live.stdout.fnmatch_lines(["E *answer 41*"])


def test_block_network_blocks_where_we_are_not(run: Any) -> None:
    result = run(
        """
        import pytest
        import requests

        def test_ours(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200

        @pytest.mark.block_network
        def test_blocked(server):
            with pytest.raises(RuntimeError, match="Network is disabled"):
                requests.get(server, timeout=9)

        def test_open(server):
            assert requests.get(server, timeout=9).status_code == 200

        @pytest.mark.block_network
        def test_both(qchannel_rest):
            assert qchannel_rest.get("/jobs").status_code == 200
        """,
        conftest=SERVER,
    )
    result.assert_outcomes(passed=4)
