"""What each run of everybody loads is not compiled by pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TELLS = """
import sys

def pytest_sessionfinish():
    ours = [one for name, one in sys.modules.items() if name.startswith("pytest_qchannel.")]
    print("LOADED", len(ours), *{type(one.__loader__).__name__ for one in ours})
"""


def test_python_loads_our_modules_and_pytest_does_not_rewrite_them(tmp_path: Path) -> None:
    """Where no bytecode may be written, it compiled each of them again in every run."""
    (tmp_path / "conftest.py").write_text(TELLS, encoding="utf-8")
    test = "def test_a(qchannel_rest): assert qchannel_rest.get('/backends').ok\n"
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    [said] = [line for line in done.stdout.splitlines() if "LOADED" in line]
    _, number, *loaders = said[said.index("LOADED") :].split()
    assert int(number) > 50, done.stdout
    assert loaders == ["SourceFileLoader"]
