"""Every way in which a cassette is damaged, and the command of its error, pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_qchannel.cassette.disk import index, strict_yaml
from pytest_qchannel.cassette.disk.strict_yaml import write_yaml
from tests.e2e.pages_kit import ROOT
from tests.plugin.conftest import Run
from tests.plugin.lane_kit import RECORD
from tests.plugin.test_pasted_commands import WORLD

MOST: Final = 200_000
"""The most bytes of a cassette here, for a test that is quick."""

TESTS: Final = """
    import pytest

    @pytest.mark.vcr
    @pytest.mark.parametrize("n", range({count}))
    def test_a(qchannel_rest, n):
        assert qchannel_rest.get("/backends/ibm_here/properties").status_code == 200
"""

Change = Callable[[Path], object]


def text(old: str, new: str) -> Change:
    """As somebody edits it."""

    def change(path: Path) -> None:
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1), encoding="utf-8")

    return change


def whole(data: bytes) -> Change:
    """Something else in its place."""
    return lambda path: path.write_bytes(data)


def checked(edit: Callable[[Any], object]) -> Change:
    """Edited, with the checks that fit: a program of somebody's did it."""

    def change(path: Path) -> None:
        top: Any = index.read_plain(path.read_bytes(), path)
        edit(top)
        for one in filter(lambda one: isinstance(one, dict), top["interactions"]):
            one["check"] = index._check({k: v for k, v in one.items() if k != "check"})
        head = {k: v for k, v in top.items() if k not in ("check", "interactions")}
        path.write_bytes(write_yaml({**top, "check": index._check(head)}))

    return change


def of_test(test: str) -> Change:
    return checked(lambda top: top.update(test=test))


def request(**new: object) -> Change:
    return checked(lambda top: top["interactions"][0]["request"].update(new))


def response(**new: object) -> Change:
    return checked(lambda top: top["interactions"][0]["response"].update(new))


def blob(**new: object) -> Change:
    return checked(lambda top: top["interactions"][0]["response"]["body"].update(new))


BOMB: Final = "a: &a [1, 2]\n" + "\n".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 30)}]" for a, b in zip("abcd", "bcde", strict=True)
)
OPTIONS: Final = ("--qchannel-channel=ibm_cloud", "--qchannel-world=w.toml")

DAMAGE: Final[list[tuple[str, Change]]] = [
    ("'*nowhere' refers to nothing", text("count: 1", "count: *nowhere")),
    ("'body' is neither text nor null", request(body=3)),
    ("'tests' is no list of texts", checked(lambda top: top.update(tests=[3]))),
    ("'uri' is no URL", request(uri="nowhere")),
    ("'method' is missing", checked(lambda top: top["interactions"][0]["request"].pop("method"))),
    ("'count' is no int", text("count: 1", "count: two")),
    ("'twelve' is no int", text("count: 1", "count: !!int twelve")),
    ("999 is no HTTP status", response(status={"code": 999, "message": "?"})),
    ("'metadata' is not known here", text("count: 1", "count: 1\nmetadata: {}")),
    ("a key of the cassette is no text", whole(b"1: a\n")),
    ("a number has 5000 characters", whole(b"a: " + b"9" * 5000)),
    ("has another length", blob(bytes=8)),
    ("interaction 1 is no mapping", checked(lambda top: top.update(interactions=["x"]))),
    ("interaction 1 was edited after", text("code: 200", "code: 201")),
    ("the beginning of the cassette was edited", text("channel: ibm_", "channel: our_")),
    ("that YAML does not allow", whole(b"a: \x01\n")),
    ("the cassette has format 0", text("qchannel: 1", "qchannel: 0")),
    ("it should have 3 interactions and has 1", text("count: 1", "count: 3")),
    ("the cassette is empty", whole(b"")),
    ("the cassette is larger than 0 MB", whole(b"#" * (MOST + 1))),
    ("the cassette is nested too deeply", whole(b"a: " + b"[" * 200 + b"]" * 200)),
    ("the cassette is no YAML: a merge left its marks", text("test: ", "<<<<<<< HEAD\ntest: ")),
    ("the cassette is not UTF-8", whole(b"\xff\xfe\x00")),
    ("the cassette refers to itself too often", whole(BOMB.encode())),
    ("the header 'accept' is no list of texts", request(headers={"accept": "*/*"})),
    ("the key 'count' stands twice", text("count: 1", "count: 1\ncount: 2")),
    ("the name of a blob is not 32 hexadecimal digits", blob(blob="../../etc/passwd")),
    ("the tag '!mine' is not allowed", text("count: 1", "count: !mine 2")),
    ("there is more than one document", whole(b"--- {}\n--- {}\n")),
    ("no cassette of pytest-qchannel: it has no 'qchannel'", whole(b"version: 1\n")),
    ("vcrpy's 'version' is not 1", text("version: 1", "version: 3")),
    ("a body of the cassette is missing", blob(blob="0" * 32)),
]
"""A part of each headline, and how a cassette comes to it."""


def of_page(headline: str) -> re.Pattern[str]:
    """A headline of the page of errors; what is only known when it happens is any text."""
    return re.compile(".+".join(map(re.escape, headline.split("..."))))


def commands(result: pytest.RunResult) -> list[list[str]]:
    """The words of every command of pytest that was told."""
    told = re.findall(r"next: +pytest (.*)", result.stdout.str())
    return [shlex.split(one) for one in told]


def test_every_damage_is_mended_by_the_command_of_its_error(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For most of them it was never pasted, over what stood in the place of the cassette."""
    monkeypatch.setattr(strict_yaml, "MOST_OF_INDEX", MOST)
    (pytester.path / "w.toml").write_text(WORLD, encoding="utf-8")
    run(TESTS.format(count=1), *OPTIONS, *RECORD).assert_outcomes(passed=1)
    [first] = pytester.path.glob("cassettes/*/*.yaml")
    recorded = first.read_bytes()
    for number, (_, change) in enumerate(DAMAGE):
        path = first.with_name(first.name.replace("-0]", f"-{number}]"))
        path.write_bytes(recorded)
        of_test(f"test_it.py::{path.stem}")(path)
        change(path)

    source = TESTS.format(count=len(DAMAGE))
    result = run(source, *OPTIONS)
    result.assert_outcomes(errors=len(DAMAGE))
    told = re.findall(r"^E +(?:Cassette|Blob)\w+: (.*)", result.stdout.str(), re.MULTILINE)
    assert [said for (said, _), one in zip(DAMAGE, told, strict=True) if said not in one] == []
    pasted = commands(result)
    assert [one[1:] for one in pasted] == [[*OPTIONS, *RECORD]] * len(DAMAGE)
    tests = [one[0] for one in pasted]
    run(source, *tests, *OPTIONS, *RECORD).assert_outcomes(passed=len(DAMAGE))

    for blob in pytester.path.glob("cassettes/blobs/*/*.gz"):
        blob.write_bytes(b"nonsense")
    result = run(source, *OPTIONS, tests[0])
    told += re.findall(r"^E +BlobDamaged: (.*)", result.stdout.str(), re.MULTILINE)
    [pasted_] = commands(result)
    run(source, *pasted_).assert_outcomes(passed=1)
    run(source, *OPTIONS).assert_outcomes(passed=len(DAMAGE))

    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    parts = re.findall(r"(?m)^## (?:Blob|CassetteDamaged).*(?:\n(?!## ).*)+", page)
    headlines = re.findall(r"(?m)^\| `(.*?)` \|", "\n".join(parts))
    assert [one for one in headlines if not any(map(of_page(one).fullmatch, told))] == []
    assert len(headlines) > 30
