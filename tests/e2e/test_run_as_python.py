"""``qchannel run`` beside ``python``: what a program sees, prints and ends with is the same."""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.run_kit import SUMMARY, run_apart, write

TELL = (
    "import json, os, sys",
    "print(json.dumps({'argv': sys.argv, 'first': sys.path[0], 'name': __name__,",
    "    'file': globals().get('__file__'), 'main': sys.modules['__main__'].__dict__ is globals(),",
    "    'package': __package__, 'spec': __spec__ and __spec__.name}))",
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.chdir(tmp_path)


def python(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        input=said,
        timeout=100,
        check=False,
    )


def programs() -> dict[str, tuple[str, ...]]:
    write("app/__main__.py", *TELL)
    write("package/__init__.py")
    write("package/__main__.py", *TELL)
    write("package/inner.py", *TELL)
    with zipfile.ZipFile("app.zip", "w") as packed:
        packed.write("app/__main__.py", "__main__.py")
    write("tell.py", *TELL)
    py_compile.compile("tell.py", "told.pyc")
    return {
        "folder": ("app", "a", "-m"),
        "zip": ("app.zip", "a", "-c"),
        "pyc": ("told.pyc", "--seed", "x"),
        "script": ("tell.py", "--", "-m"),
        "package": ("-m", "package", "a"),
        "in a package": ("-m", "package.inner", "--seed"),
        "text": ("-c", "\n".join(TELL), "-m", "a"),
        "text in one word": ("-c" + "\n".join(TELL), "a"),
        "standard input": ("-", "a", "--seed"),
    }


def test_every_kind_of_program_sees_what_python_shows_it() -> None:
    """A folder and a zip file had another ``sys.argv``; text and standard input were refused."""
    for kind, arguments in programs().items():
        said = "\n".join(TELL) if kind == "standard input" else ""
        expected, ours = python(*arguments, said=said), run_apart(*arguments, said=said)
        assert expected.returncode == ours.returncode == 0, (kind, ours.stderr)
        assert json.loads(ours.stdout) == json.loads(expected.stdout), kind
        assert ours.stderr == SUMMARY


ENDS = {
    "closes its streams": ("import sys", "print(1)", "sys.stdout.close()", "sys.stdin.close()"),
    "lacks stdout": ("import sys", "sys.stdout = None"),
    "removes its folder": ("import os, shutil", "shutil.rmtree(os.getcwd())", "print('gone')"),
    "huge status": ("raise SystemExit(2**70)",),
    "negative status": ("raise SystemExit(-1)",),
    "no memory": ("raise MemoryError",),
    "group": ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])",),
    "hook": ("import sys", "sys.excepthook = lambda *a: print('mine', a[1])", "1 / 0"),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_as_with_python(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program := tmp_path / "end.py").write_text("\n".join(ENDS[end]), encoding="utf-8")
    outcomes = []
    for run in (python, run_apart):
        (folder := tmp_path / run.__name__).mkdir()
        monkeypatch.chdir(folder)
        outcomes.append(run(str(program)))
        monkeypatch.chdir(tmp_path)
    expected, ours = outcomes
    assert (ours.returncode, ours.stdout) == (expected.returncode, expected.stdout), ours.stderr
    assert ours.stderr == expected.stderr + SUMMARY


def test_a_module_that_closes_stdout() -> None:
    """``json.tool`` does: the run ended in a traceback of ours."""
    write("some.json", "{}")
    ours = run_apart("-m", "json.tool", "some.json")
    assert (ours.returncode, ours.stdout, ours.stderr) == (0, "{}\n", SUMMARY)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that can close a stream")
def test_a_program_without_streams_is_run_to_its_end() -> None:
    write("quiet.py", "open('ran', 'w').close()", "print('x')")
    command = f'"{sys.executable}" -m pytest_qchannel run quiet.py >&- 2>&- <&-'
    assert subprocess.run(command, shell=True, check=False, timeout=100).returncode == 0
    assert Path("ran").exists()


def test_the_journal_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    """It followed the program to its folder, or was lost where that was gone."""
    write("elsewhere.py", "import os, tempfile", "os.chdir(tempfile.gettempdir())")
    assert run_apart("--journal", "sent.jsonl", "elsewhere.py").returncode == 0
    assert (tmp_path / "sent.jsonl").exists()
    write("gone/gone.py", "import os, shutil", "shutil.rmtree(os.path.dirname(__file__))")
    lost = run_apart("--journal", "gone/sent.jsonl", "gone/gone.py")
    assert lost.returncode == 1
    assert f"--journal {tmp_path / 'gone/sent.jsonl'} cannot be written" in lost.stderr
    assert "Traceback" not in lost.stderr


def test_pytest_with_warnings_as_errors() -> None:
    """pytest warned that it cannot rewrite our package, which was imported before it."""
    write("test_it.py", "def test_a(): pass")
    plugins = {name: os.environ.get(name, "") for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD",)}
    plugins["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = ""
    ours = run_apart("-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "-q", **plugins)
    assert ours.returncode == 0, ours.stdout + ours.stderr


def test_no_frame_of_ours_is_in_a_traceback() -> None:
    write(
        "blocked.py",
        *("import socket", "def look(): socket.create_connection(('example.org', 80))"),
        *("try: look()", "except BaseException as error: raise ValueError('mine') from error"),
    )
    ours = run_apart("blocked.py")
    assert ours.returncode == 1
    assert "NetworkBlocked: a program in the emulated lane reached for example.org" in ours.stderr
    assert "ValueError: mine" in ours.stderr
    files = [line for line in ours.stderr.splitlines() if line.startswith("  File ")]
    assert len(files) >= 3
    assert not [line for line in files if "pytest_qchannel" in line or "runpy" in line]


def test_an_error_of_a_package_is_its_own() -> None:
    """It was said that there is no such module."""
    write("package/__init__.py", "import nothing_of_that_name")
    write("package/inner.py")
    ours = run_apart("-m", "package.inner")
    assert ours.returncode == 1
    assert "No module named 'nothing_of_that_name'" in ours.stderr
    assert "Did you mean" not in ours.stderr
