"""``--qchannel-door``: who may ask for a door, for a test or for the whole run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.door_kit import CLOUD, LOOPBACK


@pytest.mark.parametrize("origin", ["--qchannel-door", "QCHANNEL_DOOR", "ini", "marker"])
def test_who_asked_for_the_door(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    """Only the loopback door serves what does not speak through requests."""
    mark, arguments, said = "", [CLOUD], origin
    if origin == "marker":
        mark = '@pytest.mark.qchannel(door="loopback")'
    elif origin == "ini":
        pytester.makeini("[pytest]\nqchannel_door = loopback")
        said = "qchannel_door in tox.ini"
    elif origin.startswith("--"):
        arguments.append(LOOPBACK)
    else:
        monkeypatch.setenv(origin, "loopback")
    result = run(
        f"""
        import pytest, urllib.error, urllib.request

        {mark}
        def test_a(qchannel):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/jobs")
        """,
        *arguments,
    )
    result.assert_outcomes(passed=1)
    if origin != "marker":
        result.stdout.fnmatch_lines([f"qchannel: *, door=loopback (from {said})"])


def test_the_door_is_in_process_unless_somebody_asks(run: Any) -> None:
    result = run(
        """
        import threading

        OTHERS = set(threading.enumerate())  # of what ran in this process before

        def test_a(qchannel_rest, qchannel):
            assert qchannel.settings.door == "in-process"
            assert qchannel_rest.get("/backends").status_code == 200
            names = [thread.name for thread in set(threading.enumerate()) - OTHERS]
            assert not [name for name in names if "loopback door" in name], names
        """,
        CLOUD,
    )
    result.assert_outcomes(passed=1)
    assert "door=" not in result.stdout.str()


def test_the_way_out_of_the_in_process_door_is_named(run: Any) -> None:
    result = run(
        """
        import urllib.request

        def test_a(qchannel_emulator):
            urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/jobs")
        """,
        CLOUD,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *next: *pytest *--qchannel-door=loopback*"])


@pytest.mark.parametrize(
    ("value", "closest"), [("loopbak", "loopback"), ("inprocess", "in-process"), ("", None)]
)
def test_what_is_no_door_is_refused(run: Any, value: str, closest: str | None) -> None:
    result = run("def test_a(): pass", f"--qchannel-door={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [f"ERROR: --qchannel-door: '{value}' is no door"]
    lines += [f"  closest: {closest}"] if closest else []
    result.stderr.fnmatch_lines([*lines, "  next: * to one of in-process, loopback"])


EVERYWHERE = ("--qchannel-mode=emulated", "--qchannel-everywhere")
PLAIN = """
    import json
    import urllib.request

    import pytest

    def versions():
        with urllib.request.urlopen("https://quantum.cloud.ibm.com/api/v1/versions") as answer:
            return json.load(answer)

    AT_IMPORT = versions()

    @pytest.mark.parametrize("number", range(4))
    def test_a(number):
        assert versions() == AT_IMPORT
"""


def test_everywhere_the_door_is_open_for_the_whole_run(run: Any) -> None:
    result = run(PLAIN, *EVERYWHERE, LOOPBACK)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["qchannel: 4 emulated; the whole process: 5 requests, 0 jobs"])


def test_everywhere_no_test_has_a_door_of_its_own(run: Any) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.qchannel(door="loopback")
        def test_a(): pass
        """,
        *EVERYWHERE,
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: marker qchannel: door=loopback, but the whole run is behind one door, "
            "in-process",
            "  next: *pytest *--qchannel-door=loopback, or run without --qchannel-everywhere",
        ]
    )


def test_with_xdist_each_worker_has_a_door(run_apart: Any) -> None:
    result = run_apart(PLAIN, *EVERYWHERE, LOOPBACK, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=4)
