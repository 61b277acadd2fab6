"""``--qchannel-report`` and ``--qchannel-summary``: the same facts in every run, and no secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from pytest_qchannel.channels.client import client_version

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "report-schema.json").read_bytes()))
RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator", "-k", "test_taped")

TEST = """
    import os
    import pytest

    @pytest.mark.vcr
    def test_taped(qchannel_rest):
        qchannel_rest.get("/backends")

    @pytest.mark.xdist_group("one")
    def test_passes(qchannel_rest):
        qchannel_rest.get("/backends")
        assert qchannel_rest.get("/jobs/none").status_code == 404

    @pytest.mark.xdist_group("one")
    def test_blocked(qchannel):
        import urllib.request
        urllib.request.urlopen("http://db.example.org/")

    def test_subtests(qchannel, request):
        try:
            subtests = request.getfixturevalue("subtests")
        except pytest.FixtureLookupError:  # before pytest 9
            subtests = None
        if subtests is None:  # whose assert needs a terminal, then
            raise AssertionError("second")
        with subtests.test("first"):
            pass
        with subtests.test("second"):
            assert False, "second"

    @pytest.mark.qchannel_fault("GET /backends", status=503)
    def test_fault(qchannel_rest):
        assert qchannel_rest.get("/backends").status_code == 503

    def test_skips(qchannel):
        pytest.skip("not here")

    @pytest.mark.skip(reason="never")
    def test_is_skipped(qchannel):
        pass

    @pytest.mark.xfail(reason="known")
    def test_xfails(qchannel):
        assert False

    @pytest.fixture
    def broken(qchannel):
        yield
        raise ValueError("in teardown")

    def test_ends_badly(broken):
        pass

    def test_crashes(qchannel):
        os._exit(1)

    def test_plain():
        pass
"""


def facts_of(path: Path) -> dict[str, Any]:
    """What a report tells of each test that does not depend on the process or the moment."""
    document = json.loads(path.read_bytes())
    SCHEMA.validate(document)
    found = {}
    for one in document["tests"]:
        error = one["error"] or {}
        cassette = one["cassette"] or {}
        found[one["id"]] = (
            *(one[name] for name in ("file", "name", "line", "lane", "channel", "client")),
            *(one[name] for name in ("outcome", "class", "reason", "rerun", "request_count")),
            *(error.get(name) for name in ("headline", "where", "next")),
            *(cassette.get(name) for name in ("path", "did", "recorded_at", "source")),
            [(r["method"], r["route"], r["status"], r["fault"]) for r in one["requests"]],
        )
    return found


def test_the_same_facts_in_one_process_in_workers_and_without_a_terminal(
    run: Any, run_apart: Any, pytester: pytest.Pytester
) -> None:
    run(TEST, *RECORD).assert_outcomes(passed=1, deselected=10)
    here = (*("-k", "not crashes"), "-p", "no:terminal")
    run(TEST, "--qchannel-report=here.json", *here)
    apart = run_apart(TEST, "--qchannel-report=apart.json", "-n", "2")
    assert "crashed" in apart.stdout.str()
    told = facts_of(pytester.path / "apart.json")
    crashed = {name: told.pop(name) for name in list(told) if "test_crashes" in name}
    assert [(one[3], one[6]) for one in crashed.values()] == [("emulated", "failed")]
    expected = facts_of(pytester.path / "here.json")
    assert told == expected
    outcomes = {name.partition("::")[2].partition("[")[0]: one[6] for name, one in told.items()}
    assert outcomes == {
        "test_taped": "passed",
        "test_passes": "passed",
        "test_blocked": "failed",
        "test_subtests": "failed",
        "test_fault": "passed",
        "test_skips": "skipped",
        "test_is_skipped": "skipped",
        "test_xfails": "xfailed",
        "test_ends_badly": "error",
    }


KEY = "planted/secret+of a person-0123456789"
# Made here from parts: nobody's.
UNKNOWN = ("Zq3xTn8LwPa5" + "VbR7cYd2KfH9mJs4" + "GuE6iOk1XeWzQrBt", "0123456789abcdef" * 8)
PLANTED = """
    import os, subprocess, sys, warnings
    import pytest

    KEY, UNKNOWN, HOSTILE = {key!r}, {unknown!r}, {hostile!r}

    @pytest.mark.parametrize("one", [*UNKNOWN, KEY, *HOSTILE])
    def test_ids(qchannel, one):
        assert False, one

    @pytest.mark.parametrize("one", [*UNKNOWN, KEY, *HOSTILE], ids=range(2 + 1 + len(HOSTILE)))
    def test_reasons(qchannel, one):
        pytest.skip(one)

    @pytest.mark.skip(reason=KEY)
    def test_mark(qchannel):
        pass

    @pytest.mark.xfail(reason=KEY + UNKNOWN[0])
    def test_xfails(qchannel):
        assert False

    def test_requests(qchannel_rest):
        qchannel_rest.get("/jobs/" + KEY)
        qchannel_rest.get("/backends", params={{"name": KEY}})
        qchannel_rest.get("/" + KEY.replace("/", "").replace(" ", ""))
        print(KEY)
        raise RuntimeError(KEY, *UNKNOWN)

    def test_notes(qchannel):
        error = ValueError("x")
        error.add_note("  next: " + KEY)
        raise error

    @pytest.fixture
    def broken(qchannel):
        yield
        raise ValueError(KEY)

    def test_teardown(broken):
        pass

    def test_children(qchannel):
        subprocess.run([sys.executable, "-m", "this", KEY], capture_output=True)

    def test_warns(qchannel):
        warnings.warn(KEY)

    def test_hosts(qchannel):
        import urllib.request
        urllib.request.urlopen("http://" + UNKNOWN[0].lower() + ".example.org/" + UNKNOWN[1])
"""
HOSTILE = (
    "</script><script>alert(1)</script>",
    "a|b`c`*d*",
    "\u202eright to left",
    "\x1b[31mred",
    "x" * 3_000,
)


def forms_of(secret: str) -> Iterable[str]:
    """A secret as it may stand somewhere."""
    yield from (secret, json.dumps(secret)[1:-1], secret.encode().hex())
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]


def test_no_secret_and_no_markup_of_a_test_gets_into_what_is_written(
    run: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "step.md"))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    source = PLANTED.format(key=KEY, unknown=UNKNOWN, hostile=HOSTILE)
    written = ("--qchannel-report=deep/out.json", "--qchannel-summary=out.md", "--junitxml=o.xml")
    result = run(source, *written)
    document = json.loads((pytester.path / "deep" / "out.json").read_bytes())
    SCHEMA.validate(document)
    assert len(document["tests"]) == 24
    cases = ElementTree.parse(pytester.path / "o.xml").getroot().iter("property")
    texts = {
        "json": (pytester.path / "deep" / "out.json").read_text(),
        "page": (pytester.path / "out.md").read_text(),
        "step": (pytester.path / "step.md").read_text(),
        "junit": " ".join(str(one.get("value")) for one in cases),
        "terminal": "\n".join(x for x in result.outlines if x.startswith("qchannel:")),
    }
    for name, text in texts.items():
        for secret in (KEY, *(UNKNOWN if name != "terminal" else ())):
            found = [
                text[max(0, text.index(x) - 99) :][:400] for x in forms_of(secret) if x in text
            ]
            assert not found, name
    assert "<script>" not in texts["page"]
    assert texts["page"] == texts["step"]
    assert "\u202e" not in texts["page"] + texts["terminal"]


def test_what_is_written_is_checked_before_and_said_after(
    run: Any, pytester: pytest.Pytester
) -> None:
    source = "def test_a(): pass"
    pytester.mkdir("folder.json")
    run(source, "--qchannel-report=folder.json").stderr.fnmatch_lines(
        ["ERROR: --qchannel-report: folder.json is a folder", "*next: *folder.json/qchannel.json"]
    )
    run(source, "--qchannel-report=out.xml").stderr.fnmatch_lines(
        [
            "ERROR: --qchannel-report: 'out.xml' is no name of a report",
            "*ends in .json or .html",
        ]
    )
    pytester.path.joinpath("file").write_text("")
    result = run(source, "--qchannel-report=file/out.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stderr.fnmatch_lines(["qchannel: *out.json was not written: *"])


def test_a_run_without_a_test_of_ours_has_an_empty_report(
    run: Any, pytester: pytest.Pytester
) -> None:
    run("def test_a(): pass", "--qchannel-report=a.json,b.html", "--qchannel-summary=c.md")
    document = json.loads((pytester.path / "a.json").read_bytes())
    SCHEMA.validate(document)
    assert (document["tests"], document["run"]["client"]) == ([], client_version())
    assert (pytester.path / "b.html").read_text().startswith("<!doctype html>")
    assert (pytester.path / "c.md").read_text().startswith("## qchannel: no test used it")


def test_the_schema_is_one_that_refuses_what_it_does_not_know() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)

    def objects(schema: Any) -> Iterable[dict[str, Any]]:
        if isinstance(schema, dict):
            yield from ([schema] if "properties" in schema else [])
            for one in schema.values():
                yield from objects(one)
        elif isinstance(schema, list):
            for one in schema:
                yield from objects(one)

    found = list(objects(SCHEMA.schema))
    assert len(found) > 8
    assert all(one["additionalProperties"] is False for one in found)
