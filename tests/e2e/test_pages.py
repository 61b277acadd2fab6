"""The README and the pages do what they say: their Python passes, what is generated is fresh."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs import errors
from pytest_qchannel.channels.client import client_version
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.options import OPTIONS
from tests.e2e.pages_kit import PAGES, ROOT, blocks_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
NEW_SAMPLER = "from qiskit_ibm_runtime.executor_sampler import Sampler"
OLD_SAMPLER = "from qiskit_ibm_runtime import SamplerV2 as Sampler"


def test_first_lines_are_the_two_commands() -> None:
    assert README.splitlines()[2:6] == [
        "```",
        "python -m pip install . && qchannel check        "
        "# sets up and tests every channel, offline",
        "python -m pip install tox && python -m tox       # this project's own tests",
        "```",
    ]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install --quiet . && qchannel check" in ci
    assert "pip install --quiet tox && python -m tox" in ci


def blocks() -> Iterator[tuple[str, str]]:
    """Every block of Python that is a module by itself, with a name for it."""
    for page in PAGES:
        for number, block in enumerate(blocks_of(page, "python"), start=1):
            if not block.file:  # the others are run by the consoles beside them
                yield f"test_{page.stem.lower().replace('-', '_')}_{number}", block.text


def test_python_blocks_pass_as_test_modules(pytester: pytest.Pytester) -> None:
    """All of them in one run; those that record something are run by the consoles beside them."""
    strict = "error::DeprecationWarning"
    wanted = 0
    for name, text in blocks():
        block = text
        if find_spec("qiskit_ibm_runtime.executor_sampler") is None:
            block, strict = text.replace(NEW_SAMPLER, OLD_SAMPLER), "ignore"
        pytester.makepyfile(**{name: block})
        wanted += len(re.findall(r"^ *def test_", block, re.MULTILINE))
    quiet = ("-p", "no:cacheprovider", "-W", "ignore", "-W", strict)
    outcomes = pytester.runpytest_inprocess(*quiet).parseoutcomes()
    assert outcomes.pop("passed") >= wanted > 15
    assert set(outcomes) <= {"warnings", "warning"}


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.skipif(client_version() < "0.51", reason="the tables show what the newest client has")
def test_generated_parts_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale() == {}, "run python docs/generate.py"


def test_the_docs_name_no_device_that_a_supported_client_lacks() -> None:
    """Each supported client runs this. What a fleet has is said of one client each time.

    So it is in the changelog, which says what was new with a client.
    """
    no_device = {"ibm_quantum", "ibm_quantum_platform", "ibm_cloud", "ibm_torini"}
    no_device |= {"ibm_cloud_sdk_core"}
    examples = list(ROOT.glob("examples/*.toml"))
    pages = {*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")} - {ROOT / "CHANGELOG.md"}
    for document in (*pages, *examples):
        text = document.read_text(encoding="utf-8")
        if document in examples:
            text = re.sub(r"#.*", "", text)
        text = re.sub(r"<!-- (fleets|errors):.*?<!-- end of \1 -->", "", text, flags=re.DOTALL)
        named = set(re.findall(r"[\"'`\s/](ibm_\w+?)(?:_service)?\b", text))
        served = set(re.findall(r'(?:name = "|device\(")(ibm_\w+)"(?:, |\s+)source', text))
        assert named - no_device - served <= set(snapshots.available()), document.name


def test_every_error_says_what_to_do_next() -> None:
    """They are read from the code, as the page of errors is: one that is never raised here, too."""
    found = list(errors.made())
    assert [one for one in found if not one.next] == []
    named = {flag for one in found for flag in re.findall(r"--qchannel-\w[\w-]*", one.next)}
    assert {option.flag for option in OPTIONS} >= named > set()
    assert len(found) > 150


def test_an_error_is_on_its_page_whose_words_are_given_to_a_function() -> None:
    """80 were not: why a live request was not sent, what is wrong with a cassette."""
    found = {(one.kind, one.headline): one.next for one in errors.made()}
    open_file = ("UsageProblem", "the file of --qchannel-secrets may be read by others")
    assert found[open_file] == "chmod 600 ..."
    assert ("CassetteDamaged", "the key ... stands twice") in found
    unsent = ("LiveRefused", "... was not sent: the test has no marker live_qpu")
    assert found[unsent] == "@pytest.mark.live_qpu(max_qpu_seconds=10)"
    assert {kind for kind, _ in found} == set(errors.kinds())


def anchors(path: Path) -> set[str]:
    """What a link can name in a page: its headings, as GitHub and the site spell them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_links_lead_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")):
        text = document.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#:]*)#?([^)#:]*)\)", text):
            path = document.parent / target if target else document
            assert path.exists(), f"{document.name}: {target}"
            assert not anchor or anchor in anchors(path), f"{document.name}: {target}#{anchor}"


def test_the_line_for_a_part_of_a_suite_is_the_one_that_mypy_and_ruff_check() -> None:
    """It stands in places of both tools, as the docs say it."""
    line = '\nglobals().update(fixtures(scope="module"))\n'
    for name in (
        "docs/fixtures.md",
        "docs/scopes.md",
        "examples/test_made_once.py",
        "tests/typing/api.py",
    ):
        assert line in (ROOT / name).read_text(encoding="utf-8"), name
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert {"tests", "examples"} <= set(settings["mypy"]["files"])
    assert "exclude" not in settings["ruff"]
    assert "noqa" not in (ROOT / "examples" / "test_made_once.py").read_text(encoding="utf-8")
