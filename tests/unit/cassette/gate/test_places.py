"""Where a find is: line, interaction and path, without a word of the secret."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
import yaml

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
    assert (finding.interaction, finding.path) == (1, "$.interactions[0].a")


def test_a_text_that_is_named_twice_is_told_of_where_it_stands() -> None:
    document = f"a: &it [{VALUE}]\nb: *it\nc: &loop [*loop]\n".encode()
    assert len(GATE.search(document)) == 1


def test_what_shows_by_name_and_value_only_is_placed_at_the_value() -> None:
    body = json.dumps({"apiToken": "0a1b2c3d4e"})  # the name alone is none, nor is the value
    [finding] = Gate().search(json.dumps({"interactions": [{"body": body}]}).encode())
    assert (finding.rule, finding.path) == ("GATE-019", "interactions[0].body $.apiToken")


def test_in_a_huge_document_a_find_has_its_line_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*(f"- a{number}" for number in range(30)), f"- {VALUE}", "- b"]
    document = "\n".join(words).encode()
    [finding] = GATE.search(document)
    assert (finding.line, finding.path) == (31, "[30]")
    monkeypatch.setattr(places, "MOST_NODES", 32)  # the list, and 31 of it
    assert GATE.search(document) == [finding]
    monkeypatch.setattr(places, "MOST_NODES", 31)
    [finding] = GATE.search(document)
    assert (finding.line, finding.path) == (31, "")


KEY_HEADERS = f"{{apikey: [{VALUE}]}}"
INDEX = f"""\
interactions:
- request: {{method: GET, uri: "https://a.example/api/v1/jobs?limit=3", headers: &h {KEY_HEADERS}}}
  response: {{body: {{blob: aa, bytes: 3, string: ""}}}}
- request: {{method: POST, uri: "https://a.example/api/v1/{VALUE}", headers: *h}}
  request_body: {{blob: bb, bytes: 3}}
  response: {{body: {{blob: aa, bytes: 3, string: ""}}}}
""".encode()


def test_what_several_interactions_refer_to_is_told_of_each() -> None:
    """A header of three interactions was told of one of them, without its request."""
    places_of_header = [one for one in GATE.search(INDEX) if "headers" in one.path]
    assert [(one.interaction, one.request, one.path) for one in places_of_header] == [
        (1, "GET /api/v1/jobs", "interactions[0].request.headers.apikey[0]"),
        (2, "a secret in its path", "interactions[1].request.headers.apikey[0]"),
    ]


def test_a_find_in_a_body_names_each_interaction_that_has_the_body() -> None:
    """A find in a blob named the blob alone: nobody could tell which request it was."""
    body = gzip.compress(json.dumps({"jobs": [{"id": 1}, {"tags": ["a", VALUE]}]}).encode())
    log = gzip.compress(b"the log of a job, with " + VALUE.encode())
    binary = gzip.compress(b"\xff\xfe\x00" + VALUE.encode())
    found = {name: GATE.search(data) for name, data in {"aa": body, "bb": log}.items()}
    told = [one for one in GATE.search_cassette(INDEX, found) if one.blob]
    assert [one.place for one in told] == [
        "line 3, interaction #1 (GET /api/v1/jobs), "
        "interactions[0].response.body $.jobs[1].tags[1], blob aa",
        "line 5, interaction #2 (a secret in its path), interactions[1].request_body, blob bb",
        "line 6, interaction #2 (a secret in its path), "
        "interactions[1].response.body $.jobs[1].tags[1], blob aa",
    ]
    assert VALUE not in "".join(map(str, told))
    [unnamed] = GATE.search_cassette(b"interactions: []", {"cc": GATE.search(binary)})
    assert unnamed.place == "blob cc"
    assert GATE.search_cassette(b"interactions: []", {"aa": []}) == []


def test_a_find_is_placed_at_the_smallest_part_that_has_it() -> None:
    """A number, a packed value, and what shows only by a key with its value had no path."""
    digits, gate = "4207731985", Gate([Secret("PIN", "4207731985"), Secret("K", VALUE)])
    packed = base64.b64encode(gzip.compress(VALUE.encode())).decode()
    document = {"a": [1, {"pin": int(digits)}], "b": {"q": packed}, "password": "correct-horse-9"}
    text = json.dumps({"interactions": [{"request": {"body": json.dumps(document)}}]})
    for data in (text.encode(), yaml.safe_dump(json.loads(text)).encode()):
        assert {(one.rule, one.path.partition(" ")[2]) for one in gate.search(data)} == {
            ("GATE-001", "$.a[1].pin"),
            ("GATE-001", "$.b.q"),
            ("GATE-010", "$.b.q"),
            ("GATE-019", "$.password"),
        }
    own = "interactions:\n- request:\n    headers:\n      password:\n      - correct-horse-9\n"
    [finding] = gate.search(own.replace("\n      - ", " ").encode())
    assert (finding.line, finding.path) == (4, "interactions[0].request.headers.password")


def test_what_is_nested_too_deeply_to_be_parsed_is_found_all_the_same() -> None:
    deep = '{"a":' * 5_000 + json.dumps(VALUE) + "}" * 5_000
    for data in (deep.encode(), gzip.compress(deep.encode())):
        [finding] = GATE.search(data)
        assert finding.what == "the value of K"
    half = '{"a":' * 150 + json.dumps(VALUE) + "}" * 150
    [finding] = GATE.search(gzip.compress(half.encode()))
    assert finding.path == "$" + ".a" * 150


@pytest.mark.slow
def test_paths_are_looked_for_among_so_many_nodes_and_no_more() -> None:
    """A larger number lets a document of many megabytes hold the run for minutes."""
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    items = [yaml.ScalarNode("tag:yaml.org,2002:str", "", mark) for _ in range(200_010)]
    document = yaml.SequenceNode("tag:yaml.org,2002:seq", items, mark)
    assert len(list(places._walk(document, lambda _: []))) == 200_000


@pytest.mark.parametrize("read", ["os.environ[{}]", "os.environ.get({})", "os.getenv({})"])
def test_code_that_reads_a_credential_from_the_environment_holds_none(read: str) -> None:
    """What the user saw of a search of their tests, whose login asked the environment."""
    name = '"QISKIT_IBM_TOKEN"'
    assert Gate().search(f'data={{"apikey": {read.format(name)}}}'.encode()) == []
    for kept in ("hunter2hunter2[0]", "os.environ", "os.environ2[0]"):
        [finding] = Gate().search(f'data={{"apikey": {kept}}}'.encode())
        assert finding.rule == "GATE-019"
