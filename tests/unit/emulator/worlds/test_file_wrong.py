"""What is wrong in a world file is said with its line and the nearest that would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.emulator.worlds.worlds_kit import CRN, GOOD, line_of, problem_in

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
