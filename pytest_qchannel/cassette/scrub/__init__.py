"""Scrubbing: what may be kept of an interaction is named; everything else is replaced.

``Scrubber().scrub(interaction)`` gives the interaction as it may be stored, and what it met that
no rule names. One :class:`Scrubber` belongs to one cassette: the same value has the same stand-in
in all of it. Tables say what happens: :data:`~.rules.RULES` (the actions, each with a stable
id and a reason), :data:`~.headers.HEADERS`, and, for each route, :mod:`pytest_qchannel.ibm`.
"""

from pytest_qchannel.cassette.scrub.rules import RULES
from pytest_qchannel.cassette.scrub.scrubber import Scrubbed, Scrubber, Unknown

SCRUBBER_VERSION = "3"
"""Counted up with every change of what is kept; a provenance says which one a cassette has."""

__all__ = [
    "RULES",
    "SCRUBBER_VERSION",
    "Scrubbed",
    "Scrubber",
    "Unknown",
]
