"""The dead ends of the client: errors that say less than the emulated world knows of them.

Each function of :data:`_DEAD_ENDS` looks at what a test ended with and at what it sent, and gives
what to add, or nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.api.auth import NO_CRN
from pytest_qchannel.emulator.api.refusals import Known
from pytest_qchannel.emulator.programs.outcome import FailureCode
from pytest_qchannel.emulator.world.devices import Device, DeviceStatus
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.worlds.absent import owner_of
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import find, is_submission
from pytest_qchannel.journal import Exchange, Journal, is_of_nobody
from pytest_qchannel.lanes.source.case import Case
from pytest_qchannel.lanes.source.device_hint import device_hint
from pytest_qchannel.lanes.source.foreign_hint import instance_hint, job_hint, saved_hint
from pytest_qchannel.rerun_command import again, said_to

__all__ = ["hints_for"]

_NO_BACKEND: Final = "No backend matches"
_NO_DRY_RUN: Final = re.compile(r"`dry_run` mode: backend '(mock_[^']+)'")
_ASKING: Final = ("least_busy", "backend", "backends")
_ASKED: Final = ("name", "min_num_qubits", "dynamic_circuits", "filters", "use_fractional_gates")
_UNASKED: Final = {"use_fractional_gates": False}
"""What a parameter is by default, where that is not ``None``."""
_MOST_DEVICES: Final = 12
_WHAT_THERE_IS: Final = (
    "ask for what there is, or describe the device that you need: qchannel docs world"
)
_DRY_RUNS: Final = (
    "an instance of the plan Premium or Flex, and dry_run_devices = true in the world file "
    "(qchannel docs world)"
)
_MENDED_BY: Final[Mapping[int | None, str]] = {
    FailureCode.NOT_IN_TARGET: "transpile it for the backend: from qiskit import transpile, and "
    "before the run circuit = transpile(circuit, backend)",
    FailureCode.NOT_MEASURED: "measure what is to be counted: circuit.measure_all(), before it is "
    "transpiled",
}
"""What is wrong with a job, by its code, where one line of code mends it."""


def hints_for(case: Case) -> list[str]:
    """What there is to say of an error, each with the step that mends it."""
    return [str(found) for look in _DEAD_ENDS if (found := look(case)) is not None]


def _unknown_credential(case: Case) -> QChannelError | None:
    """The credential of a refused request is of no account of the world, and never was."""
    refused = _unknown(case)
    if refused is None:
        return None
    names = ", ".join(one.name for one in case.world.accounts)
    whose = said_to(
        tests="whose credentials the fixtures give",
        program="and the credential of one is in the environment",
    )
    is_token = refused.auth_scheme in ("bearer", "x-access-token")
    return QChannelError(
        f"the {'access token' if is_token else 'API key'} that #{refused.number} was sent with is "
        "unknown here: no account of the emulated world has it",
        facts=[("accounts", f"{names}, {whose}")],
        next=said_to(
            tests="take token=... away: the client reads QISKIT_IBM_TOKEN, which the fixtures set; "
            "elsewhere send qchannel.account.secret.reveal(), read in the test, not at import; "
            "with --qchannel-everywhere a variable of your own is set at the top of conftest.py: "
            'os.environ["YOURS"] = os.environ["QISKIT_IBM_TOKEN"] '
            "(qchannel docs existing-suite)",
            program="take token=... away: the client reads QISKIT_IBM_TOKEN, which is set here; "
            'elsewhere send os.environ["QISKIT_IBM_TOKEN"]',
        ),
    )


def _unknown(case: Case) -> Exchange | None:
    """The last request that was refused for such a credential, if none was answered after it."""
    known = {one.credential for one in case.world.accounts} | case.world.tokens.keys()
    for one in reversed(case.requests):
        if one.status < 400:
            return None
        if _is_login(one):
            return one if is_of_nobody(one, known) else None
    return None


def _is_login(exchange: Exchange) -> bool:
    """Whether it was refused for its credential: IAM says so with a 400."""
    found = find(exchange.method, exchange.host, exchange.path)
    is_login = found is not None and found.route.action is Action.LOGIN
    return exchange.status == 401 or (exchange.status == 400 and is_login)


def _refused_list(case: Case) -> QChannelError | None:
    """The client takes a refused list of backends for an empty one."""
    last = _last_about_backends(case)
    if last is None or last.status < 400 or str(last.status) in str(case.error):
        return None
    return QChannelError(
        f"#{last.number} was refused with {last.status}: Qiskit's client takes that for an empty "
        "list of backends",
        facts=[("why", last.why)],
        next=None  # another hint has it, or the answer
        if _unknown(case) or last.status != 401
        else said_to(
            tests="log in again, as by qchannel.connect(); or, if the test is about access that "
            "has ended, assert_logged_out(service)",
            program="log in again: make another service",
        ),
    )


def _last_about_backends(case: Case) -> Exchange | None:
    """The last list of backends, or what was asked of one of them: old clients list names only."""
    for one in reversed(case.requests):
        found = find(one.method, one.host, one.path)
        if found is not None and ("backend" in found.args or "devices[]" in found.route.answered):
            return one
    return None


def _no_backend(case: Case) -> QChannelError | None:
    """What there is, where no backend matches."""
    if _NO_BACKEND not in str(case.error) or not case.instances or device_hint(case) is not None:
        return None
    last = _last_about_backends(case)
    if last is None or last.status >= 400:
        return None
    wanted = _asked(case.error)
    name = str(wanted.get("name"))
    devices = [case.world.devices[one] for one in case.offered]
    elsewhere = "" if name in case.offered else owner_of(name, case.instances)
    if name in case.world.listed and name not in case.offered and not elsewhere:
        whose = " or ".join(one.name for one in case.asked)
        elsewhere = (
            f"write {json.dumps(name)} into `devices` of {whose} in the description of the world"
        )
    return QChannelError(
        f"{', '.join(one.name for one in case.asked)} "
        f"{'has' if len(case.asked) == 1 else 'have'} {_told(devices)}",
        facts=[("asked", ", ".join(f"{key}={value!r}" for key, value in wanted.items()))],
        next=elsewhere or _WHAT_THERE_IS,
    )


def _told(devices: list[Device]) -> str:
    """Names with what the usual filters look at."""
    told = []
    for one in devices[:_MOST_DEVICES]:
        status = "" if one.status is DeviceStatus.ONLINE else f", {one.status}"
        kind = f", class {one.kind}" if one.kind else ""
        told.append(f"{one.name} ({counted(one.snapshot.num_qubits, 'qubit')}{status}{kind})")
    more = len(devices) - _MOST_DEVICES
    return ", ".join([*told, *([f"{more} more"] if more > 0 else [])]) or "no device"


def _asked(error: BaseException) -> dict[str, object]:
    """What the client's function was called with; it is in no message."""
    step = error.__traceback__
    while step is not None:
        frame, step = step.tb_frame, step.tb_next
        is_clients = str(frame.f_globals.get("__name__")).startswith("qiskit_ibm_runtime.")
        if is_clients and frame.f_code.co_name in _ASKING:
            given = {**frame.f_locals, **frame.f_locals.get("kwargs", {})}
            more = tuple(frame.f_locals.get("kwargs", {}))
            return {
                one: given[one]
                for one in (*_ASKED, *more)
                if given.get(one) not in (None, _UNASKED.get(one))
            }
    return {}


def _no_instance(case: Case) -> QChannelError | None:
    """A request that says to no instance that it is for it, as one written by hand."""
    last = case.last
    if last is None or not case.instances or NO_CRN not in last.why:
        return None
    return QChannelError(
        f"#{last.number} names no instance",
        facts=[("instances", ", ".join(one.name for one in case.instances))],
        next=said_to(
            tests='send the header {"Service-CRN": qchannel.instances[0].id} too, or take the '
            "fixture qchannel_rest, which sends it with every request",
            program='send the header {"Service-CRN": os.environ["QISKIT_IBM_INSTANCE"]} too',
        ),
    )


def _of_somebody(case: Case) -> QChannelError | None:
    """What the code under test names of a person's own: a saved account, an instance, a job."""
    hint, account = saved_hint(case), case.account
    if hint is not None or account is None or not account.instances:
        return hint
    return instance_hint(case, account) or job_hint(case, account)


def _session_on_open(case: Case) -> QChannelError | None:
    """Which instance could have had the session."""
    code = Known.NO_SESSIONS.code
    is_last = case.last is not None and case.last.why.startswith(f"{code} ")
    if not is_last and f'"code":{code},' not in str(case.error):
        return None
    able = [one.name for one in case.instances if one.plan.has_sessions and one.devices]
    if not able:
        return _no_sessions(case)
    headline = f"{', '.join(able)} {'has' if len(able) == 1 else 'have'} dedicated sessions"
    if case.chosen in able:
        return _session_elsewhere(headline, case.chosen)
    return QChannelError(
        headline,
        facts=[("why", "a session is opened on the instance in use, and its plan has none")],
        next=said_to(
            tests=f'@pytest.mark.qchannel(instance="{able[0]}"), '
            f'qchannel.connect(instance="{able[0]}"), or --qchannel-instance={able[0]}; '
            "an instance that the code under test names is changed there",
            program=f"{again(f'--qchannel-instance={able[0]}')}; an instance that the program "
            "names is changed there",
        ),
    )


def _session_elsewhere(headline: str, chosen: str) -> QChannelError:
    """The instance that was chosen has sessions, and the code under test took another one."""
    # Source: ``_discover_account`` of the client, 0.34 to 0.51: with token= it reads no variable,
    # and instance= is taken in its place.
    why = (
        f"QISKIT_IBM_INSTANCE is {chosen} here, and the session was asked for on another: "
        "a service that is given token= or instance= does not go by it"
    )
    return QChannelError(
        headline,
        facts=[("why", why)],
        next=f'name it where the service is made: QiskitRuntimeService(..., instance="{chosen}"); '
        "without an edit: a world whose only instance has sessions "
        "(qchannel docs world)",
    )


def _no_dry_run(case: Case) -> QChannelError | None:
    """Which instance has the dry run that the client looked for."""
    wanted = _NO_DRY_RUN.search(str(case.error))
    if wanted is None or not case.asked:
        return None
    names = ", ".join(f"{one.name} ({one.plan.display_name})" for one in case.asked)
    return QChannelError(
        f"there is no {wanted[1]} for {names}",
        facts=[("why", "a dry run goes to the twin of a device, and only some plans have those")],
        next=owner_of(wanted[1], case.instances) or _DRY_RUNS,
    )


def _no_sessions(case: Case) -> QChannelError | None:
    """How the world has an instance with sessions: it has none."""
    if not case.instances:
        return None
    keys, use = {"name": "with-sessions", "plan": "Premium"}, "--qchannel-instance=with-sessions"
    step = case.adding("accounts.instances", keys, use)
    # A file that is new is used by the step itself.
    run = f"\nand run with it: {again(use)}"
    return QChannelError(
        "no instance of the emulated account has dedicated sessions",
        next=f"give it one:\n{step}{'' if ' && ' in step else run}",
    )


def _failed_job(case: Case) -> QChannelError | None:
    """Why a job has failed: by what was sent, or because somebody orders it."""
    kind = type(case.error).__name__
    is_clients = kind.startswith(("RuntimeJob", "RuntimeInvalidState"))
    asked = case.requests if is_clients else _last_look(case.requests)
    sent = [case.world.jobs.get(one.job_id or "") for one in asked]
    ended = [one for one in sent if one and one.state in (JobState.FAILED, JobState.CANCELLED)]
    if not ended or not (is_clients or ended[-1].state is JobState.FAILED or ended[-1].ending):
        return None
    job = ended[-1]
    facts = [("said", " ".join(str(one) for one in (job.reason_code, job.reason) if one))]
    if job.ending is None:
        return QChannelError(
            f"the job {job.id} ended as {job.state} by what it was sent, {job.program_id} on "
            f"{job.backend}; nothing orders that",
            facts=facts,
            next=job.reason_solution
            or _MENDED_BY.get(job.reason_code)
            or "mend what was submitted; what is checked and simulated: qchannel docs emulator",
        )
    fault = next((one.label for one in case.faults if one.ending is job.ending), None)
    order = f"the fault {fault!r} says so" if fault else "its end was set"
    return QChannelError(
        f"the job {job.id} ended as {job.state} because {order}",
        facts=facts,
        next=said_to(
            tests=f"expect it: with pytest.raises({kind}): job.result(); or take the order away",
            program=f"handle it: except {kind}; or take the order away",
        )
        if is_clients
        else f"expect it: the state of the job tells {job.state}; or take the order away",
    )


def _last_look(requests: Journal) -> list[Exchange]:
    """The last request about a job, if it looks at one that was submitted here.

    Who polls over REST ends with an error of their own, or of nobody's: as a KeyError.
    """
    about = [one for one in requests if one.job_id]
    made = {one.job_id for one in about if is_submission(one.method, one.host, one.path)}
    return [one for one in about[-1:] if one.method == "GET" and one.job_id in made]


_DEAD_ENDS: Final[tuple[Callable[[Case], QChannelError | None], ...]] = (
    _unknown_credential,
    _refused_list,
    device_hint,
    _no_backend,
    _no_instance,
    _of_somebody,
    _session_on_open,
    _no_dry_run,
    _failed_job,
)
