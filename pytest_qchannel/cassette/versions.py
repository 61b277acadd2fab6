"""Which versions a recording is made with, told without importing anything of them."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import Final

from pytest_qchannel._version import __version__
from pytest_qchannel.cassette.provenance import Provenance, now_text
from pytest_qchannel.cassette.scrub import SCRUBBER_VERSION

__all__ = ["CLIENT_NAME", "new_provenance", "version_difference"]


CLIENT_NAME: Final = "qiskit-ibm-runtime"


@functools.cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)


def new_provenance(channel: str, recorded_from: str) -> Provenance:
    """The provenance of a recording that is made now, with what is installed."""
    return Provenance(
        channel=channel,
        recorded_from=recorded_from,
        recorded_at=now_text(),
        client=_version(CLIENT_NAME),
        plugin=__version__,
        qiskit=_version("qiskit"),
        scrubber=SCRUBBER_VERSION,
    )


def version_difference(provenance: Provenance) -> str | None:
    """How what is installed differs from what a cassette was recorded with, if it does."""
    pairs = (
        (CLIENT_NAME, provenance.client, _version(CLIENT_NAME)),
        ("qiskit", provenance.qiskit, _version("qiskit")),
    )
    said = [
        f"{name}: recorded with {then}, installed is {now}"
        for name, then, now in pairs
        if then != now
    ]
    return "; ".join(said) or None
