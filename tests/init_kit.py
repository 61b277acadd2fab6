"""Projects that know nothing of us yet, as people lay them out: files by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

LOGIN = """\
from qiskit_ibm_runtime import QiskitRuntimeService


def smallest():
    return QiskitRuntimeService().least_busy()
"""
ONE = "def test_one():\n    assert True\n"
METADATA = '[build-system]\nrequires = ["hatchling"]\n\n[project]\nname = "it"\nversion = "1"\n'
STEPS = "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: "

LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "empty": {},
    "src": {
        "pyproject.toml": f'{METADATA}\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
        "src/it/__init__.py": LOGIN,
        "tests/test_it.py": ONE,
        ".gitignore": "dist/\n",
    },
    "setup.cfg": {
        "setup.cfg": "[metadata]\nname = it\n\n[tool:pytest]\ntestpaths = test\n",
        "setup.py": "from setuptools import setup\n\nsetup()\n",
        "it.py": LOGIN,
        "test/__init__.py": "",
        "test/test_it.py": ONE,
    },
    "other names": {
        "pytest.ini": "[pytest]\npython_files = check_*.py\naddopts = --strict-markers -q\n",
        "checks/check_it.py": ONE,
        "it.py": LOGIN,
    },
    "tox": {
        "tox.ini": "[tox]\nenv_list = py\n\n[testenv]\ndeps = pytest\ncommands = pytest\n\n"
        "[pytest]\nxfail_strict = true\n",
        "it.py": LOGIN,
        "tests/test_it.py": ONE,
    },
    "workflow": {
        ".github/workflows/ci.yml": f"{STEPS}pytest\n",
        "requirements.txt": "qiskit-ibm-runtime\n",
        "requirements-dev.txt": "pytest\n",
        "app.py": LOGIN,
        "test_app.py": ONE,
    },
    "gitlab": {
        ".gitlab-ci.yml": "lint:\n  script: ruff check\n",
        "app.py": LOGIN,
        "tests/conftest.py": "import pytest\n",
        "tests/unit/test_app.py": ONE,
    },
    "httpx": {
        "pyproject.toml": METADATA,
        "it/client.py": "import httpx\n",
        "tests/test_it.py": ONE,
        "Jenkinsfile": "pipeline { }\n",
    },
    "rest": {
        "pyproject.toml": f'{METADATA}\n[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n',
        "it/client.py": "import requests\n",
        "tests/test_it.py": ONE,
    },
    "uv": {
        "pyproject.toml": f'{METADATA}\n[dependency-groups]\ndev = ["pytest-qchannel"]\n\n'
        "[tool.pytest.ini_options]\n"
        'addopts = ["--import-mode=importlib", "-Werror", "--strict-config"]\n',
        "uv.lock": "version = 1\n",
        "it.py": LOGIN,
        "tests/it_test.py": ONE,
        ".github/workflows/lint.yml": f"{STEPS}ruff check\n",
    },
}


def laid_out(layout: str, folder: Path) -> None:
    """Makes a project."""
    for name, text in LAYOUTS[layout].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def content(folder: Path) -> dict[str, str]:
    """A hash of each file's bytes, but for what Python and pytest keep."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
