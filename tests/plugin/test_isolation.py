"""Nothing leaks: not from test to test, and not into what runs after a test, however it ended."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import pytest
import requests

from tests.devices_kit import with_device

CLOUD = "--qchannel-channel=ibm_cloud"

# A conftest that compares, after each test, what must be the very same objects.
WATCH = """
    import os
    import socket
    import sys

    import pytest
    import requests

    ACCOUNTS = "qiskit_ibm_runtime.accounts.management"

    def now():
        environ = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        return environ, [
            requests.Session.get_adapter,
            requests.adapters.HTTPAdapter.send,
            socket.getaddrinfo,
            socket.gethostbyname,
            socket.gethostbyname_ex,
            socket.gethostbyaddr,
            socket.getnameinfo,
            socket.socket.connect,
            socket.socket.connect_ex,
            socket.socket.sendto,
            socket.socket.sendmsg,
            socket.socket,
        ], sorted(name for name in vars(socket.socket) if not name.startswith("__"))

    def account_file():
        return getattr(sys.modules.get(ACCOUNTS), "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE", None)

    @pytest.hookimpl(tryfirst=True)  # a worker of pytest-xdist begins to run them there
    def pytest_runtestloop():
        # Not when this is imported: until the tests are known, who uses the network is watched.
        global BEFORE, BEFORE_FILE
        BEFORE, BEFORE_FILE = now(), account_file()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        result = yield
        compare("after " + item.name)
        return result

    def pytest_unconfigure():
        compare("at the end")

    def compare(when):
        environ, objects, names = now()
        same = all(a is b for a, b in zip(objects, BEFORE[1]))
        right = same and environ == BEFORE[0] and names == BEFORE[2]
        constant = account_file()
        file = os.path.join(os.path.expanduser("~"), ".qiskit", "qiskit-ibm.json")
        # A client that was loaded before keeps its path; one loaded in a test has HOME's.
        right = right and constant == (BEFORE_FILE or (constant and file))
        with open("watched.txt", "a", encoding="utf-8") as out:
            print(when, "clean" if right else "LEAK", file=out)
"""
LEAVES_TRACES = """
    import os
    import sys

    import pytest

    def leave_traces(qchannel, qchannel_rest):
        assert qchannel.emulator.jobs == ()
        assert qchannel.requests.to("/jobs") == [] or not qchannel.requests.to("/jobs")
        assert "MY_OWN" not in os.environ
        assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
        rows = qchannel_rest.get("/backends").json()["devices"]
        queues = {row["name"]: row["queue_length"] for row in rows}
        assert queues["A_DEVICE"] == 7, queues
        assert not os.listdir(os.path.expanduser("~"))
        made = qchannel_rest.post("/jobs", json={
            "program_id": "sampler", "backend": "A_DEVICE", "params": {
            "version": 2, "pubs": [["OPENQASM 3.0; bit[1] c; c[0] = measure $0;"]]},
        })
        assert made.status_code == 200, made.text
        qchannel.emulator.set_queue_length("A_DEVICE", 77)
        qchannel.emulator.revoke_credentials()
        qchannel.emulator.revoke_access_tokens()
        qchannel.emulator.advance_clock(99_999)
        os.environ["MY_OWN"] = "1"
        os.environ["QISKIT_IBM_CHANNEL"] = "nonsense"
        del os.environ["PATH"]
        open(os.path.join(os.path.expanduser("~"), "file"), "w").close()

"""
MANY = LEAVES_TRACES + "\n".join(
    f"""
    def test_{number}(qchannel, qchannel_rest):
        leave_traces(qchannel, qchannel_rest)
"""
    for number in range(8)
)
ENDS = (
    LEAVES_TRACES
    + """
    @pytest.fixture
    def broken_setup(qchannel):
        raise ValueError("setup")

    @pytest.fixture
    def broken_teardown(qchannel):
        yield
        raise ValueError("teardown")

    def test_passing(qchannel, qchannel_rest):
        leave_traces(qchannel, qchannel_rest)

    def test_failing(qchannel, qchannel_rest):
        leave_traces(qchannel, qchannel_rest)
        assert False

    def test_setup(qchannel_rest, broken_setup):
        pass

    def test_teardown(qchannel_rest, broken_teardown):
        pass

    def test_skipping(qchannel):
        pytest.skip("no")

    def test_blocked(qchannel):
        import requests
        requests.get("https://example.org", timeout=9)

    def test_last(qchannel, qchannel_rest):
        leave_traces(qchannel, qchannel_rest)
"""
)


def watched(pytester: pytest.Pytester) -> list[str]:
    return (pytester.path / "watched.txt").read_text(encoding="utf-8").splitlines()


def variables() -> dict[str, str]:
    return {name: os.environ[name] for name in os.environ if name != "PYTEST_CURRENT_TEST"}


def test_everything_is_put_back_however_a_test_ends(run: Any, pytester: pytest.Pytester) -> None:
    result = run(ENDS, CLOUD, conftest=WATCH)
    result.assert_outcomes(passed=3, failed=2, errors=2, skipped=1)
    lines = watched(pytester)
    assert len(lines) == 8
    assert [line for line in lines if not line.endswith(" clean")] == []


def test_the_watch_above_can_see_a_leak(run: Any, pytester: pytest.Pytester) -> None:
    result = run("def test_a():\n    import os\n    os.environ['X_LEAK'] = '1'", conftest=WATCH)
    os.environ.pop("X_LEAK")
    result.assert_outcomes(passed=1)
    assert watched(pytester)[0] == "after test_a LEAK"


def test_everything_is_put_back_after_an_interrupt(run: Any, pytester: pytest.Pytester) -> None:
    watch = (requests.Session.get_adapter, socket.getaddrinfo, socket.socket.connect)
    environ = variables()
    with pytest.raises(KeyboardInterrupt):
        run("def test_a(qchannel): raise KeyboardInterrupt", CLOUD, conftest=WATCH)
    assert watched(pytester) == ["at the end clean"]
    now = (requests.Session.get_adapter, socket.getaddrinfo, socket.socket.connect)
    assert all(a is b for a, b in zip(watch, now, strict=True))
    assert variables() == environ


def test_no_test_sees_another_one_in_order(run: Any) -> None:
    run(MANY, CLOUD).assert_outcomes(passed=8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_test_sees_another_one_in_random_order(pytester: pytest.Pytester, seed: int) -> None:
    pytester.makepyfile(test_it=with_device(MANY))
    result = pytester.runpytest_inprocess(
        "-p", "no:hypothesispytest", "-p", "no:cacheprovider", f"--randomly-seed={seed}", CLOUD
    )
    result.assert_outcomes(passed=8)


@pytest.mark.parametrize("workers", [2, 4])
def test_no_test_sees_another_one_under_xdist(
    run_apart: Any, pytester: pytest.Pytester, workers: int
) -> None:
    result = run_apart(MANY, CLOUD, "-n", str(workers), conftest=WATCH)
    result.assert_outcomes(passed=8)
    assert [line for line in watched(pytester) if "LEAK" in line] == []
    result.stdout.fnmatch_lines(["qchannel: 8 emulated on ibm_cloud"])


def test_the_account_file_of_a_client_loaded_before_is_put_back(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HOME may have changed since the client was imported: its constant comes back as it was."""
    module = sys.modules["qiskit_ibm_runtime.accounts.management"]
    monkeypatch.setattr(module, "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE", "/of/the/person.json")
    run("def test_a(qchannel): pass").assert_outcomes(passed=1)
    assert module._DEFAULT_ACCOUNT_CONFIG_JSON_FILE == "/of/the/person.json"


def test_each_test_has_an_empty_home_for_its_owner_only(run: Any) -> None:
    """One that a test left as it was is the next one's; what it left behind stays to be seen."""
    result = run(
        """
        import os
        from pathlib import Path

        import pytest

        HOMES = []

        @pytest.mark.parametrize("number", range(9))
        def test_a(qchannel, number):
            home = Path.home()
            assert not list(home.iterdir())
            assert home.stat().st_mode & 0o777 == 0o700
            HOMES.append(home)
            if number == 1:
                (home / "left").touch()
            if number == 3:
                home.chmod(0o500)
            if number == 5:
                home.rmdir()
            if number == 7:
                (home / "taken").touch()
                (home / "taken").unlink()

        def test_b():
            assert len(set(HOMES)) == 4
            assert HOMES[0] == HOMES[1] != HOMES[2] == HOMES[3] != HOMES[4] == HOMES[5]
            assert HOMES[5] != HOMES[6] == HOMES[8]
            assert [one.name for one in HOMES[1].iterdir()] == ["left"]
        """
    )
    result.assert_outcomes(passed=10)


TOKENS = """
    import threading

    import requests

    KEPT = {}

    def ask():
        header = (
            {"x-access-token": KEPT["token"]} if KEPT["is_classic"]
            else {"Authorization": "Bearer " + KEPT["token"], "Service-CRN": KEPT["crn"]}
        )
        base = (
            "https://api.quantum-computing.ibm.com/runtime" if KEPT["is_classic"]
            else "https://quantum.cloud.ibm.com/api/v1"
        )
        return requests.get(f"{base}/backends", headers=header, timeout=9)

    def waits(event, said):
        event.wait(30)
        said.append(ask())

    def test_first(qchannel, qchannel_access_token):
        KEPT.update(token=qchannel_access_token, crn=qchannel.account.instance.id)
        KEPT.update(is_classic=qchannel.channel.is_classic, event=threading.Event(), said=[])
        KEPT["thread"] = threading.Thread(target=waits, args=(KEPT["event"], KEPT["said"]))
        KEPT["thread"].start()
        assert ask().status_code == 200

    def test_without_a_token_of_its_own(qchannel):
        assert ask().status_code == 401

    def test_with_a_token_of_its_own(qchannel, qchannel_access_token):
        assert qchannel_access_token != KEPT["token"]
        assert ask().status_code == 401

    def test_thread_of_the_first(qchannel, qchannel_access_token):
        KEPT["event"].set()
        KEPT["thread"].join()
        (answer,) = KEPT["said"]
        assert answer.status_code == 401
        assert "test_it.py::test_first[" in answer.text
        assert "which has ended" in answer.text
"""


@pytest.mark.parametrize("door", ["in-process", "loopback"])
@pytest.mark.parametrize("channel", ["ibm_cloud", "ibm_quantum"])
def test_an_access_token_ends_with_its_test(run: Any, channel: str, door: str) -> None:
    """The seed gave each test the same token: one of an ended test was valid in the next."""
    result = run(TOKENS, f"--qchannel-channel={channel}", f"--qchannel-door={door}")
    result.assert_outcomes(passed=4)
