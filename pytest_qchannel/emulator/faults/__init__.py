"""Scripted trouble: what a test declares to go wrong, for a route, for a job, for an account.

:func:`.parse.parse_fault` makes a :class:`Fault` of the words of a marker, of
``qchannel_emulator.fault`` or of a world file; the app holds them; :mod:`.handler` stands before
the services and asks :mod:`.strike` about every request, and the submission of jobs asks it about
every job.
"""

from __future__ import annotations

from pytest_qchannel.emulator.faults.model import Fault

__all__ = ["Fault"]
