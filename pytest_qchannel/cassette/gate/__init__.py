"""The gate: no byte is stored before it was searched for every secret that could be in it.

Three parts. A :class:`~pytest_qchannel.secret.Secret` says how it can be written, and a library
(the Aho-Corasick automaton of ``ahocorasick_rs``) looks for all of that at once. :mod:`.views`
opens what is encoded: base64, gzip, escapes, and what is inside of them. :mod:`.patterns` knows
what IBM's own secrets look like, for those that nobody named.

It fails closed: what is too large or too deep to be looked into is a finding, too.
"""

from pytest_qchannel.cassette.gate.findings import Finding, SecretFound
from pytest_qchannel.cassette.gate.gate import Gate
from pytest_qchannel.cassette.gate.patterns import PATTERNS

__all__ = ["PATTERNS", "Finding", "Gate", "SecretFound"]
