"""What is asked of a proxy: a server on loopback may be one, and carry a request to anywhere.

Whoever sends to it says so in the first line: ``CONNECT host:port``, or a whole URL where a server
is given a path. Source: RFC 9112, sections 3.2.2 and 3.2.3.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["proxied_host"]

_LONGEST: Final = 2048
_FIRST_LINE: Final = re.compile(
    rb"(?:CONNECT |[A-Z]+ [a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/@\s]*@)?)"
    rb"(\[[^\]\s]*\]|[^\s:/?#]+)[^\s]* HTTP/1\.[01]\r\n"
)


def proxied_host(sent: object) -> str | None:
    """The host that a proxy is asked for; ``None`` where this is no such request."""
    if not isinstance(sent, bytes | bytearray | memoryview):
        return None
    found = _FIRST_LINE.match(bytes(memoryview(sent).cast("B")[:_LONGEST]))
    return found[1].decode("ascii", "replace").strip("[]").lower() if found else None
