"""Where a find is: line, interaction and path, without a word of the secret."""

from __future__ import annotations

import gzip
import json

import pytest
from yaml import Mark, ScalarNode, SequenceNode

from pytest_qchannel.cassette.gate import Gate, places
from pytest_qchannel.secret import Secret

VALUE = "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB"
GATE = Gate([Secret("K", VALUE)], patterns=())


def test_a_finding_names_interaction_and_path_and_line() -> None:
    inner = json.dumps({"jobs": [{"id": 1}, {"tags": ["a", VALUE]}]})
    document = {"interactions": [{"request": {}}, {"response": {"body": {"string": inner}}}]}
    [finding] = GATE.search(json.dumps(document).encode())
    assert finding.interaction == 2
    assert finding.path == "interactions[1].response.body.string $.jobs[1].tags[1]"
    assert finding.line == 1


def test_a_secret_that_is_a_key_is_not_shown() -> None:
    word = "hunter2hunter2"
    data = json.dumps({"interactions": [{word: {"b": word}}]}).encode()
    findings = Gate([Secret("K", word)], patterns=()).search(data)
    assert len(findings) == 2
    assert all(word not in str(finding) for finding in findings)
    assert {finding.path for finding in findings} == {
        "interactions[0], key 1",
        "interactions[0].<key 1>.b",
    }


def test_a_packed_document_is_looked_into_as_well() -> None:
    document = json.dumps({"interactions": [{"a": VALUE}]}).encode()
    [finding] = GATE.search(gzip.compress(document))
    assert (finding.interaction, finding.path) == (1, "interactions[0].a")


def test_a_text_that_is_named_twice_is_told_of_where_it_stands() -> None:
    document = f"a: &it [{VALUE}]\nb: *it\nc: &loop [*loop]\n".encode()
    assert len(GATE.search(document)) == 1


def test_what_shows_in_a_whole_text_only_is_placed_at_the_text() -> None:
    body = json.dumps({"apiToken": "0a1b2c3d4e"})  # the name alone is none, nor is the value
    [finding] = Gate().search(json.dumps({"interactions": [{"body": body}]}).encode())
    assert (finding.rule, finding.path) == ("GATE-019", "interactions[0].body")


def test_in_a_huge_document_a_find_has_its_line_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*(f"- a{number}" for number in range(30)), f"- {VALUE}", "- b"]
    document = "\n".join(words).encode()
    [finding] = GATE.search(document)
    assert (finding.line, finding.path) == (31, "[30]")
    monkeypatch.setattr(places, "MOST_NODES", 3)  # the last ones are looked at first
    assert GATE.search(document) == [finding]
    monkeypatch.setattr(places, "MOST_NODES", 2)
    [finding] = GATE.search(document)
    assert (finding.line, finding.path) == (31, "")


def test_paths_are_looked_for_among_so_many_nodes_and_no_more() -> None:
    """A larger number lets a document of many megabytes hold the run for minutes."""
    mark = Mark("", 0, 0, 0, None, 0)
    items = [ScalarNode("tag:yaml.org,2002:str", "", mark) for _ in range(200_010)]
    document = SequenceNode("tag:yaml.org,2002:seq", items, mark)
    assert len(list(places._of_node(lambda _: [], document))) == 200_000 - 1  # and the list itself
