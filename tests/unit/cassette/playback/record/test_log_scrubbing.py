"""Nothing that is logged while a test is recorded holds a secret."""

from __future__ import annotations

import http.client
import logging

import pytest

from pytest_qchannel.cassette.playback.record.log_scrubbing import (
    TRAFFIC_LOGGERS,
    SecretFilter,
    scrubbed_logs,
)
from pytest_qchannel.secret import Secret
from tests.unit.cassette.scrub.planted_kit import KEY, VALUES, as_vcrpy_stores_it, get

SECRETS = [Secret("QISKIT_IBM_TOKEN", KEY)]
TOKEN = VALUES["IAM access token"]


def _append_to_a_cassette() -> None:
    as_vcrpy_stores_it(get("/backends", {"access_token": TOKEN}))


def test_vcrpy_alone_prints_the_response(caplog: pytest.LogCaptureFixture) -> None:
    """The hole: without this, the next test could not fail."""
    caplog.set_level(logging.DEBUG)
    _append_to_a_cassette()
    assert TOKEN in caplog.text


def test_vcrpy_prints_nothing_of_the_response(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with scrubbed_logs():
        _append_to_a_cassette()
    assert TOKEN not in caplog.text
    _append_to_a_cassette()
    assert TOKEN in caplog.text, "the loggers are as they were"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *TRAFFIC_LOGGERS,
        "vcr.cassette",
        "urllib3.connectionpool",
        "vcr.made.later",
        "qiskit_ibm_runtime.api.session",
    ],
)
def test_traffic_is_not_logged_even_at_a_level_that_is_set_meanwhile(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with scrubbed_logs():
        logger = logging.getLogger(name)
        level = logger.level
        with caplog.at_level(logging.DEBUG, logger=name):
            logger.debug("sent %s", "the-body-of-a-request")
            logger.info("answered %s", {"a": "the-body-of-a-response"})
        logger.setLevel(level)
    assert "the-body" not in caplog.text


def test_warnings_of_these_loggers_are_still_seen(caplog: pytest.LogCaptureFixture) -> None:
    with scrubbed_logs():
        logging.getLogger("urllib3.x").warning("the instance is %s", "new")
    assert "the instance is new" in caplog.text


def test_known_secrets_are_taken_out_of_every_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("somebody.else")
    with scrubbed_logs(SECRETS):
        logger.info("with %s and %s", KEY, {"a": [KEY]})
        logger.info(f"in the message: {KEY}")
        logger.info("in hex: %s", KEY.encode().hex())
        try:
            raise ValueError(f"key {KEY} is bad")
        except ValueError:
            logger.exception("it failed")
    assert KEY not in caplog.text
    assert KEY.encode().hex() not in caplog.text
    assert caplog.text.count("<secret QISKIT_IBM_TOKEN>") >= 5
    assert "it failed" in caplog.text
    assert "ValueError: key <secret QISKIT_IBM_TOKEN> is bad" in caplog.text


def test_a_record_without_a_secret_is_left_alone() -> None:
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "x %s", ("y",), None)
    assert SecretFilter(SECRETS).filter(record)
    assert (record.msg, record.args) == ("x %s", ("y",))


def test_wrong_arguments_do_not_hide_a_secret() -> None:
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "x %d", (KEY,), None)
    SecretFilter(SECRETS).filter(record)
    assert KEY not in record.getMessage()


def test_everything_is_put_back() -> None:
    logger = logging.getLogger("vcr.cassette")
    before = (
        logging.getLogRecordFactory(),
        list(logger.filters),
        http.client.HTTPConnection.debuglevel,
    )
    http.client.HTTPConnection.debuglevel = 1
    with scrubbed_logs(SECRETS):
        assert http.client.HTTPConnection.debuglevel == 0
    assert http.client.HTTPConnection.debuglevel == 1
    http.client.HTTPConnection.debuglevel = before[2]
    assert before == (logging.getLogRecordFactory(), list(logger.filters), before[2])
