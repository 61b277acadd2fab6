"""Forty planted secrets and twenty hostile strings: none is shown, and none is more than text.

What pytest itself shows of a test (its id, its traceback, what it printed) is the test's own word;
what we write is looked at here: our lines in the terminal, our properties in JUnit's report, the
page of a CI step in Markdown, the report as JSON and as HTML.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from pytest_qchannel.page.write import page_of
from tests.unit.page.report_kit import DATA, data_of

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "report-schema.json").read_bytes()))

KNOWN: Final = "planted/secret+of a person-0123456789"
"""A credential of the person's, in the environment."""

COUNT: Final = 46
"""How many that nobody knows are planted, each in a place of its own, beside the known one."""

HOSTILE: Final = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "https://evil.example/ www.evil.example",
    "a|b`c`*d*_e_~~f~~",
    "\n## heading\n- list\n::error::told",
    "{{script}}{{data}}",
    "${alert(1)}",
    "<!-- ]]> -->",
    "&lt;script&gt;&#60;b&#62;",
    "__proto__",
    "\u202eright to left\u2066",
    "\u200bnothing\u2028to see",
    "\x1b[31mred\x1b[2J",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x9b31m\x07\b\b",
    "a" + "\u0301" * 300,
    "x" * 10_000,
)

TEST = """
import subprocess, sys, unittest, warnings
import pytest
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Gate
from qiskit_ibm_runtime import SamplerV2

KNOWN, KEY, HOSTILE = {known!r}, {keys!r}, {hostile!r}

@pytest.mark.parametrize("one", HOSTILE, ids=lambda one: one)
def test_hostile(qchannel, one):
    assert False, one

@pytest.mark.parametrize("one", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_reason(qchannel, one):
    pytest.skip(one)

@pytest.mark.parametrize("one", [KNOWN, KEY[0]], ids=lambda one: one)
def test_id(qchannel, one):
    pass

def test_{keys[1]}(qchannel):
    pass

class Test{keys[2]}:
    def test_it(self, qchannel):
        pass

@pytest.mark.skip(reason=KNOWN + KEY[3])
def test_skip(qchannel):
    pass

@pytest.mark.skipif(True, reason="a" * 80 + " " + KEY[4])
def test_skipif(qchannel):
    pass

def test_skips(qchannel):
    pytest.skip(f"{{KNOWN}} password={{KEY[5]}}")

@pytest.mark.xfail(reason=KNOWN + KEY[6])
def test_xfail(qchannel):
    assert False

@pytest.mark.xfail(reason=KEY[7], strict=True)
def test_xpass(qchannel):
    pass

def test_xfails(qchannel):
    pytest.xfail(KEY[8])

def test_assert(qchannel):
    assert KNOWN == KEY[9], KEY[10]

def test_raise(qchannel):
    raise RuntimeError(KNOWN, KEY[11], {{"k": KEY[12].encode()}})

def test_class(qchannel):
    raise type("Error_" + KEY[13], (Exception,), {{}})

def test_note(qchannel):
    error = ValueError("x")
    error.add_note("  next: pytest " + KNOWN + KEY[14])
    error.add_note(KEY[15])
    raise error

def test_cause(qchannel):
    raise ValueError("x") from KeyError(KEY[16])

def test_group(qchannel):
    raise ExceptionGroup(KEY[17], [ValueError(KEY[18])])

def test_fail(qchannel):
    pytest.fail(KEY[19])

def test_fail_bare(qchannel):
    pytest.fail(KEY[20], pytrace=False)

@pytest.fixture
def before(qchannel):
    raise ValueError(KNOWN + KEY[21])

@pytest.fixture
def after(qchannel):
    yield
    raise ValueError(KNOWN + KEY[22])

def test_setup(before):
    pass

def test_teardown(after):
    pass

def test_prints(qchannel, record_property, record_testsuite_property, caplog):
    print(KEY[23])
    print(KEY[24], file=sys.stderr)
    caplog.handler.setLevel(0)
    record_property(KEY[25], KEY[26])
    warnings.warn(KNOWN + KEY[27])
    local = KEY[28]
    assert not local

def test_requests(qchannel_rest):
    qchannel_rest.get("/jobs/" + KEY[29])
    qchannel_rest.get("/backends", params={{KEY[30]: 1, "name": KEY[31]}})
    qchannel_rest.get("/" + KEY[32])
    qchannel_rest.get("/jobs", headers={{"x-key": KEY[33]}})
    qchannel_rest.get("/" + KNOWN)
    raise AssertionError("x")

def test_submission(qchannel_rest, qchannel_backend):
    pubs = [["OPENQASM 3.0; bit[1] b; b[0] = measure $0;", None, 5]]
    for body in (
        {{"program_id": KEY[34], "backend": KEY[35], "params": {{"pubs": pubs}}}},
        {{"program_id": "sampler", "backend": qchannel_backend.name, "tags": [KEY[36]],
          "params": {{"pubs": pubs, "options": {{KEY[37]: 1}}, "version": 2}}}},
    ):
        qchannel_rest.post("/jobs", json=body)

def test_circuit(qchannel_backend):
    circuit = QuantumCircuit(1, name=KEY[38])
    circuit.add_register(ClassicalRegister(1, "c" + KEY[39]))
    circuit.x(0, label=KEY[40])
    circuit.measure(0, 0)
    SamplerV2(mode=qchannel_backend).run([circuit], shots=5).result()

def test_child(qchannel):
    subprocess.run([sys.executable, "-c", "pass", KNOWN, KEY[41]], capture_output=True)

def test_host(qchannel):
    import urllib.request
    urllib.request.urlopen("http://" + KEY[42].lower() + ".example.org/" + KEY[43])

@pytest.mark.vcr
@pytest.mark.parametrize("one", [KNOWN, KEY[44]], ids=lambda one: one)
def test_taped(qchannel_rest, one):
    qchannel_rest.get("/backends")

@pytest.mark.vcr
@pytest.mark.default_cassette("of-" + KEY[45] + ".yaml")
def test_taped_by_name(qchannel_rest):
    qchannel_rest.get("/backends")
"""


def keys() -> list[str]:
    """Keys as IBM Cloud's are: 44 letters and digits, made here and nobody's."""
    chance = random.Random(14)
    found = [
        "".join(chance.choices(string.ascii_letters + string.digits, k=44)) for _ in range(COUNT)
    ]
    return [f"Aa1{one[3:]}" for one in found]


def forms_of(secret: str) -> Iterable[str]:
    """A secret as it may stand somewhere, whole or most of it."""
    yield from (secret[:30], json.dumps(secret)[1:-1], secret.encode().hex())
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]


def told_by(result: pytest.RunResult, folder: Path) -> dict[str, str]:
    """What we have written in a run, by where it stands."""
    properties = ElementTree.parse(folder / "o.xml").getroot().iter("property")
    return {
        "terminal": "\n".join(one for one in result.outlines if one.startswith("qchannel:")),
        "Markdown": (folder / "o.md").read_text(encoding="utf-8"),
        "CI page": (folder / "step.md").read_text(encoding="utf-8"),
        "JUnit": " ".join(
            str(one.get("value"))
            for one in properties
            if str(one.get("name")).startswith("qchannel.")
        ),
        "JSON": (folder / "o.json").read_text(encoding="utf-8"),
        "HTML": json.dumps(data_of((folder / "o.html").read_text(encoding="utf-8"))),
    }


WRITTEN = ("--qchannel-report=o.json,o.html", "--qchannel-summary=o.md", "--junitxml=o.xml", "-v")


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module whose tests do their worst."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KNOWN)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    return TEST.format(known=KNOWN, keys=keys(), hostile=HOSTILE)


def all_told(run: Any, folder: Path, source: str) -> Iterator[dict[str, str]]:
    """What two runs tell: one that is emulated, and one that records."""
    for args in (
        ("-k", "not taped", "--showlocals"),
        ("-k", "taped", "--qchannel-mode=record", "--qchannel-record-from=emulator"),
    ):
        yield told_by(run(source, *WRITTEN, *args), folder)


def test_nothing_that_a_test_plants_is_shown_or_is_more_than_text(
    run: Any, pytester: pytest.Pytester, planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the path of a URL a key of IBM Cloud's was shown, and so it was in a cassette's name."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # else it is no step of CI's
    texts: dict[str, str] = {}
    for told in all_told(run, pytester.path, planted):
        shown = {
            (where, secret, text[max(0, text.index(form) - 60) :][:200])
            for where, text in told.items()
            for secret in (KNOWN, *keys())
            for form in forms_of(secret)
            if form in text
        }
        assert not shown
        texts = texts or told
    document = json.loads(texts["JSON"])
    SCHEMA.validate(document)
    reasons = {one["reason"] for one in document["tests"]}
    assert len(set(HOSTILE) - reasons) <= 1, "they are told, and so were looked at: but for {{...}}"
    assert json.loads(texts["HTML"]) == {**json.loads(texts["HTML"]), **document}
    for where in ("terminal", "Markdown"):
        assert texts[where].replace("\n", "").isprintable(), where
    assert max(map(len, texts["terminal"].splitlines())) < 500
    require_plain(texts["Markdown"])
    assert texts["CI page"] == texts["Markdown"]
    page = (pytester.path / "o.html").read_text(encoding="utf-8")
    empty = page_of({**document, "tests": [], "circuits": {}, "devices": {}})
    assert DATA.sub("", page) == DATA.sub("", empty), "a run is in its data, and nowhere else"


class _Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, " ".join(f"{name}={value}" for name, value in attrs)))


def require_plain(markdown: str) -> None:
    """Passes Markdown that has the elements of ours alone: no link, image, heading or emphasis."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    elements = _Elements()
    elements.feed(reader.render(markdown))
    ours = {"h2", "table", "thead", "tbody", "tr", "th", "td", "code", "br", "ul", "li"}
    assert {tag for tag, _ in elements.found} == ours
    assert {more for _, more in elements.found} == {"", "style=text-align:right"}
    assert "::error::" not in [line[:9] for line in markdown.splitlines()]
