"""What the tests of ``qchannel run`` share: a program's file, and a run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["SUMMARY", "run_apart", "write"]

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
