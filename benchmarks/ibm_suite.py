"""Runs IBM's own integration tests of its client, unchanged, on the emulator.

``python benchmarks/ibm_suite.py [--tests DIR] [pytest arguments]`` fetches the source distribution
of the client from PyPI, unpacks it into a temporary folder (or uses ``DIR``, an unpacked one), and
runs its ``test/integration`` and ``test/smoke`` in everywhere mode. Nothing of it is kept, and
nothing that it runs leaves the process. Needs ``qiskit-ibm-runtime[test]`` of the same version.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

VERSION: Final = "0.51.0"
WORLD: Final = Path(__file__).with_name("ibm_suite.toml")
FOLDERS: Final = ("test/integration", "test/smoke")


def fetch(into: Path) -> Path:
    """Downloads and unpacks the source distribution; gives its folder."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--no-binary", "qiskit-ibm-runtime", "--dest", str(into)),
            f"qiskit-ibm-runtime=={VERSION}",
        ],
        check=True,
    )
    [archive] = into.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")
    return into / f"qiskit_ibm_runtime-{VERSION}"


def run(folder: Path, arguments: list[str]) -> int:
    """Runs the tests in ``folder``; gives pytest's exit status."""
    targets = [one for one in arguments if one.startswith("test/")] or list(FOLDERS)
    options = [one for one in arguments if one not in targets]
    command = [
        *(sys.executable, "-m", "pytest", *targets, "-p", "no:cacheprovider", "-q", "-rfEs"),
        *("--qchannel-mode=emulated", "--qchannel-everywhere"),
        *("--qchannel-channel=ibm_quantum_platform", f"--qchannel-world={WORLD}"),
        *options,
    ]
    environment = {
        **os.environ,
        "QISKIT_IBM_QPU": "ibm_kyiv",  # which the tests read; credentials come from the mode
        # Some tests start pproxy, which lies beside this interpreter.
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
    }
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def main() -> int:
    """Fetches where need be, runs, and gives pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--tests", type=Path, help="an unpacked source distribution")
    known, arguments = parser.parse_known_args()
    if known.tests:
        return run(known.tests, arguments)
    with tempfile.TemporaryDirectory() as into:
        return run(fetch(Path(into)), arguments)


if __name__ == "__main__":
    raise SystemExit(main())
