"""``qchannel cassettes scan``: the words, the exit statuses, and never the value."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.cassette.disk.place import Place, load_safely
from pytest_qchannel.cassette.disk.store import Store
from pytest_qchannel.cassette.problems import CassetteUnsafe
from pytest_qchannel.cli.main import main
from pytest_qchannel.secret import Secret
from tests.unit.cassette.scrub.planted_kit import KEY, RUNTIME, as_vcrpy_stores_it, get, with_header
from tests.unit.cassette.traffic_kit import TEST, cassette, said

VARIABLES = (
    "QISKIT_IBM_TOKEN", "IQP_API_TOKEN", "IBM_CLOUD_API_KEY", "IBMCLOUD_API_KEY",
    "QCHANNEL_IBM_CLOUD_TOKEN", "QCHANNEL_IBM_QUANTUM_TOKEN", "QCHANNEL_IBM_QUANTUM_PLATFORM_TOKEN",
)  # fmt: skip
OPAQUE = "correct.horse.battery"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def scan(*arguments: str | Path) -> Result:
    words = ["cassettes", "scan", *map(str, arguments)]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_a_clean_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(as_vcrpy_stores_it(get("/backends", {"devices": ["ibm_x"]})))
    (tmp_path / "b.json").write_text('{"a": 1}', encoding="utf-8")
    result = scan(tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert result.stderr == "2 files searched (no credential in the environment), 0 findings\n"


def test_a_cassette_of_vcrpy_with_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(as_vcrpy_stores_it(with_header("Authorization", f"apikey {KEY}")))
    result = scan(path)
    assert result.exit_code == 1
    line = path.read_text(encoding="utf-8").splitlines().index(f"      - apikey {KEY}") + 1
    place = f"line {line}, interaction #1 (GET /api/v1/backends), interactions[0].request.headers"
    assert (
        f"{path}:{line}: GATE-010 an IBM Cloud API key: {place}.Authorization[0]" in result.stdout
    )
    assert "GATE-016 the value of an Authorization header" in result.stdout
    assert KEY not in result.output


def test_a_key_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"of {KEY}.yaml").write_text("a: 1", encoding="utf-8")
    result = scan(tmp_path)
    assert result.exit_code == 1
    assert result.stdout == f"{tmp_path}:1: GATE-010 an IBM Cloud API key: the name of the file\n"


def test_a_credential_of_the_environment_in_whatever_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQP_API_TOKEN", OPAQUE)
    packed = base64.b64encode(gzip.compress(OPAQUE.encode())).decode()
    (tmp_path / "a.yaml").write_bytes(as_vcrpy_stores_it(get("/backends", {"x": [{"y": packed}]})))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps({"a": {"b": OPAQUE}}).encode()))
    (tmp_path / "c.bin").write_bytes(b"\x00\xff" + OPAQUE.encode().hex().encode())
    result = scan(tmp_path, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert document["ok"] is False
    assert document["known"] == ["IQP_API_TOKEN"]
    assert document["searched"] == 3
    assert {one["rule"] for one in document["findings"]} == {"GATE-001"}
    places = {Path(one["file"]).name: one for one in document["findings"]}
    assert places["a.yaml"]["path"] == "interactions[0].response.body.string $.x[0].y"
    assert places["a.yaml"]["interaction"] == 1
    assert places["a.yaml"]["how"] == "in base64, in gzip"
    assert places["b.json.gz"]["path"] == "$.a.b"
    assert places["c.bin"]["how"] == "hexadecimal digits"
    assert OPAQUE not in result.output


def test_without_a_path_the_cassettes_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = scan()
    assert result.exit_code == 2
    assert "Error: there is no folder cassettes of cassettes\n" in result.stderr
    assert "  next:  qchannel cassettes scan PATH..., or record some: " in result.stderr
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "a.yaml").write_text(f"uri: {RUNTIME}\nkey: {KEY}\n", "utf-8")
    result = scan()
    assert result.exit_code == 1
    assert "cassettes/a.yaml:2: GATE-010" in result.stdout.replace("\\", "/")


@pytest.mark.parametrize("below", [".", "src/deep"])
def test_without_a_path_the_folder_that_is_set_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    """A check in CI was green: it looked into another folder than the tests."""
    here = tmp_path / below
    for folder in (here / "cassettes", tmp_path / "rec"):
        folder.mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\nqchannel_cassettes = rec\n", "utf-8")
    (here / "cassettes" / "clean.yaml").write_text("a: 1\n", "utf-8")
    (tmp_path / "rec" / "a.yaml").write_text(f"uri: {RUNTIME}\nkey: {KEY}\n", "utf-8")
    monkeypatch.chdir(here)
    result = scan()
    assert result.exit_code == 1
    assert "rec/a.yaml:2: GATE-010" in result.stdout.replace("\\", "/")
    assert "1 file searched" in result.stderr


@pytest.mark.parametrize("words", [(), ("cassettes",), ("cassettes", "--json")])
def test_where_there_is_no_file_nothing_is_called_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Nothing was searched, and the check in CI was green."""
    (tmp_path / "cassettes").mkdir()
    monkeypatch.chdir(tmp_path)
    result = scan(*words)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-3:] == [
        "Error: no file was searched: there is none",
        "  where: cassettes",
        "  next:  name the files or folders to search: qchannel cassettes scan PATH...",
    ]
    assert result.stdout == ""


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = scan(tmp_path / "nothing")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_a_credential_that_is_too_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "abc123")
    result = scan(tmp_path)
    assert result.exit_code == 2
    assert "the value of QISKIT_IBM_TOKEN is too short to be searched for" in result.stderr
    assert "abc123" not in result.output


def test_as_a_script(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"key: {KEY}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest_qchannel", "cassettes", "scan", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "GATE-010" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_a_find_in_a_body_names_the_interactions_of_every_cassette_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blob was named alone, and the replay refused it with nothing but its name."""
    store = Store(tmp_path)
    body = json.dumps({"devices": ["a" * 600, {"note": OPAQUE}]}).encode()
    one, other = said("GET", "/backends", body), said("GET", "/jobs", b"{}")
    first = store.save(cassette(other, one, one))
    second = store.save(dataclasses.replace(cassette(one), test="tests/test_b.py::test_b"))
    monkeypatch.setenv("IQP_API_TOKEN", OPAQUE)
    result = scan(tmp_path)
    place = "interactions[{}].response.body $.devices[1].note, blob "
    told = [
        (path, f"interaction #{at + 1} (GET /api/v1/backends), {place.format(at)}")
        for path, at in ((first, 1), (first, 2), (second, 0))
    ]
    for (path, words), line in zip(sorted(told), sorted(result.stdout.splitlines()), strict=True):
        assert line.startswith(f"{path}:")
        assert words in line
    found = Place(tmp_path, first, TEST)
    with pytest.raises(CassetteUnsafe, match=re.escape(told[0][1])) as caught:
        load_safely(found, (Secret("IQP_API_TOKEN", OPAQUE),))
    assert told[1][1] in str(caught.value)
    assert OPAQUE not in str(caught.value) + result.output
