"""Runs a project of a person who installed the plugin, and reads what they would see.

Runs are in-process where they can be: importing the client costs 1.5 s per subprocess.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

import pytest

from tests.devices_kit import with_device

# hypothesis takes a second to load in the summary, each time anew.
_UNUSED = ("randomly", "cacheprovider", "benchmark", "hypothesispytest")
NO_CHANCE = tuple(word for name in _UNUSED for word in ("-p", f"no:{name}"))
_PERSONAL = ("QCHANNEL_", "QISKIT_IBM_", "IQP_", "IBM_CLOUD_", "IBMCLOUD_", "PYTEST_ADDOPTS")
# Of the machine that runs these tests: pytest writes its short summary whole where they are set.
_MACHINE = ("CI", "BUILD_NUMBER", "GITHUB_", "GITLAB_")
_ACCOUNTS_MODULE = "qiskit_ibm_runtime.accounts.management"


class Run(Protocol):
    """Runs pytest over a project made of ``source`` and gives what it said."""

    def __call__(self, source: str, *args: str, conftest: str = "") -> pytest.RunResult:
        """``source`` is the test module (:func:`with_device`), ``args`` are pytest's."""


@pytest.fixture(autouse=True)
def _nothing_personal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential or setting of the person or the machine; the client's file put back."""
    for name in list(os.environ):
        if name.startswith((*_PERSONAL, *_MACHINE)) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    # Two runs of a test within a second write sources of one size and one time: no stale bytecode.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    accounts = sys.modules[_ACCOUNTS_MODULE]
    monkeypatch.setattr(
        accounts, "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE", accounts._DEFAULT_ACCOUNT_CONFIG_JSON_FILE
    )


def _run_by(start: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> Run:
    def run_project(source: str, *args: str, conftest: str = "") -> pytest.RunResult:
        pytester.makepyfile(test_it=with_device(source))
        if conftest:
            pytester.makeconftest(conftest)
        return start(*NO_CHANCE, *args)

    return run_project


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs a project in this process."""
    return _run_by(pytester.runpytest_inprocess, pytester)


@pytest.fixture
def run_apart(pytester: pytest.Pytester) -> Run:
    """Runs a project in a process of its own, as a person does; slower."""
    return _run_by(pytester.runpytest_subprocess, pytester)
