"""``qchannel cassettes list``, ``show`` and ``stats``: what they say, and how they end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.cassette.disk.blobs import blob_name
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.channels.client import client_version
from tests.e2e.cassette_kit import BELL, LARGE, REST, cassettes, cut, rest, tree
from tests.unit.cassette.traffic_kit import cassette, circuit_json, said


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QCHANNEL_CASSETTES", raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")


def words_of(line: str) -> list[str]:
    return line.split()


# list


def test_list_is_a_table(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    result = cassettes("list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    (head,) = (line for line in lines if line.lstrip().startswith("test "))
    assert words_of(head) == [
        *("test", "cassette", "channel", "source", "recorded", "client"),
        *("interactions", "jobs", "index"),
    ]
    rows = [words_of(line) for line in lines if ".yaml" in line]
    name = "tests/test_pick/test_bell[ibm_cloud].yaml"
    assert rows[0][:7] == [BELL, name, "ibm_cloud", "live", "2026-10-01", "08:30", "0.51.0"]
    assert rows[0][7:9] == ["4", "1"]
    assert rows[1][0] == REST
    assert rows[1][2:4] == ["ibm_cloud", "emulator"]
    assert lines[-1] == "2 cassettes in cassettes"


def test_list_at_a_terminal_of_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut(tree(tmp_path / "cassettes").path_of(REST))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    told = re.sub("\x1b.*?m", "", cassettes("list").stdout)
    rows = [words_of(line) for line in told.splitlines()]
    assert all(len(line) <= 80 for line in told.splitlines() if "DAMAGED cassettes" not in line)
    assert [w for w in rows[1] if w not in ("test", "index")] == [
        "channel",
        "recorded",
        "interactions",
    ]
    assert any(words[1:3] == ["live", "0.51.0"] for words in rows)
    assert any(words[1:] == ["DAMAGED"] for words in rows)


def test_list_as_json(tmp_path: Path) -> None:
    store = tree(tmp_path / "tapes")
    document = json.loads(cassettes("list", "--json", "tapes").stdout)
    assert document["ok"] is True
    one, two = document["cassettes"]
    assert (one["test"], one["interactions"], one["jobs"]) == (BELL, 4, 1)
    assert one["passport"]["recorded_from"] == "live"
    assert one["index_bytes"] == store.path_of(BELL).stat().st_size
    assert (two["test"], two["jobs"], two["problem"]) == (REST, 0, None)


def test_damaged_ones_are_listed_and_end_it_with_1(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    cut(store.path_of(REST))
    store.blobs.path(blob_name(LARGE)).unlink()
    (tmp_path / "cassettes" / "empty.yaml").touch()
    result = cassettes("list")
    assert result.exit_code == 1
    damaged = [line for line in result.stdout.splitlines() if line.startswith("DAMAGED ")]
    assert [line.partition(": ")[2] for line in damaged] == [
        "the cassette is empty",
        f"a body of the cassette is missing: {blob_name(LARGE)}",
        "'interactions' is missing",
    ]
    assert result.stdout.splitlines()[-1] == "3 cassettes in cassettes, 3 damaged"
    document = json.loads(cassettes("list", "--json").stdout)
    assert document["ok"] is False
    assert [one["problem"] is None for one in document["cassettes"]] == [False, False, False]


def test_those_of_plain_vcrpy_are_not_ours(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    theirs = tmp_path / "cassettes" / "theirs.yaml"
    theirs.write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    result = cassettes("list")
    assert result.exit_code == 0
    assert "theirs" not in result.stdout


@pytest.mark.parametrize("command", ["list", "stats", "prune"])
def test_where_there_is_no_folder(tmp_path: Path, command: str) -> None:
    result = cassettes(command)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "Error: there is no folder cassettes of cassettes",
        f"  where: {Path.cwd()} (the folder is from the default)",
    ]
    assert f"  next:  qchannel cassettes {command} DIR, or record some: pytest " in result.stderr


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nqchannel_cassettes = kept/tapes\n"),
        ("pytest.toml", "[pytest]\nqchannel_cassettes = 'kept/tapes'\n"),
        ("tox.ini", "[tox]\n[pytest]\nqchannel_cassettes=kept/tapes\n"),
        ("setup.cfg", "[tool:pytest]\nqchannel_cassettes: kept/tapes\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\nqchannel_cassettes = 'kept/tapes'\n"),
    ],
)
@pytest.mark.parametrize("below", [".", "src"])
def test_the_ini_file_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, below: str
) -> None:
    (tmp_path / "pytest.ini").unlink()
    (tmp_path / file).write_text(text, encoding="utf-8")
    tree(tmp_path / "kept" / "tapes")
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / below)
    assert cassettes("list").exit_code == 0


def test_the_variable_wins_over_the_ini_file_and_the_argument_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ini = "[pytest]\nqchannel_cassettes = of_ini\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    monkeypatch.setenv("QCHANNEL_CASSETTES", "of_variable")
    tree(tmp_path / "of_variable")
    (tmp_path / "of_line").mkdir()
    assert "2 cassettes in of_variable" in cassettes("list").stdout
    assert "0 cassettes in of_line" in cassettes("list", "of_line").stdout
    (tmp_path / "of_ini").mkdir()
    monkeypatch.delenv("QCHANNEL_CASSETTES")
    assert "0 cassettes in of_ini" in cassettes("list").stdout


def test_a_folder_for_each_client_or_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There was no folder ``taped/{client}``, whatever pytest had recorded; addopts counted not."""
    ini = "[pytest]\naddopts = --qchannel-cassettes taped/{client}/{channel}\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    monkeypatch.setenv("QCHANNEL_CHANNEL", "ibm_quantum")
    above = tmp_path / "taped" / client_version()
    for channel in ("ibm_cloud", "ibm_quantum"):
        store = tree(above / channel)
        quarantine = above / channel / ".qchannel" / "quarantine"
        quarantine.mkdir(parents=True, exist_ok=True)
        (quarantine / "test_a.yaml").touch()
    result = cassettes("list")
    shown = f"taped/{client_version()}/ibm_"
    assert f"2 cassettes in {shown}quantum" in result.stdout
    assert f"not looked at: {shown}cloud; qchannel cassettes list {shown}cloud" in result.stderr
    assert "4 cassettes in" in cassettes("list", above).stdout
    both, one = (
        json.loads(cassettes("scan", *words, "--json").stdout)
        for words in ((), (above / "ibm_cloud",))
    )
    assert both["searched"] == 2 * one["searched"]
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--qchannel-cassettes={store.root}")
    assert cassettes("list").stderr == ""


def test_a_pyproject_without_a_word_of_pytest_is_taken_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    tree(tmp_path / "cassettes")
    monkeypatch.chdir(tmp_path / "inner")
    assert cassettes("list").exit_code == 0
    (tmp_path / "pytest.ini").unlink()
    assert cassettes("list").exit_code == 2


# show


@pytest.mark.parametrize(
    "name",
    [BELL, "bell", "TEST_BELL", "tests/test_pick/test_bell[ibm_cloud]", "test_pick/test_bell"],
)
def test_show_tells_where_it_comes_from_and_what_was_asked(tmp_path: Path, name: str) -> None:
    store = tree(tmp_path / "cassettes")
    result = cassettes("show", name)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == BELL
    assert "  channel:     ibm_cloud" in lines
    assert "  recorded:    2026-10-01T08:30:00+00:00 from the real services" in lines
    assert "  QPU seconds: 2.5" in lines
    assert "  account:     ibm_cloud, a-stand-in" in lines
    assert any(line.endswith("::") and "first (Open) crn:v1:" in line for line in lines)
    numbers = store.load(store.path_of(BELL)).lines
    asked = [words_of(line) for line in lines if "quantum.cloud.ibm.com/api" in line]
    assert [int(words[1]) for words in asked] == list(numbers)
    url = "quantum.cloud.ibm.com/api/v1/jobs"
    assert asked[1] == ["2", str(numbers[1]), "POST", url, "200"]


def test_show_tells_in_words_what_was_submitted(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    told = [line.strip() for line in cassettes("show", "bell").stdout.splitlines()]
    start = told.index("sampler on ibm_torino")
    assert told[start : start + 5] == [
        "sampler on ibm_torino",
        "PUB 0:",
        "circuit:",
        "fingerprint: " + told[start + 3].split()[1],
        "depth: 3",
    ]
    assert "qasm3:" in told
    assert "cx q[0], q[1];" in told
    assert "shots: 100" in told
    assert 'options: {"resilience_level": 1}' in told


def test_show_tells_of_a_program_that_has_no_pubs_of_its_own(tmp_path: Path) -> None:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    params = {"pubs": "all of them", "items": [{"what": circuit_json(circuit)}], "shots": 7}
    body = {"program_id": "executor", "params": params}
    store = Store(tmp_path / "cassettes")
    store.save(cassette(said("POST", "/jobs", {"id": "job-1"}, body=body), test=REST))
    told = [line.strip() for line in cassettes("show", "rest").stdout.splitlines()]
    start = told.index("executor on a backend of the service")
    assert "pubs: all of them" in told[start:]
    assert told[told.index("items:") :][1:3] == ["0:", "what:"]
    assert "cx q[0], q[1];" in told[start:]
    assert "shots: 7" in told


def test_show_bodies_are_decoded_and_cannot_steer_a_terminal(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    told = cassettes("show", "bell", "--bodies").stdout
    assert LARGE.decode()[13:40] in told
    assert '"qchannel_submission": 1' in told
    assert "answered: 2 bytes that are no text" in told
    assert "answered:" not in cassettes("show", "bell").stdout
    colourful = cassettes("show", "rest", "--bodies").stdout
    assert "[31m" in colourful
    assert "\x1b" not in colourful


def test_show_as_json(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    document = json.loads(cassettes("show", "bell", "--json").stdout)
    assert document["test"] == BELL
    assert document["accounts"]["ibm_cloud"]["instances"][0]["name"] == "first"
    submission = document["interactions"][1]
    assert (submission["number"], submission["method"], submission["status"]) == (2, "POST", 200)
    assert submission["submitted"]["pubs"][0]["shots"] == 100
    assert "response_body" not in submission
    whole = json.loads(cassettes("show", "bell", "--json", "--bodies").stdout)
    assert whole["interactions"][0]["response_body"] == json.loads(LARGE)
    assert whole["interactions"][3]["response_body"] == {"base64": "AP8="}


def test_show_a_path_whatever_the_folder(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    (tmp_path / "other").mkdir()
    path = store.path_of(BELL)
    for one in (path, path.relative_to(tmp_path)):
        result = cassettes("show", one, "--folder", "other")
        assert result.exit_code == 0
        assert result.stdout.startswith(BELL)


def test_show_an_ambiguous_name(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    result = cassettes("show", "test_pick")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "Error: 'test_pick' is a part of the names of 2 cassettes",
        "  where:   cassettes",
        f"  closest: {BELL}",
        f"           {REST}",
        f'  next:    qchannel cassettes show "{BELL}"',
    ]


def test_show_a_whole_name_that_is_a_part_of_another(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    store.save(rest("more/tests/test_pick.py::test_rest[ibm_cloud]"))
    assert cassettes("show", REST).stdout.startswith(REST)


def test_show_an_unknown_name_tells_the_nearest(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    result = cassettes("show", BELL.replace("bell", "bel"))
    assert result.exit_code == 2
    assert "is called 'tests/test_pick.py::test_bel[ibm_cloud]'" in result.stderr
    assert f"  closest: {BELL}" in result.stderr
    result = cassettes("show", "zzz")
    assert result.exit_code == 2
    assert "  next:  qchannel cassettes list" in result.stderr


def test_show_a_damaged_one(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    cut(store.path_of(REST))
    result = cassettes("show", "rest")
    assert result.exit_code == 1
    assert "Error: 'interactions' is missing" in result.stderr
    assert f'  next:  pytest "{REST}" --qchannel-mode=record' in result.stderr


# stats


def test_stats_count_everything(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    spare = store.blobs.path("0" * 32)
    spare.parent.mkdir(parents=True)
    spare.write_bytes(b"x" * 5_000)
    document = json.loads(cassettes("stats", "--json").stdout)
    assert document["cassettes"] == 2
    blobs = [store.blobs.path(name) for name in store.blobs.names()]
    assert document["index_bytes"] == sum(path.stat().st_size for path in store.paths())
    assert document["blob_bytes"] == sum(path.stat().st_size for path in blobs)
    assert document["unused_blobs"] == {"count": 1, "bytes": 5_000}
    assert document["largest_blobs"][0] == {"blob": "0" * 32, "bytes": 5_000, "tests": []}
    assert [BELL] in [one["tests"] for one in document["largest_blobs"]]
    assert document["sources"] == {"emulator": 1, "live": 1}
    assert document["clients"] == {"0.51.0": 2}
    assert (document["oldest"], document["newest"]) == (
        "2026-10-01T08:30:00+00:00",
        "2026-11-23T21:00:00+00:00",
    )
    assert document["qpu_seconds"] == 2.5
    lines = cassettes("stats").stdout.splitlines()
    assert lines[:5] == [
        "cassettes:    2 in cassettes",
        "source:       1 emulator, 1 live",
        "client:       2 0.51.0",
        "recorded:     2026-10-01 to 2026-11-23",
        "QPU seconds:  2.5",
    ]
    assert "unused:       1 blob, 5.0 kB: qchannel cassettes prune" in lines
    assert f"  {'0' * 32}     5.0 kB  nobody" in lines


def test_stats_with_a_damaged_one(tmp_path: Path) -> None:
    store = tree(tmp_path / "cassettes")
    cut(store.path_of(REST))
    result = cassettes("stats")
    assert result.exit_code == 1
    assert result.stdout.startswith("cassettes:    2 in cassettes, 1 damaged\n")


def test_stats_of_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "cassettes").mkdir()
    result = cassettes("stats")
    assert result.exit_code == 0
    assert "recorded:     -" in result.stdout


# the group


def test_a_mistyped_command_names_the_nearest() -> None:
    result = cassettes("prun")
    assert result.exit_code == 2
    assert "There is no command 'prun'. Did you mean 'prune'?" in result.stderr


@pytest.mark.parametrize("command", ["list", "show", "stats", "prune", "scan"])
def test_help_tells_the_exit_statuses(command: str) -> None:
    told = " ".join(cassettes(command, "--help").stdout.split())
    assert "Ends with exit status 0" in told


def test_as_a_script(tmp_path: Path) -> None:
    tree(tmp_path / "cassettes")
    command = [sys.executable, "-m", "pytest_qchannel", "cassettes", "list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["cassettes"]) == 2
