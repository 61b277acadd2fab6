"""What is asked of a proxy: a server on loopback may be one, and carry a request to anywhere.

Whoever sends to it says so in the first line: ``CONNECT host:port``, or a whole URL where a server
is given a path. Source: RFC 9112, sections 3.2.2 and 3.2.3.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["proxied_host"]

_LONGEST: Final = 65_536
_FIRST_LINE: Final = re.compile(
    rb"[\r\n]*(?:CONNECT[ \t]+|[!#-'*+.^_`|~\w-]+[ \t]+[A-Z][A-Z0-9+.-]*://(?:[^/@\s]*@)?)"
    rb"(\[[^\]\s]*\]|[^\s:/?#]+(?![^\s:/?#]))\S*[ \t]+HTTP/1",
    re.IGNORECASE,
)
"""As servers read it, which are less strict than those who send it: RFC 9112, section 2.2."""


def proxied_host(sent: object) -> str | None:
    """The host that a proxy is asked for; ``None`` where this is no such request.

    Args:
        sent: Bytes, or a list of pieces as ``sendmsg`` takes them.
    """
    try:
        if isinstance(sent, list):
            sent = b"".join(memoryview(one).cast("B")[:_LONGEST] for one in sent)
        # Not a copy: what is sent may have many megabytes.
        found = _FIRST_LINE.match(memoryview(sent).cast("B"), 0, _LONGEST)  # type: ignore[arg-type]
    except TypeError:  # the socket refuses it
        return None
    return found[1].decode("ascii", "replace").strip("[]").lower() if found else None
