"""``qchannel docs``, and that errors name its pages; the pages stay what a site can be built of."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt
from markdown_it.token import Token

import pytest_qchannel
from pytest_qchannel.cli.docs import pages
from pytest_qchannel.cli.main import main

PACKAGE = Path(pytest_qchannel.__file__).parent
ROOT = Path(__file__).parents[2]
WRITTEN = {"readme", *(path.stem for path in ROOT.glob("docs/*.md"))}


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments], catch_exceptions=False)


def test_without_a_topic_it_lists_all_pages_with_their_titles() -> None:
    result = docs()
    assert result.exit_code == 0
    listed = dict(line.split("  ", 1) for line in result.output.splitlines() if "  " in line)
    assert listed.keys() == WRITTEN
    assert listed["faults"].strip() == "Faults"
    assert "qchannel docs TOPIC" in result.output


@pytest.mark.parametrize("topic", ["faults", "docs/faults.md", "FAULTS"])
def test_piped_a_page_is_the_markdown_that_was_written(topic: str) -> None:
    result = docs(topic)
    assert result.output == (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def test_on_a_terminal_it_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_qchannel.cli.docs._is_terminal", lambda: True)
    for topic in sorted(WRITTEN):
        shown = docs(topic).output
        assert "<!--" not in shown
        assert "```" not in shown
        assert len(shown) > 500


@pytest.mark.parametrize(
    ("typed", "page"), [("fautls", "faults"), ("existng", "existing-suite"), ("job", "job-replay")]
)
def test_a_typo_names_the_closest_page(typed: str, page: str) -> None:
    """Of ``existng`` the user was told: "Did you mean 'testing'?"."""
    result = docs(typed)
    assert result.exit_code == 2
    said = f"There is no page {typed!r}. Did you mean {page!r}? Pages: assertions,"
    assert said in " ".join(result.output.split())


def test_all_pages_are_in_the_wheel() -> None:
    project: Any = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    placed = {Path(target).stem for source, target in shipped.items() if source.endswith(".md")}
    assert placed == WRITTEN
    assert pages().keys() == WRITTEN


def texts_of(path: Path) -> Iterator[str]:
    """Every text of a module but for docstrings; of f-strings, the parts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_a_message_names_a_page_by_the_command_that_shows_it() -> None:
    """Errors named files of a checkout that nobody has who installed the wheel."""
    named = set()
    for path in PACKAGE.rglob("*.py"):
        for text in texts_of(path):
            topics = re.findall(r"qchannel docs ([\w-]+)", text)
            named |= {topic for topic in topics if topic != "TOPIC"}
            if path.parent.name != "ibm":  # whose letters docs/emulator.md explains
                assert not re.search(r"(?<!/)\bdocs/\w+\.md|README(?!\.md)", text), (path, text)
    assert named >= {"emulator", "faults", "scrubbing", "world"}
    assert named <= WRITTEN


PARSER = MarkdownIt("commonmark").enable("table")


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


@pytest.mark.parametrize("topic", sorted(WRITTEN))
def test_a_page_is_commonmark_with_tables(topic: str) -> None:
    text = pages()[topic].read_text(encoding="utf-8")
    tokens = list(flat(PARSER.parse(text)))
    html = [one.content for one in tokens if one.type in ("html_block", "html_inline")]
    assert [one for one in html if not re.fullmatch(r"<!--.*-->\s*", one, re.DOTALL)] == []
    headings = [one.tag for one in tokens if one.type == "heading_open"]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    loose = [one.content for one in tokens if one.type == "text" and one.content.startswith("| ")]
    assert loose == [], "lines of a table that is none"
