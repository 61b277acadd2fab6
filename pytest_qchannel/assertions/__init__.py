"""Assertions on what came back and what was sent, whatever lane it came through."""

from __future__ import annotations

from pytest_qchannel.assertions.auth import assert_authenticated
from pytest_qchannel.assertions.backends import assert_least_busy
from pytest_qchannel.assertions.jobs import assert_submitted_once
from pytest_qchannel.assertions.logout import assert_logged_out
from pytest_qchannel.assertions.sampler import assert_sampler_run

__all__ = [
    "assert_authenticated",
    "assert_least_busy",
    "assert_logged_out",
    "assert_sampler_run",
    "assert_submitted_once",
]
