"""Qiskit, first imported in a thread that does not end.

Where the thread that imported it first has ended, the next circuit that another thread builds is a
segmentation fault (seen with Qiskit 2.6.2, reproduced without us). A server's thread ends with its
test, and a program may send jobs from threads of its own.
"""

from __future__ import annotations

import sys
import threading

__all__ = ["imported_for_good"]

_one_at_a_time = threading.Lock()


def imported_for_good() -> None:
    """Called before Qiskit is first needed, from any thread; cheap once it is there.

    In the main thread nothing is done: whoever needs it there may import it there.
    """
    if "qiskit" in sys.modules or threading.current_thread() is threading.main_thread():
        return
    with _one_at_a_time:
        if "qiskit" in sys.modules:
            return
        is_done = threading.Event()
        home = threading.Thread(
            target=_stay, args=(is_done,), name="qchannel home of qiskit", daemon=True
        )
        home.start()
        is_done.wait()


def _stay(is_done: threading.Event) -> None:
    try:
        import qiskit  # noqa: F401
    finally:
        is_done.set()
    threading.Event().wait()
