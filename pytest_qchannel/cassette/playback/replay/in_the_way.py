"""What a failed replay is told where a stand-in is in the way of a name that the test writes."""

from __future__ import annotations

import re
from typing import Final

from pytest_qchannel.cassette.disk.index import Cassette
from pytest_qchannel.cassette.disk.place import Place
from pytest_qchannel.cassette.problems import KEPT_APART, record_command
from pytest_qchannel.cassette.standin_shapes import standin_in
from pytest_qchannel.cassette.versions import CLIENT_NAME, version_difference
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.modes import Source

__all__ = ["hints_of", "in_the_way", "of_another_client"]

_NAME: Final = re.compile(r"instance-\d+|hub-\d+/group-\d+/project-\d+")
_ABOUT_INSTANCES: Final = re.compile(r"instance|hub/group/project", re.IGNORECASE)
_ABOUT_KEYS: Final = re.compile(r"API (?:key|token)|\b40[01]\b")


def hints_of(
    cassette: Cassette, place: Place, error: str, *, has_refused_another: bool
) -> list[str]:
    """What there is to say of an error of a replay.

    Args:
        cassette: What is replayed.
        place: Where it lies.
        error: The error's text.
        has_refused_another: Whether a key that is not in the cassette got a refusal that is.
    """
    found = (
        in_the_way(cassette, place, error),
        of_another_client(cassette, place),
        _of_another_key(error) if has_refused_another else None,
    )
    return [one for one in found if one]


def in_the_way(cassette: Cassette, place: Place, error: str) -> str | None:
    """The stand-ins that an error is about, in words; ``None`` where it is about none.

    The code under test has the stand-ins of the cassette and knows nothing of it, so the error of
    its own does not say that a name is another one in the recording.
    """
    held = (one for account in cassette.accounts.values() for one in account.instances)
    names = list(dict.fromkeys(one.name for one in held if _NAME.fullmatch(one.name)))
    shown = [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", error)]
    if not shown and _ABOUT_INSTANCES.search(error):
        shown = names
    next_ = "read names and ids from qchannel.instances and from answers"
    if shown:
        headline = f"in this replay instances have other names: {', '.join(shown)}"
        recorded_from = cassette.provenance.recorded_from
        command = record_command(place.test_id, recorded_from)
        if recorded_from == Source.LIVE:
            command = f"list the name in the setting qchannel_keep, and {command}"
        next_ = f"{command}, or {next_}"
    elif standin := standin_in(error):
        headline = f"in this replay {standin} stands for what was recorded"
    else:
        return None
    return str(
        QChannelError(
            headline,
            where=str(place.path),
            facts=[("why", "a cassette keeps stand-ins for what could tell who recorded it")],
            next=next_,
        )
    )


def of_another_client(cassette: Cassette, place: Place) -> str | None:
    """That a failed replay was recorded with another client, if so: it may read other answers."""
    versions = version_difference(cassette.provenance)
    if versions is None or CLIENT_NAME not in versions:
        return None
    command = record_command(place.test_id, cassette.provenance.recorded_from)
    return str(
        QChannelError(
            "this replay has answers to another client",
            where=str(place.path),
            facts=[("versions", versions)],
            next=f"{command}, or {KEPT_APART}",
        )
    )


def _of_another_key(error: str) -> str | None:
    """That a refused key is not the account's, in words; ``None`` where an error is about none."""
    if not _ABOUT_KEYS.search(error):
        return None
    return str(
        QChannelError(
            "in this replay a key that is not the account's got the refusal that is recorded of "
            "a wrong one",
            next="send the account's: the client reads QISKIT_IBM_TOKEN, which is set here; with "
            "--qchannel-everywhere a variable of your own is set at the top of conftest.py: "
            'os.environ["YOURS"] = os.environ["QISKIT_IBM_TOKEN"] (qchannel docs existing-suite)',
        )
    )
