"""The cassettes of a project, for a run that wants to know which of them nobody uses."""

from __future__ import annotations

from pytest_qchannel.cassette.disk.kept import Kept, kept_in

__all__ = ["Kept", "kept_in"]
