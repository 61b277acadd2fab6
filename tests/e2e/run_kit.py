"""What the tests of ``qchannel run`` share: a program's file, runs here and in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pytest_qchannel.cli.main import main

__all__ = ["PERSONAL", "SUMMARY", "as_nobody", "run_apart", "runner", "write"]

PERSONAL = ("QCHANNEL_", "QISKIT_IBM_", "IQP_", "IBM_CLOUD_", "IBMCLOUD_")

SUMMARY = "qchannel: emulated lane, 0 requests, 0 jobs\n"


def write(name: str, *lines: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return name


def run_apart(*arguments: str, said: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest_qchannel", "run", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=said,
        timeout=100,
        env={**os.environ, **environ},
        check=False,
    )


def as_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes to a folder, and takes what is a person's out of the environment."""
    # With it python itself would not find what lies beside a program.
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setattr("pytest_qchannel.cli.as_python._has_safe_path", lambda: False)
    for name in list(os.environ):
        if name.startswith(PERSONAL) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)


def runner(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``qchannel run`` in this process, its exit handlers included."""

    def invoke_run(*arguments: str) -> Result:
        ends: list[Callable[[], None]] = []

        class Runner(CliRunner):
            """Calls what waits for the end of the interpreter while the output is caught."""

            def invoke(self, cli: Any, *args: Any, **kwargs: Any) -> Result:
                real = cli.main

                def main_and_end(*a: Any, **k: Any) -> Any:
                    try:
                        return real(*a, **k)
                    finally:
                        for end in ends:
                            end()

                with monkeypatch.context() as patch:
                    patch.setattr(cli, "main", main_and_end)
                    return super().invoke(cli, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", list(sys.argv))
            patch.setattr(sys, "path", list(sys.path))
            patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
            patch.setattr("pytest_qchannel.cli.run.at_exit", ends.append)
            return Runner().invoke(main, ["run", *arguments], catch_exceptions=False)

    return invoke_run
