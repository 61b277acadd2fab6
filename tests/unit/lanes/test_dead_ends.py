"""What is told of errors of the client that say less than the emulated world knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from pytest_qchannel import emulated
from pytest_qchannel.channels.model import CHANNEL_BY_NAME
from pytest_qchannel.emulator.world.clock import Clock
from pytest_qchannel.emulator.world.jobs import Job, JobEnding
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.snapshots import available
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.journal import Journal
from pytest_qchannel.lanes.source.case import Case
from pytest_qchannel.lanes.source.dead_ends import hints_for
from pytest_qchannel.wire import Json, Request, Response

HOST = "quantum.cloud.ibm.com"
CLOUD = CHANNEL_BY_NAME["ibm_cloud"]
SNAPSHOT = min(available())
OK = Response.json({})


def world_of(plan: str = "Open") -> World:
    builder = (
        WorldBuilder()
        .device("north", source=SNAPSHOT)
        .device("south", source=SNAPSHOT, status="paused")
        .device("far_away", source=SNAPSHOT)
        .device("unlisted", source=SNAPSHOT)
        .account("lab", channels=["ibm_cloud"], credential="emulated-key-of-the-lab")
        .instance("first", plan=plan, devices=["north", "south"])
        .instance("second", plan="Premium", devices=["far_away"])
    )
    return builder.build(Clock(lambda: 1_800_000_000.0), 0)


def refusal(status: int, code: int, message: str = "No.") -> Response:
    errors: Json = [{"code": code, "message": message}]
    return Response.json({"errors": errors}, status)


def sent(*exchanges: tuple[str, str, Response], token: str = "a token", crn: str = "") -> Journal:
    journal = Journal()
    headers = {"authorization": f"Bearer {token}", "service-crn": crn}
    for method, path, response in exchanges:
        journal.record(Request(method, HOST, f"/api/v1{path}", headers), response, None)
    return journal


def told(world: World, error: BaseException, journal: Journal) -> list[str]:
    return hints_for(Case(world, (), error, CLOUD, journal))


def raised_by_the_client(**asked: object) -> BaseException:
    """The client's error, with the frame of the function that was called."""
    code = (
        "def backend(name=None, min_num_qubits=None, instance=None, **kwargs):\n"
        "    raise ValueError(said)"
    )
    scope = {
        "__name__": "qiskit_ibm_runtime.qiskit_runtime_service",
        "said": "No backend matches the criteria.",
    }
    exec(code, scope)
    with pytest.raises(ValueError, match="No backend") as caught:
        scope["backend"](**asked)  # type: ignore[operator]
    return caught.value


LISTED = ("GET", "/backends", OK)


def test_no_backend_tells_what_the_instance_has_and_what_was_asked() -> None:
    world = world_of()
    crn = next(iter(world.accounts[0].instances))
    (said,) = told(world, raised_by_the_client(min_num_qubits=1_000), sent(LISTED, crn=crn))
    first, asked, mend = said.splitlines()
    assert first.startswith("first has north (")
    assert "south (" in first
    assert first.endswith(" qubits, paused)")
    assert "far_away" not in said
    assert asked == "  asked: min_num_qubits=1000"
    assert "qchannel docs world" in mend


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("nroth", ("  closest: north", "  next:    use one of north, south")),
        (
            "far_awya",
            (
                "  closest: far_away",
                '  next:    @pytest.mark.qchannel(instance="second"): that instance has far_away; '
                "or use one of north, south",
            ),
        ),
        (
            "far_away",
            ('  next:  @pytest.mark.qchannel(instance="second"): that instance has far_away',),
        ),
        (
            "unlisted",
            ('  next:  write "unlisted" into `devices` of first in the description of the world',),
        ),
    ],
)
def test_a_wrong_name_is_told_the_closest_and_whose_it_is(
    name: str, lines: tuple[str, ...]
) -> None:
    """What the user saw: ``use one of`` nine, of which the instance in use has five."""
    world = world_of()
    crn = next(iter(world.accounts[0].instances))
    (said,) = told(world, raised_by_the_client(name=name), sent(LISTED, crn=crn))
    assert set(lines) <= set(said.splitlines())


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("frist", "  next:      use 'first'"),
        ("ours", "of the WorldBuilder"),
        ("ibm-q/open/main", "(qchannel docs channel-move)"),  # a world was printed to paste
        ("first", ""),
        ("crn:v1:of-no-instance", ""),
    ],
)
def test_an_instance_of_somebody_is_told_the_closest_or_how_to_give_the_account_one(
    name: str, step: str
) -> None:
    said = "\n".join(told(world_of(), raised_by_the_client(instance=name), sent()))
    assert said.startswith(f"the emulated account has no instance {name!r}" if step else "")
    assert said.endswith(step)
    assert bool(said) is bool(step)


def test_another_error_or_one_without_a_list_is_told_nothing() -> None:
    world = world_of()
    assert told(world, ValueError("something else"), sent(LISTED)) == []
    assert told(world, raised_by_the_client(min_num_qubits=1_000), sent()) == []


def test_old_clients_list_names_and_then_ask_for_each() -> None:
    world = world_of()
    key = world.accounts[0].credential
    asked = ("GET", "/backends/north/configuration", REFUSED[2])
    (said,) = told(world, raised_by_the_client(), sent(LISTED, asked, token=key))
    assert said.startswith("#2 was refused with 401: ")


REFUSED = ("GET", "/backends", refusal(401, 1201, "Invalid credentials."))


@pytest.mark.parametrize("error", ["assert []", "No backend matches the criteria."])
def test_a_refused_list_is_no_empty_one(error: str) -> None:
    world = world_of()
    key = world.accounts[0].credential
    world.accounts[0].credential_revoked = True
    (said,) = told(world, AssertionError(error), sent(REFUSED, token=key))
    assert said.splitlines()[0] == (
        "#1 was refused with 401: Qiskit's client takes that for an empty list of backends"
    )
    assert "1201 Invalid credentials." in said
    assert "log in again" in said


def test_where_the_instance_is_no_one_s_nobody_is_told_to_log_in_again() -> None:
    """What the user saw, of a request by hand that named an instance of their own account."""
    world = world_of()
    account, instance_id = "0123456789abcdef" * 2, "12345678-1234-1234-1234-123456789abc"
    crn = f"crn:v1:bluemix:public:quantum-computing:us-east:a/{account}:{instance_id}::"
    answered = ("GET", "/backends", refusal(403, 1200))
    token = world.accounts[0].credential
    refused, instance = told(world, KeyError("devices"), sent(answered, token=token, crn=crn))
    assert refused.startswith("#1 was refused with 403: ")
    assert "log in again" not in refused
    assert instance.startswith(f"the emulated account has no instance {crn!r}")


def test_a_credential_of_no_account_is_said_to_be_unknown() -> None:
    """The client says to check the token, and the person's own is right: it is no one's here."""
    unknown, refused = told(world_of(), AssertionError("assert []"), sent(REFUSED))
    assert unknown.startswith("the access token that #1 was sent with is unknown here: ")
    assert "QISKIT_IBM_TOKEN" in unknown
    assert "qchannel.account.secret.reveal()" in unknown
    assert "next:" not in refused, "there is one thing to do"


def test_what_went_well_afterwards_is_not_what_the_test_failed_for() -> None:
    assert told(world_of(), AssertionError("assert 1 == 2"), sent(REFUSED, LISTED)) == []


def test_an_error_that_tells_the_refusal_itself_is_told_no_empty_list() -> None:
    world = world_of()
    key = world.accounts[0].credential
    error = ValueError("'401 Client Error: Unauthorized for url: ...'")
    assert told(world, error, sent(REFUSED, token=key)) == []


def test_a_session_on_open_is_told_over_rest_too() -> None:
    world = world_of()
    journal = sent(("POST", "/sessions", refusal(400, 1352)))
    (said,) = told(world, AssertionError("assert 400 == 200"), journal)
    assert said.startswith("second has dedicated sessions")
    assert '@pytest.mark.qchannel(instance="second")' in said


def test_a_session_of_a_service_that_reads_no_instance_is_not_told_to_choose_one() -> None:
    """What the user saw: the option that the hint named was given, and the hint was the same."""
    journal = sent(("POST", "/sessions", refusal(400, 1352)))
    world = world_of()
    case = Case(world, (), AssertionError("assert 400 == 200"), CLOUD, journal)
    _, second = world.accounts[0].instances.values()
    for chosen in (second.name, second.id):
        (said,) = hints_for(case._replace(instance=chosen))
        assert said.startswith("second has dedicated sessions")
        assert 'QiskitRuntimeService(..., instance="second")' in said
        assert "--qchannel-instance" not in said
    (said,) = hints_for(case._replace(instance="first"))
    assert "--qchannel-instance=second" in said


def test_who_has_no_dry_runs_is_told_which_instance_has() -> None:
    """What the user saw of an Open instance: that a device was not found, and no instance."""
    error = ValueError("Unable to use `dry_run` mode: backend 'mock_away' was not found")
    world = world_of()
    assert told(world, ValueError("backend 'mock_away'"), sent(LISTED)) == []
    (said,) = told(world, error, sent(LISTED))
    assert said.startswith("there is no mock_away for first (Open), second (Premium)")
    assert said.endswith("dry_run_devices = true in the world file (qchannel docs world)")
    first, second = world.accounts[0].instances.values()
    second.has_dry_runs = True
    (said,) = told(world, error, sent(LISTED, crn=first.id))
    assert said.startswith("there is no mock_away for first (Open)\n")
    assert '@pytest.mark.qchannel(instance="second"): that instance has mock_away' in said


def test_where_no_instance_has_sessions_the_step_gives_the_world_one() -> None:
    """What the user saw: nothing, in a world of one Open instance, as a step had made it."""
    builder = WorldBuilder().device("north", source=SNAPSHOT).account("lab", channels=["ibm_cloud"])
    world = builder.instance("only", plan="Open").build(Clock(lambda: 1_800_000_000.0), 0)
    journal = sent(("POST", "/sessions", refusal(400, 1352)))
    case = Case(world, (), AssertionError("assert 400 == 200"), CLOUD, journal)
    (said,) = hints_for(case)
    assert said.startswith("no instance of the emulated account has dedicated sessions")
    assert '.instance(name="with-sessions", plan="Premium")' in said
    assert "pytest --qchannel-instance=with-sessions" in said
    (said,) = hints_for(case._replace(source="/elsewhere/world.toml"))
    run = "pytest --qchannel-world=qchannel-world.toml --qchannel-instance=with-sessions"
    assert said.endswith(f" && {run}")


def test_what_was_asked_for_as_false_is_told_too() -> None:
    """What the user saw: no word of ``dynamic_circuits=False``, for which there was no device."""
    error = raised_by_the_client(dynamic_circuits=False, use_fractional_gates=False)
    (said,) = told(world_of(), error, sent(LISTED))
    assert "asked: dynamic_circuits=False" in said.replace("asked:  ", "asked: ")
    assert "fractional" not in said


def test_who_names_no_instance_is_told_which_header_that_takes() -> None:
    """What the user saw: a 403 after the credential was mended as the 401's hint says."""
    world = world_of()
    text = "You are not authorized. The request has no Service-CRN header."
    journal = sent(("GET", "/backends", refusal(403, 1200, text)))
    (said,) = told(world, AssertionError("assert 403 == 200"), journal)
    assert said.splitlines()[:2] == ["#1 names no instance", "  instances: first, second"]
    assert '{"Service-CRN": qchannel.instances[0].id}' in said


class RuntimeJobFailureError(Exception):
    """The client's, by its name."""


@pytest.mark.parametrize(("code", "mend"), [(1517, "transpile(circuit, backend)"), (1002, "docs")])
def test_a_job_that_fails_by_what_it_was_sent_is_told_the_line_that_mends_it(
    code: int, mend: str
) -> None:
    world = world_of()
    account = world.accounts[0]
    (instance, _) = account.instances.values()
    world.jobs["j1"] = Job("j1", 1, account, instance, "north", "sampler", {}, 0.0)
    world.jobs["j1"].state, world.jobs["j1"].reason_code = JobState.FAILED, code
    journal = Journal()
    journal.record(Request("POST", HOST, "/api/v1/jobs", {}), OK, "j1")
    (said,) = told(world, RuntimeJobFailureError(), journal)
    assert said.startswith("the job j1 ended as Failed by what it was sent, sampler on north")
    assert mend in said.partition("next:")[2]
    # Who polls over REST saw their own KeyError alone.
    assert told(world, KeyError("results"), journal) == [], "it did not look at the job"
    journal.record(Request("GET", HOST, "/api/v1/jobs/j1", {}), OK, "j1")
    assert told(world, KeyError("results"), journal) == [said]
    world.jobs["j1"].state = JobState.CANCELLED
    assert told(world, KeyError("results"), journal) == [], "as the code itself had it"
    world.jobs["j1"].ending = JobEnding("cancel", "It was late.", 1305)
    (ordered,) = told(world, KeyError("results"), journal)
    assert "next: expect it: the state of the job tells Cancelled; or take " in ordered


def test_what_was_made_outside_of_a_second_world_is_said_to_be() -> None:
    """What the user saw: to take token=... away, for ``@emulated() def test(qchannel_service)``."""

    def fail() -> None:
        sent = {"Authorization": "Bearer of-the-other-world"}
        url = "https://quantum.cloud.ibm.com/api/v1/backends"
        assert requests.get(url, headers=sent, timeout=9).ok

    with emulated(), pytest.raises(AssertionError) as inner, emulated():
        fail()
    second, unknown, *_ = inner.value.__notes__
    assert second.startswith("emulated() has a world of its own, ")
    assert "take emulated() away" in second
    assert "is unknown here" in unknown
    with pytest.raises(AssertionError) as alone, emulated():
        fail()
    assert "a world of its own" not in "".join(alone.value.__notes__)


def test_a_device_that_is_missing_is_told_of_an_account_without_an_instance(tmp_path: Path) -> None:
    """Such an account, in a world file elsewhere: the test ended in a StopIteration of ours."""
    builder = (
        WorldBuilder().device("north", source=SNAPSHOT).account("bare", channels=["ibm_cloud"])
    )
    error = raised_by_the_client(name="nort")
    world = builder.build(Clock(lambda: 1_800_000_000.0), 0)
    said = hints_for(Case(world, (), error, CLOUD, sent(), str(tmp_path / "world.toml")))
    assert said[0].startswith("the emulated world has no backend 'nort'")
