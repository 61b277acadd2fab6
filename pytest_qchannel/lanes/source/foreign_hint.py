"""What a test is told that names something of a real person's account: it is in no emulated one.

A saved account, an instance or a job is somebody's own. The service refuses the name, as it does
here; what is added is the step that gives it an emulated counterpart.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.crn import CRN, CRN_HEADER
from pytest_qchannel.emulator.world.records import Account
from pytest_qchannel.emulator.worlds.absent import MISSPELT
from pytest_qchannel.errors import QChannelError, UsageProblem, nearest
from pytest_qchannel.hosts import REGIONS
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Exchange
from pytest_qchannel.lanes.source.case import Case
from pytest_qchannel.rerun_command import again

__all__ = ["instance_hint", "job_hint", "saved_hint"]

_CLIENT: Final = "qiskit_ibm_runtime"
_PARTS: Final = 3
"""Of an instance of the classic platform: hub, group and project."""

_NOT_SAVED: Final = re.compile(r"Account with the name (.+) does not exist on disk")
"""Source: ``accounts/management.py`` of the client, 0.34 to 0.51."""


def saved_hint(case: Case) -> QChannelError | None:
    """How a saved account that the client did not find is there in the emulated lane."""
    error = case.error
    found = _NOT_SAVED.search(str(error)) if "AccountNotFound" in type(error).__name__ else None
    if found is None or any(_locals(error, "filename", "_discover_account")):
        return None  # a file of the test's own is its own matter
    name = found[1]
    return QChannelError(
        f"no account is saved under the name {name!r}: your own account file is hidden here",
        facts=[
            ("to save", "the emulated account under that name, for a run without an edit"),
            ("instance", "the one in use; where yours names another: QCHANNEL_INSTANCE=NAME"),
        ],
        next=again(f"--qchannel-saved-accounts={','.join([*case.saved, name])}"),
    )


def instance_hint(case: Case, account: Account) -> QChannelError | None:
    """How an instance that the emulated account lacks is there.

    Args:
        case: What the test ended with.
        account: The account that it logs in with; it has instances.
    """
    known = {text for one in case.instances for text in (one.id, one.name)}
    asked = (*_locals(case.error, "instance"), *_refused_crn(case.last))
    name = next((one for one in asked if one and one != "auto" and one not in known), None)
    if name is None:
        return None
    is_crn = name.startswith("crn:")
    if not _can_be_given(name, is_crn=is_crn, is_classic=account.platform == "classic"):
        return None  # a misspelt one, or one of elsewhere: the answer says so
    names = [one.name for one in case.instances]
    if account.platform != "classic" and name.count("/") == _PARTS - 1:
        return QChannelError(
            f"the emulated account has no instance {name!r}",
            facts=[("instances", ", ".join(names)), ("why", "hub/group/project is classic")],
            next="take it away, and the client reads QISKIT_IBM_INSTANCE (qchannel docs "
            "channel-move)",
        )
    closest = nearest(name, names, likeness=MISSPELT)
    keys = {"name": "my-instance", "crn": name} if is_crn else {"name": name}
    step = case.adding("accounts.instances", {**keys, "plan": "Premium"})
    return QChannelError(
        f"the emulated account has no instance {name!r}",
        facts=[("instances", ", ".join(names))],
        closest=closest,
        next=f"use {closest!r}"
        if closest
        else "take it away, and the client reads QISKIT_IBM_INSTANCE; or give the emulated account "
        f"one of that {'CRN' if is_crn else 'name'}, with the plan that yours has:\n{step}",
    )


def job_hint(case: Case, account: Account) -> QChannelError | None:
    """How a job of the past is there; arguments as of :func:`instance_hint`."""
    last = case.last
    found = find(last.method, last.host, last.path) if last is not None else None
    name = unquote(found.args.get("job_id", "")) if found is not None else ""
    if not name or last is None or last.status != 404 or name in case.world.jobs:
        return None
    asked = last.headers.get(CRN_HEADER, "")
    instance = account.instances.get(asked) or case.instances[0]
    keys = {
        "account": account.name,
        "instance": instance.name,
        "backend": next(iter(instance.devices), ""),
        "id": name,
    }
    return QChannelError(
        f"the emulated world has no job {name!r}",
        next="read the id of a job that was submitted here; or describe that job (with result "
        f"= ..., where a test reads one):\n{case.adding('jobs', keys)}",
    )


def _locals(error: BaseException, name: str, function: str = "") -> Iterator[str]:
    """The texts that the client's functions were given under a name, the outermost first."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__")).partition(".")[0] == _CLIENT:
            text = frame.f_locals.get(name)
            if isinstance(text, str) and function in ("", frame.f_code.co_name):
                yield text


def _refused_crn(last: Exchange | None) -> Iterator[str]:
    if last is not None and last.status in (401, 403, 404):
        yield last.headers.get(CRN_HEADER, "")


def _can_be_given(name: str, *, is_crn: bool, is_classic: bool) -> bool:
    """Whether a world can have an instance of that name, or with that CRN."""
    if is_classic or not is_crn:
        return not is_classic or len([part for part in name.split("/") if part]) == _PARTS
    try:
        return CRN.parse(name).region in REGIONS
    except UsageProblem:
        return False
