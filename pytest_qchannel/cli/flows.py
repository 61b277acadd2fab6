"""The flows that ``qchannel check`` walks: IBM's channel guide, step by step, as data.

Each step is a function of a :class:`Walk`; it returns what is worth showing and raises when the
step does not hold. The client's flow and the REST flow of a channel each have their own world, and
where they are recorded or replayed their own cassette.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import requests
from qiskit import QuantumCircuit, qasm3
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

from pytest_qchannel.assertions import (
    assert_authenticated,
    assert_least_busy,
    assert_logged_out,
    assert_sampler_run,
)
from pytest_qchannel.cassette.problems import CassetteProblem
from pytest_qchannel.channels.client import client_version, require_channel
from pytest_qchannel.channels.model import Channel
from pytest_qchannel.channels.rest import ChannelSession, access_token
from pytest_qchannel.channels.service import sampler_on
from pytest_qchannel.cli.check_cassettes import CheckCassettes
from pytest_qchannel.counted import counted
from pytest_qchannel.errors import ChannelUnavailable, ExpectationFailed, QChannelError
from pytest_qchannel.hosts import TRANSPILER
from pytest_qchannel.ibm.route import FINAL
from pytest_qchannel.ibm.table import url_of
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.lane import Lane
from pytest_qchannel.lanes.tapes import RecordTape, ReplayTape
from pytest_qchannel.settings import Settings, Source

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService

    from pytest_qchannel.lanes.live.run import LiveRun

__all__ = ["ONE_JOB", "READS", "Step", "rest_flow", "walk"]

SHOTS: Final = 1_000
_MOST_POLLS: Final = 120
_LOOK: Final = "look at every request: add --verbose to the command"
_TIMEOUT_S: Final = 60


@dataclass(slots=True)
class Step:
    """One line of the report; ``ok`` is ``None`` where the step was not walked.

    ``cassette`` says what became of the flow's cassette, in the line that is about it.
    """

    channel: str
    flow: str
    name: str
    ok: bool | None = None
    detail: str = ""
    backend: str | None = None
    job_id: str | None = None
    counts: dict[str, int] | None = None
    seconds: float = 0.0
    cassette: Mapping[str, object] | None = None


@dataclass
class Walk:
    """What the steps of one flow hand on to each other.

    Attributes:
        transpiled: An online device and a circuit for it, as OpenQASM 3.
    """

    lane: Lane
    channel: Channel
    step: Step = field(init=False)
    transpiled: tuple[str, str] = field(init=False)

    @cached_property
    def service(self) -> QiskitRuntimeService:
        """The client's service, logged in."""
        return self.lane.connect(self.channel)

    @cached_property
    def backend(self) -> IBMBackend:
        """The least busy QPU."""
        return self.service.least_busy(operational=True, simulator=False)

    @cached_property
    def session(self) -> ChannelSession:
        """The REST session, with an access token of its own."""
        account = self.lane.account(self.channel)
        return ChannelSession(account, access_token(account))


def _auth(walk: Walk) -> str:
    assert_authenticated(walk.service)
    account = walk.lane.account(walk.channel)
    assert account.instance is not None
    plan = f"{account.instance.plan} plan, " if account.instance.plan else ""
    return f"{plan}{account.instance.name}"


def _least_busy(walk: Walk) -> str:
    assert_least_busy(walk.backend, walk.service, operational=True, simulator=False)
    walk.step.backend = walk.backend.name
    status = walk.backend.status()
    return f"{walk.backend.num_qubits} qubits, {counted(status.pending_jobs, 'job')} in its queue"


def _run(walk: Walk, circuit: QuantumCircuit, expected: dict[str, float]) -> str:
    walk.step.backend = walk.backend.name
    job = sampler_on(walk.backend).run([circuit], shots=SHOTS)
    walk.step.job_id = job.job_id()
    walk.step.counts = assert_sampler_run(job, shots=SHOTS, counts=expected)
    return f"{SHOTS} shots"


def _sample_empty(walk: Walk) -> str:
    circuit = QuantumCircuit(2)
    circuit.measure_all()
    return _run(walk, circuit, {"00": 1.0})


def _sample_bell(walk: Walk) -> str:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    # The same in each run, as a replay needs it.
    passes = generate_preset_pass_manager(
        optimization_level=1, backend=walk.backend, initial_layout=[0, 1], seed_transpiler=1
    )
    return _run(walk, passes.run(circuit), {"00": 0.5, "11": 0.5})


def _token_revoked(walk: Walk) -> str:
    walk.lane.revoke_access()
    assert_logged_out(walk.service)
    return "access revoked, then 401"


def _rest_token(walk: Walk) -> str:
    assert_authenticated(walk.session)
    return "x-access-token" if walk.channel.is_classic else "IAM bearer token"


def _rest_backends(walk: Walk) -> str:
    answer = walk.session.get("/backends")
    answer.raise_for_status()
    rows = answer.json()["devices"]
    names = [row if isinstance(row, str) else row["name"] for row in rows]
    if not names:
        raise ExpectationFailed("GET /backends lists no device", next=_LOOK)
    return f"{counted(names, 'device')}: {', '.join(names[:3])}, ..."


def _rest_jobs(walk: Walk) -> str:
    got = walk.session.get("/jobs", params={"limit": "10", "offset": "0", "exclude_params": "true"})
    got.raise_for_status()
    return counted(got.json()["count"], "job")


def _rest_online(walk: Walk) -> str:
    """The first device that is online: the list of the classic platform does not tell."""
    for name in walk.session.get("/backends").json()["devices"]:
        if walk.session.get(f"/backends/{name}/status").json()["state"]:
            return str(name)
    raise ExpectationFailed("no device is online", next=_LOOK)


def _rest_transpile(walk: Walk) -> str:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    name = walk.step.backend = _rest_online(walk)
    url = url_of(TRANSPILER, "POST /transpile")
    token = {"Authorization": f"Bearer {walk.lane.account(walk.channel).secret.reveal()}"}
    answer = requests.post(
        url,
        json={"qasm_circuits": [qasm3.dumps(circuit)]},
        params={"backend": name, "optimization_level": "1", "ai": "false"},
        headers=token,
        timeout=_TIMEOUT_S,
    )
    answer.raise_for_status()
    task = f"{url}/{answer.json()['task_id']}"
    ended = _polled(
        lambda: requests.get(task, headers=token, timeout=_TIMEOUT_S).json(),
        "state",
        ("SUCCESS", "FAILURE"),
    )
    if ended["state"] == "FAILURE":
        raise ExpectationFailed(f"the task failed: {ended.get('detail')}", next=_LOOK)
    [row] = ended["result"]
    walk.transpiled = name, row["qasm"]
    places = ", ".join(f"${place}" for place in row["layout"]["initial"][:2])
    return f"a Bell circuit on qubits {places}"


def _rest_sampler(walk: Walk) -> str:
    name, text = walk.transpiled
    walk.step.backend = name
    job = {"program_id": "sampler", "backend": name, "params": {"pubs": [[text, None, SHOTS]]}}
    answer = walk.session.post("/jobs", json=job)
    answer.raise_for_status()
    job_id = walk.step.job_id = str(answer.json()["id"])
    ended = _polled(lambda: walk.session.get(f"/jobs/{job_id}").json()["state"], "status", FINAL)
    if ended["status"] != "Completed":
        raise ExpectationFailed(f"the job is {ended['status']}: {ended.get('reason')}", next=_LOOK)
    result = walk.session.get(f"/jobs/{job_id}/results").json()["results"][0]["data"]["c"]
    shown = Counter(f"{int(one, 16):0{result['num_bits']}b}" for one in result["samples"])
    walk.step.counts = dict(shown)
    if sum(shown.values()) != SHOTS:
        raise ExpectationFailed(f"{sum(shown.values())} samples for {SHOTS} shots", next=_LOOK)
    return f"{SHOTS} shots"


def _polled(ask: Callable[[], dict[str, Any]], key: str, final: Collection[str]) -> dict[str, Any]:
    """The answer that is final by what its key says, asked for once a second."""
    for polls in range(_MOST_POLLS):
        if polls:
            time.sleep(1)
        said = ask()
        if said[key] in final:
            return said
    raise ExpectationFailed(f"it had not ended after {_MOST_POLLS} polls: {said[key]}", next=_LOOK)


def _rest_logout(walk: Walk) -> str:
    if walk.session.logout_url is None:
        walk.lane.revoke_access()
        return "IAM has no logout: access token revoked"
    answer = walk.session.logout()
    answer.raise_for_status()
    return f"{answer.status_code}"


def _rest_logged_out(walk: Walk) -> str:
    assert_logged_out(walk.session)
    again = ", second logout: 401" if walk.session.logout_url else ""
    return f"next request: 401{again}"


_Action = Callable[[Walk], str]

CLIENT_FLOW: Final[tuple[tuple[str, _Action], ...]] = (
    ("auth", _auth),
    ("least_busy", _least_busy),
    ("sampler, empty circuit", _sample_empty),
    ("sampler, Bell circuit", _sample_bell),
    ("logged out", _token_revoked),
)
REST_FLOW: Final[tuple[tuple[str, _Action], ...]] = (
    ("token", _rest_token),
    ("backends", _rest_backends),
    ("jobs list", _rest_jobs),
    ("transpile", _rest_transpile),
    ("sampler", _rest_sampler),
    ("logout", _rest_logout),
    ("logged out", _rest_logged_out),
)
READS: Final = frozenset({"auth", "least_busy", "token", "backends", "jobs list"})
"""Steps that submit nothing."""

ONE_JOB: Final = frozenset({"sampler, empty circuit"})
"""The step that submits one small job."""

_CLASSIC_ALONE: Final = frozenset({"transpile", "sampler"})
"""Steps with the transpiler service, which was beside the classic platform only."""


def rest_flow(channel: Channel) -> tuple[tuple[str, _Action], ...]:
    """The steps of the REST flow on a channel."""
    return tuple(one for one in REST_FLOW if channel.is_classic or one[0] not in _CLASSIC_ALONE)


def walk(
    channel: Channel,
    settings: Settings,
    tell: Callable[[str], None],
    cassettes: CheckCassettes | None = None,
    *,
    live: LiveRun | None = None,
    only: frozenset[str] | None = None,
) -> Iterator[Step]:
    """Walks both flows of a channel, giving each step when it is done.

    Args:
        channel: The channel.
        settings: The lane's settings.
        tell: Called with each request of each step, as a line.
        cassettes: Has the cassettes; by default there are none, and the lane is the emulated one.
        live: The live run, where the lane is live.
        only: The names of the steps that are walked; by default all of them.
    """

    def walked(flow: str, actions: tuple[tuple[str, _Action], ...]) -> Iterator[Step]:
        chosen = tuple(one for one in actions if only is None or one[0] in only)
        return _walk_flow(flow, chosen, channel, settings, tell, cassettes, live)

    try:
        require_channel(channel)
        yield from walked(f"client {client_version()}", CLIENT_FLOW)
    except ChannelUnavailable as missing:
        yield Step(channel.name, "client", "all", None, missing.headline)
    yield from walked("REST", rest_flow(channel))


def _walk_flow(
    flow: str,
    actions: tuple[tuple[str, _Action], ...],
    channel: Channel,
    settings: Settings,
    tell: Callable[[str], None],
    cassettes: CheckCassettes | None,
    live: LiveRun | None,
) -> Iterator[Step]:
    try:
        tape = cassettes.tape(channel, is_rest=flow == "REST") if cassettes is not None else None
    except QChannelError as problem:  # it is missing, or damaged
        yield Step(channel.name, flow, "cassette", False, str(problem))
        return
    broken = False
    with TemporaryDirectory(prefix="qchannel-") as home:
        where = f"qchannel check, {channel}"
        lane = lane_for(settings, where, Path(home), live=live, tape=tape)
        try:
            lane.open()
        except CassetteProblem as problem:  # somebody else is writing it, or nobody may
            yield Step(channel.name, flow, "cassette", False, str(problem))
            return
        try:
            lane.use(channel)
            state = Walk(lane, channel)
            for name, action in actions:
                state.step = step = Step(channel.name, flow, name)
                if broken:
                    step.detail = "not walked: a step before it failed"
                else:
                    _take(step, action, state, tell)
                    broken = not step.ok
                yield step
        finally:
            lane.close()
    if tape is not None:
        yield _finished(Step(channel.name, flow, "cassette"), tape, has_passed=not broken)


def _finished(step: Step, tape: ReplayTape | RecordTape, *, has_passed: bool) -> Step:
    """What became of a cassette: whether it was saved, or whether all of it was asked for."""
    try:
        done = tape.finish(has_passed=has_passed)
    except QChannelError as problem:
        step.ok, step.detail = False, str(problem)
        return step
    step.ok, words = True if has_passed else None, f"{done['did']} {tape.place.path}"
    step.cassette = {"path": str(tape.place.path), **done}
    if done["did"] == "refused":
        words = f"not saved: a step failed; kept: {done['kept'] or 'nothing of it'}"
    elif not has_passed:
        words = f"not all of {tape.place.path} was replayed: a step failed"
    elif not tape.is_recording:
        source = Source(str(done["recorded_from"])).words
        words = f"all of it replayed, recorded from {source} with client {done['client']} and "
        words += f"qiskit {done['qiskit']}"
    step.detail = words
    return step


def _take(step: Step, action: _Action, state: Walk, tell: Callable[[str], None]) -> None:
    seen = len(state.lane.requests)
    started = time.perf_counter()
    try:
        step.detail = action(state)
        step.ok = True
    except Exception as error:  # whatever the client raises is the step's outcome
        step.ok = False
        step.detail = str(error) or type(error).__name__
    step.seconds = time.perf_counter() - started
    for problem in state.lane.take_problems():
        step.ok = False
        step.detail = str(problem)
    for exchange in state.lane.requests[seen:]:
        tell(str(exchange))
