"""Spares IBM's SDK the authorities that it reads for connections which it never makes.

For each service object (a login makes two) ``ibm_cloud_sdk_core`` reads all public authorities into
a TLS context of its own, which takes two hundredths of a second. Where the network is shut and no
door is on it, no context ever greets anybody: one that trusts nobody does as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest import mock

from requests import certs

__all__ = ["trusting_nobody"]

_NOBODY: Final = str(Path(__file__).with_name("nobody.pem"))
_SDK: Final = "ibm_cloud_sdk_core"


@contextmanager
def trusting_nobody(is_shut: Callable[[], bool]) -> Iterator[None]:
    """Answers the SDK's question for authorities with nobody, until the block is left.

    ``requests.certs.where`` is what packagers of ``requests`` are told to replace for authorities
    of their own. Everybody else who asks it is told the truth.

    Args:
        is_shut: Whether no host can be reached just now.
    """
    real = certs.where  # type: ignore[attr-defined]  # it imports it in order to be asked

    def where() -> str:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        return _NOBODY if caller.partition(".")[0] == _SDK and is_shut() else real()

    with mock.patch.object(certs, "where", where):
        yield
