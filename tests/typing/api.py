"""Typed use of the public names: checked by mypy and pyright (``tox -e pyright``), never run.

If this file stops passing ``mypy --strict``, users' code does, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService

from pytest_qchannel import (
    CRN,
    Account,
    CassetteDamaged,
    CassetteMissing,
    CassetteProblem,
    Channel,
    ChannelSession,
    Door,
    EmulatorControl,
    Exchange,
    Fault,
    FaultNotMet,
    Instance,
    Job,
    JobEnding,
    JobState,
    Journal,
    Mode,
    Progression,
    QChannel,
    QChannelError,
    RawKeyWarning,
    RouteMatch,
    SavedAccounts,
    Secret,
    Session,
    SessionState,
    Settings,
    Source,
    WorldBuilder,
    __version__,
    assert_authenticated,
    assert_least_busy,
    assert_logged_out,
    assert_sampler_run,
    assert_submitted_once,
    emulated,
    fixtures,
    polls,
    seconds,
)
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.world import World

globals().update(fixtures(scope="module"))


def test_fixtures(
    qchannel: QChannel,
    qchannel_emulator: EmulatorControl,
    qchannel_accounts: SavedAccounts,
    qchannel_world: WorldBuilder,
    qchannel_rest: ChannelSession,
    qchannel_service: QiskitRuntimeService,
    ibm_cloud_service: QiskitRuntimeService,
    qchannel_backend: IBMBackend,
    qchannel_access_token: str,
    qchannel_channel: Channel,
) -> None:
    channel: Channel = qchannel.channel or qchannel_channel
    settings: Settings = qchannel.settings
    jobs: tuple[Job, ...] = qchannel_emulator.jobs
    service: QiskitRuntimeService = qchannel.connect(instance="open") or ibm_cloud_service
    other: ChannelSession = qchannel.open_session()
    token: str = qchannel_access_token
    name: str | None = qchannel_backend.name  # as the client declares it
    account: Account = qchannel.account
    secret: Secret = account.secret
    instances: list[Instance] = qchannel.instances
    journal: Journal = qchannel.requests.to("/jobs", method="POST", host="a", status=200)
    first: Exchange = journal[0]
    some: Journal = journal[:2]
    texts: list[str] = [channel.name, secret.reveal(), instances[0].id, first.url, __version__]
    scheme: str | None = first.auth_scheme
    revoked: int = qchannel_emulator.revoke_access_tokens()
    qchannel_emulator.set_queue_length("ibm_torino", 3)
    qchannel_accounts.save("ibm_cloud", name="work", set_as_default=True)
    saved: Mapping[str, object] = qchannel_accounts.saved()
    status: int = qchannel_rest.get("/jobs").status_code
    region: str = CRN.parse("crn").region
    assert_authenticated(qchannel_service)
    assert_least_busy("ibm_torino", qchannel_service, operational=True)
    counts: dict[str, int] = assert_sampler_run(object(), shots=100, counts={"0": 0.5, "1": 0.5})
    assert_logged_out(qchannel_rest)
    del settings, jobs, service, other, token, name
    del some, texts, scheme, revoked, saved, status, region, counts


def test_worlds(qchannel_world: WorldBuilder) -> None:
    more: WorldBuilder = (
        WorldBuilder.default()
        .seed(3)
        .device("ibm_torino", queue_length=3, calibrations={"old": "ibm_fez"}, progression=polls(2))
        .account("me", channels=("ibm_cloud",), credential="emulated")
        .instance("mine", plan="Open", tags=["a"], devices=["ibm_torino"], usage_s=1.5)
        .job(account="me", instance="mine", backend="ibm_torino", params={"pubs": []}, age_s=9)
        .fault({"route": "GET /jobs", "status": 503})
        .check()
    )
    read: WorldBuilder = WorldBuilder.from_file("world.toml")
    world: World = qchannel_world.build(Clock(lambda: 0.0), seed=1)
    del more, read, world


def test_levers(qchannel_emulator: EmulatorControl) -> None:
    qchannel_emulator.set_progression("ibm_torino", "seconds(30, queued=10)")
    step: Progression = polls(2)
    qchannel_emulator.set_progression("ibm_torino", step)
    qchannel_emulator.set_next_job(seconds(30, queued=10))
    qchannel_emulator.set_next_job("stuck")
    qchannel_emulator.set_noise("ibm_torino", "calibration")
    qchannel_emulator.set_queue_length("ibm_torino", 3)
    qchannel_emulator.advance_clock(2.5)


def test_faults(qchannel: QChannel, qchannel_emulator: EmulatorControl) -> None:
    fault: Fault = qchannel_emulator.fault("POST /jobs", status=429, retry_after_s=7)
    strikes: int = fault.strikes
    route: RouteMatch | None = fault.route
    ending: JobEnding | None = fault.ending
    met: str | None = qchannel.requests[0].fault
    unmet: list[FaultNotMet] = qchannel_emulator.unmet_faults()
    problems: list[QChannelError] = [*unmet]
    warning: type[UserWarning] = RawKeyWarning
    assert_submitted_once(object())
    del strikes, route, ending, met, problems, warning


def test_what_the_world_has(qchannel_emulator: EmulatorControl) -> None:
    job: Job = qchannel_emulator.jobs[0]
    state: JobState = job.state
    is_over: bool = state is JobState.COMPLETED
    session: Session | None = job.session
    open_or_not: SessionState | None = session.state if session else None
    del is_over, open_or_not


def test_settings(qchannel: QChannel) -> None:
    mode: Mode = qchannel.settings.mode
    door: Door = qchannel.settings.door
    source: Source | None = qchannel.settings.record_from
    del mode, door, source


def test_journal_of_lane(qchannel: QChannel) -> None:
    all_of_it: Journal = qchannel.requests.of_lane
    del all_of_it


def test_emulated(world: WorldBuilder) -> None:
    with emulated(channel="ibm_cloud", world=world, seed=3, door="loopback") as qchannel:
        mine: QChannel = qchannel

    @emulated(world="world.toml", instance="mine", allowed_hosts="db.example")
    def count(text: str, *, times: int = 1) -> int:
        return len(text) * times

    @emulated()
    async def wait(number: int) -> str:
        return str(number)

    async def both() -> tuple[int, str]:
        number: int = count("a", times=2)
        return number, await wait(3)

    del mine, both


def test_problems_of_cassettes() -> None:
    kinds: list[type[CassetteProblem]] = [CassetteMissing, CassetteDamaged]
    try:
        assert_submitted_once(object())
    except CassetteMissing as problem:
        test_id: str | None = problem.test_id
        del test_id
    del kinds
