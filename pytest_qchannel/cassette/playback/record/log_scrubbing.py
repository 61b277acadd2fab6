"""Nothing that passes by while a test is recorded is printed, or only without the secrets.

vcrpy logs each response at INFO as it came, before any hook can scrub it; the client and the HTTP
libraries log requests at DEBUG. With ``--log-level`` a failing test would print what the cassette
was kept free of. So the loggers that print traffic are shut while recording, and whatever else is
logged is searched for the known secrets.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from pytest_qchannel.secret import Secret, hide_all

__all__ = ["TRAFFIC_LOGGERS", "SecretFilter", "scrubbed_logs"]

TRAFFIC_LOGGERS: Final[Mapping[str, int]] = {
    "vcr": logging.ERROR,
    "urllib3": logging.WARNING,
    "requests": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "http.client": logging.WARNING,
    "aiohttp": logging.WARNING,
    "ibm-cloud-sdk-core": logging.WARNING,
    "ibm_cloud_sdk_core": logging.WARNING,
    "qiskit_ibm_runtime": logging.WARNING,
}
"""Loggers that print requests or responses, and the lowest level that they do not do it at."""


Factory = Callable[..., logging.LogRecord]


class SecretFilter(logging.Filter):
    """Takes known secrets out of a record: its message, its arguments, its exception.

    A record that holds one becomes plain text: its message is put together, and every secret in
    it, in whatever of the gate's encodings, becomes the name of its variable.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, without the secrets."""
        try:
            message = record.getMessage()
        except Exception:  # a logging call with the wrong arguments: logging itself tells of it
            message = f"{record.msg!r} {record.args!r}"
        scrubbed = self._hide(message)
        if scrubbed != message:
            record.msg, record.args = scrubbed, ()
        if record.exc_info and record.exc_info[1] is not None:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if (scrubbed := self._hide(told)) != told:
                record.exc_info, record.exc_text = None, scrubbed
        if record.exc_text:
            record.exc_text = self._hide(record.exc_text)
        if record.stack_info:
            record.stack_info = self._hide(record.stack_info)
        for name, value in tuple(record.__dict__.items()):
            if isinstance(value, str) and name not in ("msg", "exc_text", "stack_info"):
                record.__dict__[name] = self._hide(value)
        return True

    def _hide(self, text: str) -> str:
        return hide_all(text, self._secrets)


def _loggers_below(name: str) -> list[logging.Logger]:
    known = logging.Logger.manager.loggerDict
    below = [one for one in known if one.startswith(f"{name}.")]
    return [logging.getLogger(one) for one in (name, *below)]


@contextmanager
def scrubbed_logs(secrets: Iterable[Secret] = ()) -> Iterator[SecretFilter]:
    """Shuts the loggers that print traffic, and keeps known secrets out of all others.

    While it is open, no level that is set on a logger of :data:`TRAFFIC_LOGGERS`, or below one,
    before or meanwhile, lets it print traffic. Everything is put back at the end.

    Args:
        secrets: The credentials that are known to this run.
    """
    with ExitStack() as undo:
        for name, least in TRAFFIC_LOGGERS.items():
            for logger in _loggers_below(name):
                guard = _AtLeast(least)
                logger.addFilter(guard)
                undo.callback(logger.removeFilter, guard)
        scrubbing = SecretFilter(secrets)
        make = logging.getLogRecordFactory()

        # A filter of a logger does not see what its children log: the factory sees everything.
        def make_scrubbed(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = make(*args, **kwargs)
            scrubbing.filter(record)
            least = next(
                (TRAFFIC_LOGGERS[one] for one in TRAFFIC_LOGGERS if _is_below(record.name, one)), 0
            )
            if record.levelno < least:
                record.msg, record.args = "(traffic is not logged while recording)", ()
                record.exc_info = record.exc_text = None
            return record

        logging.setLogRecordFactory(make_scrubbed)
        undo.callback(_put_back, make_scrubbed, make)
        debug = _http_client_debug()
        undo.callback(_set_http_client_debug, debug)
        _set_http_client_debug(0)
        yield scrubbing


class _AtLeast(logging.Filter):
    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level


def _is_below(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def _put_back(ours: Factory, before: Factory) -> None:
    # Whoever replaced ours meanwhile wraps it: taking theirs away would be worse.
    if logging.getLogRecordFactory() is ours:
        logging.setLogRecordFactory(before)


def _http_client_debug() -> int:
    module = sys.modules.get("http.client")
    return int(getattr(getattr(module, "HTTPConnection", None), "debuglevel", 0))


def _set_http_client_debug(level: int) -> None:
    """``http.client`` prints headers to standard output where this is set."""
    module = sys.modules.get("http.client")
    if module is not None:
        module.HTTPConnection.debuglevel = level
