"""World files: what is wrong with one is said with its line, the nearest that would do, and how."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pytest_qchannel.emulator.world import Clock, DeviceStatus
from pytest_qchannel.emulator.worlds.builder import WorldBuilder
from pytest_qchannel.emulator.worlds.kinds import (
    COUNT,
    FLAG,
    JSON,
    SECONDS,
    TEXT_BY_TEXT,
    TEXTS,
    WHOLE_SECONDS,
)
from pytest_qchannel.emulator.worlds.specs import (
    AccountSpec,
    DeviceSpec,
    InstanceSpec,
    JobSpec,
    Table,
    is_required,
    keys_of,
)
from pytest_qchannel.errors import UsageProblem

GOOD = """\
seed = 3

[[devices]]
name = "ibm_torino"
queue_length = 2

[[devices]]
name = "ibm_lagos"

[[accounts]]
name = "me"
channels = ["ibm_quantum_platform"]

[[accounts.instances]]
name = "open"
plan = "Open"
devices = [
  "ibm_torino",
  "ibm_lagos",
]

[[accounts]]
name = "old"
channels = ["ibm_quantum"]
instances = [
  { name = "ibm-q/open/main", plan = "Open" },
]

[[jobs]]
account = "me"
instance = "open"
backend = "ibm_torino"
age_s = 10
"""

CRN = (
    "crn:v1:bluemix:public:quantum-computing:eu-de:a/0123456789abcdef0123456789abcdef:"
    "11111111-2222-4333-8444-555555555555::"
)


def load(text: str, folder: Path) -> WorldBuilder:
    path = folder / "world.toml"
    path.write_text(text, encoding="utf-8")
    return WorldBuilder.from_file(path)


def problem_in(text: str, folder: Path) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        load(text, folder)
    assert caught.value.next, "every problem says what to do"
    return caught.value


def line_of(problem: UsageProblem) -> int:
    found = re.fullmatch(r".*world\.toml, line (\d+)", problem.where or "")
    assert found, problem.where
    return int(found[1])


def test_a_good_file_is_a_world(tmp_path: Path) -> None:
    world = load(GOOD, tmp_path).build(Clock(lambda: 1_000.0))
    assert world.seed == 3
    assert [device.queue_length for device in world.devices.values()] == [2, 0]
    me, old = world.accounts
    assert (me.channels, old.platform) == (("ibm_quantum_platform",), "classic")
    assert [one.devices for one in me.instances.values()] == [("ibm_torino", "ibm_lagos")]
    assert list(old.instances) == ["ibm-q/open/main"]
    assert old.instances["ibm-q/open/main"].devices == ("ibm_torino", "ibm_lagos")
    (job,) = world.jobs.values()
    assert (job.created_at, job.state.value, job.outcome) == (990.0, "Completed", None)


# What is replaced in the good file by what -> the headline, the line, the nearest.
WRONG = {
    "a key at the top": (
        "[[jobs]]", "[[job]]", "there is no key 'job' at the top of a world file", 29, "jobs",
    ),
    "a key": (
        "queue_length = 2", "queue_lenght = 2",
        "the device 'ibm_torino': there is no key 'queue_lenght'", 5, "queue_length",
    ),
    "a key of an instance in one line": (
        'main", plan = "Open"', 'main", plan = "Open", regoin = "us-east"',
        "the instance 'ibm-q/open/main': there is no key 'regoin'", 26, "region",
    ),
    "a missing key": (
        'plan = "Open"\ndevices', "devices",
        "the instance 'open': the key 'plan' is missing", 14, None,
    ),
    "a missing name": (
        'name = "ibm_lagos"', "", "a device: the key 'name' is missing", 7, None,
    ),
    "a type": (
        "queue_length = 2", 'queue_length = "2"',
        "the device 'ibm_torino': queue_length wants a whole number, 0 or more, not \"2\"", 5, None,
    ),
    "a truth is no number": (
        "queue_length = 2", "queue_length = true",
        "the device 'ibm_torino': queue_length wants a whole number, 0 or more, not true", 5, None,
    ),
    "a negative number": (
        "age_s = 10", "age_s = -1", "a job: age_s wants seconds, from 0 to 1e9, not -1", 33, None,
    ),
    "no number": (
        "age_s = 10", "age_s = nan", "a job: age_s wants seconds, from 0 to 1e9, not NaN", 33, None,
    ),
    "the seed": ("seed = 3", "seed = -3", "seed wants a whole number, 0 or more, not -3", 1, None),
    "one table instead of several": ("[[jobs]]", "[jobs]", "jobs wants tables", 29, None),
    "a text instead of tables": (
        "seed = 3", "seed = 3\nfaults = 'none'", "faults wants tables", 2, None,
    ),
    "a plan": (
        'plan = "Open"\ndevices', 'plan = "Opn"\ndevices',
        "the instance 'open': plan is wrong: \"Opn\" is no plan", 16, "Open",
    ),
    "a region": (
        'plan = "Open"\ndevices', 'plan = "Open"\nregion = "us-eats"\ndevices',
        "the instance 'open': region is wrong: \"us-eats\" is no region", 17, "us-east",
    ),
    "a channel": (
        '["ibm_quantum_platform"]', '[\n  "ibm_quantum_platform",\n  "ibm_clod",\n]',
        "the account 'me': channels is wrong: \"ibm_clod\" is no channel", 14, "ibm_cloud",
    ),
    "no channel": (
        '["ibm_quantum_platform"]', "[]",
        "the account 'me': channels is empty: it needs a channel", 12, None,
    ),
    "a status": (
        "queue_length = 2", 'status = "offlin"',
        "the device 'ibm_torino': status is wrong: \"offlin\" is no status", 5, "offline",
    ),
    "a state": (
        "age_s = 10", 'state = "DONE"', 'a job: state is wrong: "DONE" is no state', 33, None,
    ),
    "a progression": (
        "queue_length = 2", 'progression = "poll(2)"',
        "the device 'ibm_torino': progression is wrong: 'poll(2)' is no progression", 5, None,
    ),
    "noise": (
        "queue_length = 2", 'noise = "calibrated"',
        "the device 'ibm_torino': noise is wrong: \"calibrated\" is no noise", 5, "calibration",
    ),
    "a device that is not there": (
        '  "ibm_lagos",', '  "ibm_lagoss",',
        "the instance 'open': the world has no device 'ibm_lagoss'", 19, "ibm_lagos",
    ),
    "a device without a snapshot": (
        'name = "ibm_lagos"', 'name = "ibm_lagoz"',
        "the device 'ibm_lagoz': the installed client ships no snapshot of 'ibm_lagoz'", 8,
        "ibm_lagos",
    ),
    "a source without a snapshot": (
        "queue_length = 2", 'source = "ibm_torina"',
        "the device 'ibm_torino': the installed client ships no snapshot of 'ibm_torina'", 5,
        "ibm_torino",
    ),
    "a calibration without a snapshot": (
        "queue_length = 2", 'calibrations = { spring = "ibm_lagos", fall = "ibm_tori" }',
        "the device 'ibm_torino': the installed client ships no snapshot of 'ibm_tori'", 5,
        "ibm_torino",
    ),
    "fractional gates without a cz": (
        'name = "ibm_lagos"', 'name = "ibm_lagos"\nfractional_gates = true',
        "the device 'ibm_lagos': the snapshot of ibm_lagos has no cz gate, so it cannot have "
        "fractional gates", 9, None,
    ),
    "a device twice": (
        'name = "ibm_lagos"', 'name = "ibm_torino"', "there is a device 'ibm_torino' already", 8,
        None,
    ),
    "an account twice": ('"old"', '"me"', "there is an account 'me' already", 23, None),
    "an instance twice": (
        '[[accounts]]\nname = "old"',
        '[[accounts.instances]]\nname = "open"\nplan = "Lite"\n\n[[accounts]]\nname = "old"',
        "there is an instance of the account 'me' 'open' already", 23, None,
    ),
    "a classic instance with a CRN": (
        'main", plan', f'main", crn = "{CRN}", plan',
        "the instance 'ibm-q/open/main' is one of the classic platform, where instances have no "
        "CRN", 26, None,
    ),
    "a classic instance with another name": (
        "ibm-q/open/main", "main",
        "the instance 'main' is one of the classic platform, where names are hub/group/project",
        26, "ibm-q/open/main",
    ),
    "a classic instance elsewhere": (
        'main", plan', 'main", region = "eu-de", plan',
        "the instance 'ibm-q/open/main' is one of the classic platform, which is in us-east only",
        26, None,
    ),
    "both platforms": (
        '["ibm_quantum"]', '["ibm_cloud", "ibm_quantum"]',
        "the account 'old': the channel ibm_quantum is another platform than ibm_cloud", 24, None,
    ),
    "no CRN": (
        'plan = "Open"\ndevices', 'plan = "Open"\ncrn = "crn:v1"\ndevices',
        "the instance 'open': not a CRN: it must have ten fields between colons and start with "
        "'crn'", 17, "crn:v1:bluemix:public:quantum-computing:us-east:a/<account>:<guid>::",
    ),
    "a CRN of another region": (
        'plan = "Open"\ndevices', f'plan = "Open"\nregion = "us-east"\ncrn = "{CRN}"\ndevices',
        "the instance 'open' is in us-east, its CRN says eu-de", 17, None,
    ),
    "a CRN of another account": (
        'plan = "Open"\ndevices', f'plan = "Open"\ncrn = "{CRN.replace("a/01", "a/ff")}"\n'
        f'[[accounts.instances]]\nname = "eu"\nplan = "Lite"\ncrn = "{CRN}"\ndevices',
        "the account 'me': the CRN of the instance 'eu' belongs to another account", 21, None,
    ),
    "an account id that no CRN can hold": (
        'name = "me"', 'name = "me"\nid = "me"',
        "the account 'me': the id of an IBM Cloud account is 32 hexadecimal digits", 12, None,
    ),
    "an unknown account of a job": (
        'account = "me"', 'account = "mee"', "a job: the world has no account 'mee'", 30, "me",
    ),
    "an unknown instance of a job": (
        'instance = "open"', 'instance = "opn"',
        "a job: the account 'me' has no instance 'opn'", 31, "open",
    ),
    "an unknown device of a job": (
        'backend = "ibm_torino"', 'backend = "ibm_tor"',
        "a job: the instance 'open' has no device 'ibm_tor'", 32, "ibm_torino",
    ),
    "a code without a reason": (
        "age_s = 10", 'age_s = 10\nstate = "Failed"\nreason_code = 1305',
        "a job: a reason_code without a reason", 35, None,
    ),
    "a reason of a job that did well": (
        "age_s = 10", 'age_s = 10\nreason = "just so"', "a job that is Completed has no reason",
        34, None,
    ),
    "a result of a job that failed": (
        "age_s = 10", 'state = "Failed"\nresult = {}', "a job that is Failed has no result", 34,
        None,
    ),
    "a result that is no object": (
        "age_s = 10", "result = '[1]'",
        "a job: result wants a table that JSON can hold, or a text of JSON that is an object, not "
        '"[1]"', 33, None,
    ),
    "a result that JSON cannot hold": (
        "age_s = 10", "result = { day = 2026-01-01 }",
        "a job: result wants a table that JSON can hold, or a text of JSON that is an object, not "
        '{"day": "2026-01-01"}', 33, None,
    ),
    "a progression of a job that has ended": (
        "age_s = 10", 'progression = "stuck"', "a job that is Completed moves no further", 33,
        None,
    ),
    "more usage than time": (
        "age_s = 10", "age_s = 10\nusage_s = 11",
        "a job that was created 10 seconds ago cannot have used 11 seconds and have ended", 34,
        None,
    ),
    "usage of a job that has still to run": (
        "age_s = 10", 'age_s = 10\nstate = "Queued"\nusage_s = 1',
        "a job that is Queued has no usage_s yet", 35, None,
    ),
    "a program that the emulator does not run": (
        "age_s = 10", 'state = "Running"\nprogram = "samplr"',
        "a job that is Running has still to run, and the emulator runs no 'samplr'", 34, "sampler",
    ),
    "a session of different instances": (
        "age_s = 10", 'session = "s"\n[[jobs]]\naccount = "old"\ninstance = "ibm-q/open/main"\n'
        'backend = "ibm_torino"\nsession = "s"',
        "the jobs of the session 's' are not of one account, instance and backend", 38, None,
    ),
    "a session of too many hours": (
        "age_s = 10", 'age_s = 10\nsession = "s"\n[[jobs]]\naccount = "me"\ninstance = "open"\n'
        'backend = "ibm_torino"\nage_s = 28_811\nsession = "s"',
        "the jobs of the session 's' are more than 8 hours apart, and no session lasts that long",
        40, None,
    ),
    "a job id twice": (
        "age_s = 10", 'id = "j1"\n[[jobs]]\naccount = "me"\ninstance = "open"\n'
        'backend = "ibm_torino"\nid = "j1"', "there is a job 'j1' already", 38, None,
    ),
    "a fault": (
        "seed = 3", "[[faults]]\nroute = 'GET /jobs'\nstatus = 503\nstatsu = 3",
        "a fault: unknown word 'statsu' in a fault, did you mean 'status'?", 4, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    before, after, headline, line, closest = WRONG[case]
    assert GOOD.count(before) == 1 or case == "a missing key", before
    problem = problem_in(GOOD.replace(before, after, 1), tmp_path)
    assert problem.headline == headline
    assert line_of(problem) == line
    assert problem.closest == closest


def test_params_of_a_job_that_has_still_to_run_are_checked(tmp_path: Path) -> None:
    problem = problem_in(GOOD + 'state = "Queued"\nparams = { pubs = 3 }', tmp_path)
    assert problem.headline.startswith(
        "a job that is Queued has still to run, and its params are not valid: "
    )
    assert line_of(problem) == 35


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed = ", 1),
        ("seed = 1\nseed = 2\n", 2),
        ("seed = 1\n\n[[devices]\n", 3),
        ('seed = 1\ntext = """\nnever closed\n', 3),
        ("[[accounts]]\n[accounts]\n", 2),
    ],
)
def test_what_is_no_toml_is_named_with_its_line(text: str, line: int, tmp_path: Path) -> None:
    problem = problem_in(text, tmp_path)
    assert problem.headline.startswith("the world file is no TOML: ")
    assert "(at" not in problem.headline
    assert line_of(problem) == line


def test_what_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_bytes(b"seed = 1\n# caf\xe9\n")
    with pytest.raises(UsageProblem, match="not UTF-8") as caught:
        WorldBuilder.from_file(path)
    assert line_of(caught.value) == 2


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(GOOD, encoding="utf-8-sig", newline="\r\n")
    assert WorldBuilder.from_file(path).world_seed == 3


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="the world file cannot be read: ") as caught:
        WorldBuilder.from_file(tmp_path / name)
    assert str(caught.value.where).endswith(str(tmp_path / name))


# Not real: drawn by hand. Their forms are those of IBM's.
REAL_FORMS = ["Zk3_" + "aB1-" * 10, "0f" * 64]


@pytest.mark.parametrize("key", REAL_FORMS, ids=["IBM Cloud", "classic"])
@pytest.mark.parametrize("place", ["credential", "user_id", "email"])
def test_what_looks_like_a_real_key_is_refused_and_not_shown(
    key: str, place: str, tmp_path: Path
) -> None:
    problem = problem_in(GOOD.replace('name = "me"', f'name = "me"\n{place} = "{key}"'), tmp_path)
    assert problem.headline == (
        f"the account 'me': {place} looks like a real credential of IBM's; a world holds none"
    )
    assert line_of(problem) == 12
    assert key not in str(problem)


def test_a_credential_that_two_accounts_have_is_not_shown(tmp_path: Path) -> None:
    text = GOOD.replace('name = "me"', 'name = "me"\ncredential = "my-emulated-1"')
    text = text.replace('name = "old"', 'name = "old"\ncredential = "my-emulated-1"')
    problem = problem_in(text, tmp_path)
    assert problem.headline == "there is an account with that credential already"
    assert "my-emulated-1" not in str(problem)
    assert line_of(problem) == 25


def test_a_credential_of_the_wrong_kind_is_not_shown(tmp_path: Path) -> None:
    problem = problem_in(
        GOOD.replace('name = "me"', 'name = "me"\ncredential = ["s3cret"]'), tmp_path
    )
    assert "s3cret" not in str(problem)


def test_credentials_of_ones_own_are_kept(tmp_path: Path) -> None:
    emulated = "qchannel-emulated-" + "x" * 26
    assert len(emulated) == 44
    text = GOOD.replace('name = "me"', f'name = "me"\ncredential = "{emulated}"')
    assert load(text, tmp_path).build(Clock(lambda: 0.0)).accounts[0].credential == emulated


def test_every_status_can_be_written(tmp_path: Path) -> None:
    for status in DeviceStatus:
        text = GOOD.replace("queue_length = 2", f'status = "{status.value}"')
        world = load(text, tmp_path).build(Clock(lambda: 0.0))
        assert world.devices["ibm_torino"].status is status


WORDS = st.sampled_from(
    ["ibm_torino", "ibm_lagos", "me", "open", "ibm_cloud", "ibm_quantum", "Open", "a/b/c", "", CRN,
     "Queued", "Failed", "online", "polls(2)", "{}", "us-east", "sampler", "0" * 32, "x"]
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-1, 3), st.just(2**70), st.floats(-1.0, 3.0), st.just(1e300))
VALUES = st.recursive(
    st.one_of(WORDS, NUMBERS, st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=2)),
    max_leaves=4,
)


NAMES = {"devices": ["ibm_torino", "ibm_lagos"], "accounts": ["me", "you"],
         "instances": ["open", "a/b/c"], "account": ["me"],
         "instance": ["open", "a/b/c"], "backend": ["ibm_torino"],
         "plan": ["Open", "Flex"], "status": ["online"], "region": ["us-east", "eu-de"],
         "state": ["Queued", "Failed", "Completed"], "noise": ["off"], "id": ["0" * 32, "x"],
         "channels": ["ibm_cloud", "ibm_quantum"], "crn": [CRN], "progression": ["stuck"],
         "program": ["sampler"], "session": ["s"]}  # fmt: skip
GOOD_VALUES = {
    COUNT: st.integers(0, 3),
    WHOLE_SECONDS: st.integers(0, 3),
    SECONDS: st.sampled_from([0, 1, 1.5, 2**70, 1e9]),
    FLAG: st.booleans(),
    TEXTS: st.lists(st.sampled_from(NAMES["devices"]), max_size=2),
    TEXT_BY_TEXT: st.dictionaries(WORDS, st.sampled_from(NAMES["devices"]), max_size=2),
    JSON: st.one_of(st.just("{}"), st.dictionaries(WORDS, VALUES, max_size=2)),
}


def tables_of(spec: type[Table], names: str = "") -> st.SearchStrategy[dict[str, object]]:
    """Tables with the keys of a class, mostly with values of the right kind."""
    fields: dict[str, st.SearchStrategy[object]] = {}
    for key in keys_of(spec):
        words = NAMES.get(names if key.name == "name" else key.name, ["x", "y"])
        good = GOOD_VALUES.get(key.metadata["kind"], st.sampled_from(words))
        if key.name == "channels":
            good = st.lists(good, min_size=1, max_size=1)
        # Out of twenty values one may be anything.
        fields[key.name] = st.integers(0, 19).flatmap(
            lambda number, good=good: good if number else VALUES  # type: ignore[misc]
        )
    required = {key.name: fields.pop(key.name) for key in keys_of(spec) if is_required(key)}
    return st.fixed_dictionaries(required, optional=fields)


WORLDS = st.fixed_dictionaries(
    {
        "devices": st.lists(tables_of(DeviceSpec, "devices"), min_size=1, max_size=2),
        "accounts": st.lists(
            st.builds(
                lambda account, instances: {**account, "instances": instances},
                tables_of(AccountSpec, "accounts"),
                st.lists(tables_of(InstanceSpec, "instances"), max_size=2),
            ),
            max_size=2,
        ),
    },
    optional={
        "seed": st.integers(0, 3),
        "jobs": st.lists(tables_of(JobSpec), max_size=2),
        "faults": st.lists(st.dictionaries(WORDS, VALUES), max_size=1),
    },
)


def toml(value: object) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=WORLDS)
def test_any_file_is_a_world_or_a_problem_with_a_line(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    lines = [f"{key} = {toml(value)}" for key, value in tables.items()]
    try:
        world = load("\n".join(lines), tmp_path).build(Clock(lambda: 0.0))
    except UsageProblem as found:
        problem = found
    else:
        event("a world")
        assert list(world.devices) == [one["name"] for one in tables["devices"]]
        return
    event(re.sub(r"'[^']*'", "...", problem.headline)[:40])
    assert problem.next
    assert 1 <= line_of(problem) <= len(lines)
