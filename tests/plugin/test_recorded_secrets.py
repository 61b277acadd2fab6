"""A recorded test that fails shows no secret: not in its output, not in logs, not in JUnit XML."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.devices_kit import with_device
from tests.plugin.conftest import NO_CHANCE
from tests.unit.cassette.scrub.lane_kit import is_found
from tests.unit.cassette.scrub.planted_kit import VALUES, is_in

VALUE = "real-SECRET-value-of-44-characters-0123456789"
LOUD = ("-vv", "--showlocals", "--log-level=DEBUG", "-rA", "--junitxml=report.xml")
RECORD = ("--qchannel-mode=record", "--qchannel-record-from=emulator")
# What is sent on the way to the emulator is written down, to be looked for afterwards.
CONFTEST = """
    import json
    import pathlib

    import requests

    real = requests.Session.send

    def send(session, request, **kwargs):
        sent = [request.headers.get("Authorization"), request.headers.get("x-access-token")]
        with pathlib.Path("sent.jsonl").open("a") as file:
            for one in (value for value in sent if value):
                file.write(json.dumps(one.rpartition(" ")[2]) + "\\n")
        return real(session, request, **kwargs)

    requests.Session.send = send
"""
TEST = """
    import logging
    import os
    import pathlib

    import pytest

    KEY = os.environ["QISKIT_IBM_TOKEN"]
    LOG = logging.getLogger("mine")

    @pytest.mark.vcr
    @pytest.mark.qchannel({channel!r})
    def test_it(qchannel, {fixture}):
        LOG.warning("the key is %s", KEY)
        LOG.warning("the key is %r", dict(key=KEY))
        {end}
"""
ENDS = {
    "an assertion": ("ibm_quantum", "rest", "assert qchannel_rest.get('/jobs') is None"),
    "an answer": ("ibm_cloud", "rest", "qchannel_rest.get('/jobs/none').raise_for_status()"),
    "inside the client": ("ibm_cloud", "service", "qchannel_service.job('cnone')"),
    "the client, refused": (
        "ibm_cloud",
        "service",
        "qchannel.revoke_access(); qchannel_service.jobs(limit=1)",
    ),
    "inside requests": ("ibm_cloud", "rest", "qchannel_rest.get('/jobs', timeout='no number')"),
    "a variable of the test": (
        "ibm_cloud",
        "rest",
        "key = KEY; assert qchannel_rest.get('/jobs') is key",
    ),
    "what is printed": (
        "ibm_cloud",
        "rest",
        "print(KEY); assert qchannel_rest.get('/jobs') is None",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_failing_recorded_test_shows_no_secret(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    channel, kind, code = ENDS[end]
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    pytester.makepyfile(test_it=TEST.format(channel=channel, fixture=f"qchannel_{kind}", end=code))
    pytester.makeconftest(CONFTEST)
    with monkeypatch.context() as patched:
        import requests

        patched.setattr(requests.Session, "send", requests.Session.send)  # put back afterwards
        result = pytester.runpytest_inprocess(*NO_CHANCE, *LOUD, *RECORD)
    result.assert_outcomes(failed=1)
    sent = (pytester.path / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    secrets = {VALUE, *map(json.loads, sent)}
    assert len(secrets) > 1
    told = {
        "output": "\n".join([*result.outlines, *result.errlines]).encode(),
        "report": (pytester.path / "report.xml").read_bytes(),
    }
    assert b"the key is <secret QISKIT_IBM_TOKEN>" in told["output"]
    shown = [
        (where, secret)
        for where, data in told.items()
        for secret in secrets
        if is_in(secret, data) or is_found(secret, data)
    ]
    assert shown == []


TOLD = """
    import os
    import re
    import warnings

    import pytest

    KEY = os.environ["QISKIT_IBM_TOKEN"]

    @pytest.fixture(scope="session")
    def at_the_end(record_testsuite_property):
        yield
        record_testsuite_property("last", KEY)

    @pytest.mark.vcr
    @pytest.mark.qchannel("ibm_cloud")
    @pytest.mark.parametrize("one", [KEY, pytest.param(1, id="x" + KEY)])
    @pytest.mark.parametrize("two", [1], ids=[KEY + "y"])
    @pytest.mark.parametrize("three", [2], ids=lambda value: f"{KEY}{value}")
    @pytest.mark.parametrize("four", [re.compile(f"^{KEY}")])
    @pytest.mark.parametrize("five", [type(f"Of{KEY}", (), {})])
    @pytest.mark.usefixtures("at_the_end")
    def test_it(
        request, qchannel_rest, record_property, record_testsuite_property,
        one, two, three, four, five,
    ):
        if hasattr(pytest, "Subtests"):
            with request.getfixturevalue("subtests").test(f"of {KEY}", key=[KEY]):
                print("inside", KEY)
                assert KEY
        request.node.add_report_section("call", f"of {KEY}", "a section")
        record_property("a list", [KEY, {"deep": (KEY, 1)}])
        record_property("a dict", {KEY: KEY.encode()})
        record_property(KEY, "its name")
        record_testsuite_property("of the run", {"key": [KEY]})
        warnings.warn_explicit("careful", UserWarning, f"/home/{KEY}/mod.py", 3)
        assert qchannel_rest.get("/jobs") is END
"""


@pytest.mark.parametrize(
    ("end", "outcome", "workers"),
    [("is not None", "passed", []), ("is None", "failed", ["-n1"])],
    ids=["passes", "fails in a worker"],
)
def test_nothing_else_that_is_told_of_a_recorded_test_shows_a_secret(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
    outcome: str,
    workers: list[str],
) -> None:
    """What the user saw: the key in properties, ids, the cache, and a warning's file name."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    pytester.makepyfile(test_it=TOLD.replace("is END", end))
    result = pytester.runpytest_subprocess("-p", "no:randomly", *LOUD, *RECORD, *workers)
    assert result.parseoutcomes()[outcome] == 2
    names = "\n".join(str(path) for path in pytester.path.rglob("*"))
    told = {"output": "\n".join([*result.outlines, *result.errlines]), "names": names}
    for path in pytester.path.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".gz"):
            told[path.name] = path.read_text(encoding="utf-8", errors="replace")
    assert {"report.xml", "nodeids"} <= told.keys()
    assert "<secret QISKIT_IBM_TOKEN>" in told["output"]
    assert "mod.py:3: UserWarning: careful" in told["output"]
    assert "of <secret QISKIT_IBM_TOKEN>" in told["output"]
    assert workers or "of the run" in told["report.xml"]  # pytest-xdist does not carry that one
    shown = [where for where, text in told.items() if is_found(VALUE, text.encode())]
    assert shown == []


UNTAPED = """
    import os
    import unittest

    import pytest

    KEY = os.environ["QISKIT_IBM_TOKEN"]

    @pytest.mark.vcr
    @pytest.mark.skip(reason=f"not with {KEY}")
    def test_skipped(qchannel_rest):
        pass

    @pytest.mark.qchannel(mode="emulated")
    def test_emulated(request, qchannel_rest):
        print("the key is", KEY)
        request.node.user_properties.append(("key", [KEY]))
        assert KEY == qchannel_rest.get("/jobs")

    @pytest.mark.vcr
    @pytest.mark.default_cassette(f"with/{KEY}")
    def test_named(qchannel_rest):
        assert qchannel_rest.get("/jobs").status_code == 200

    @pytest.mark.vcr
    @pytest.mark.parametrize("offset", [74, 96])
    def test_cut_short(qchannel_rest, offset):
        sent = {"before": "z" * offset + KEY + "z" * 400}
        if offset == 96:
            unittest.TestCase().assertEqual([KEY, KEY, KEY], qchannel_rest.get("/jobs"))
        assert sent["before"] == qchannel_rest.get("/jobs")

    @pytest.mark.vcr
    def test_the_last(qchannel_rest):
        pytest.exit(f"enough of {KEY}")
"""


def test_a_key_is_not_shown_without_a_cassette_nor_in_a_part(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the user saw: 40 of the 44 characters of the key, in values that pytest cuts short.

    And the whole of it in the name of a cassette.
    """
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUES["API key"])
    pytester.makepyfile(test_it=UNTAPED)
    monkeypatch.setenv("QCHANNEL_MODE", "record")
    options = ("--showlocals", "-rA", "--junitxml=report.xml", "--qchannel-channel=ibm_cloud")
    result = pytester.runpytest_inprocess(*NO_CHANCE, *options, "--qchannel-record-from=emulator")
    result.assert_outcomes(skipped=1, failed=3, passed=1, errors=1)
    told = "\n".join([*result.outlines, *result.errlines])
    report = (pytester.path / "report.xml").read_text(encoding="utf-8")
    for text in (told, report, "\n".join(map(str, pytester.path.rglob("*")))):
        parts = [VALUES["API key"][at : at + 8] for at in range(37)]
        assert [part for part in parts if part in text] == []
    assert "the value of QISKIT_IBM_TOKEN, the name of the file" in told
    assert "not with <secret QISKIT_IBM_TOKEN>" in told
    assert "zz<part of the secret QISKIT_IBM_TOKEN>...zz" in told
    assert "Exit: enough of <secret QISKIT_IBM_TOKEN>" in told
    assert "the key is <secret QISKIT_IBM_TOKEN>" in told


def test_where_the_whole_run_is_emulated_no_id_has_a_key(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test without a fixture of ours, which has the key of somewhere else."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", VALUE)
    ids = f"ids=[{VALUE!r}, 'b']"
    source = "@pytest.mark.parametrize('one', [1, 2], IDS)\ndef test_it(one): pass"
    pytester.makepyfile(test_it=f"import pytest\n{source.replace('IDS', ids)}")
    result = pytester.runpytest_inprocess(*NO_CHANCE, "--qchannel-everywhere", "--co", "-q")
    assert "test_it.py::test_it[<secret QISKIT_IBM_TOKEN>]" in result.outlines


CIRCUIT = """
    import pytest
    from qiskit import ClassicalRegister, QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit_ibm_runtime import SamplerV2

    KEY = {key!r}

    @pytest.mark.vcr
    def test_it(qchannel_service):
        circuit = QuantumCircuit(1)
        circuit.add_register(ClassicalRegister(1, "c_" + KEY.replace("-", "_")))
        circuit.x(0, label=KEY)
        circuit.rz(Parameter("a" + KEY), 0)
        circuit.measure(0, 0)
        sampler = SamplerV2(mode=qchannel_service.backend("A_DEVICE"))
        job = sampler.run([(circuit, [0.1])], shots=10)
        assert job.result()[0].data
        ((answered, *_),) = qchannel_service.job(job.job_id()).inputs["pubs"]
        assert [one.operation.name for one in answered] == ["x", "rz", "measure"]
"""


def test_a_key_among_a_circuits_words_is_stored_on_neither_side(pytester: pytest.Pytester) -> None:
    """What the user saw: the key of a label in the circuits of ``service.job(id)``, as QPY."""
    key = VALUES["API key"]
    pytester.makepyfile(test_it=with_device(CIRCUIT.format(key=key)))
    pytester.runpytest_inprocess(*NO_CHANCE, *RECORD).assert_outcomes(passed=1)
    files = [path for path in (pytester.path / "cassettes").rglob("*") if path.is_file()]
    assert any(path.suffix == ".gz" for path in files)
    for path in files:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for word in (key, key.replace("-", "_")):
            assert not is_in(word, data)
            assert not is_found(word, data)
    pytester.runpytest_inprocess(*NO_CHANCE).assert_outcomes(passed=1)
