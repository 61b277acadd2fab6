"""HOME, variables and the client's account file belong to the test, and are given back."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from requests.utils import should_bypass_proxies

from pytest_qchannel.channels.environment import account_file, isolated_environment

CONSTANT = "_DEFAULT_ACCOUNT_CONFIG_JSON_FILE"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_home_and_variables_inside_and_all_as_before_outside(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAM_URL", "https://example.org")
    monkeypatch.setenv("QISKIT_IBM_URL", "https://example.org")
    monkeypatch.setenv("KEPT", "kept")
    before = dict(os.environ)
    with isolated_environment(home, {"MINE": "1", "KEPT": "changed"}):
        assert Path.home() == home
        assert os.environ["USERPROFILE"] == str(home)
        assert (os.environ["MINE"], os.environ["KEPT"]) == ("1", "changed")
        assert "IAM_URL" not in os.environ
        assert "QISKIT_IBM_URL" not in os.environ
        os.environ["LEFT_BEHIND"] = "1"
        del os.environ["KEPT"]
    assert dict(os.environ) == before


def test_the_account_file_of_a_client_that_is_loaded_already(home: Path) -> None:
    from qiskit_ibm_runtime.accounts import management

    before = getattr(management, CONSTANT)
    with isolated_environment(home, {}):
        assert getattr(management, CONSTANT) == str(account_file(home))
        management.AccountManager.save(
            channel="ibm_cloud", token="t" * 44, instance="mine", overwrite=True
        )
        assert account_file(home).exists()
    assert getattr(management, CONSTANT) == before
    assert Path(before) != account_file(home)


def test_everything_is_given_back_after_an_exception(home: Path) -> None:
    from qiskit_ibm_runtime.accounts import management

    before, constant = dict(os.environ), getattr(management, CONSTANT)

    def work() -> None:
        with isolated_environment(home, {"MINE": "1"}):
            os.environ["LEFT_BEHIND"] = "1"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert dict(os.environ) == before
    assert getattr(management, CONSTANT) == constant


@pytest.mark.parametrize(
    ("own", "inside"),
    [
        ({}, ".ibm.com"),
        ({"no_proxy": "a.example,b.example"}, "a.example,b.example,.ibm.com"),
        ({"NO_PROXY": "a.example"}, "a.example,.ibm.com"),
        ({"no_proxy": ".ibm.com,a.example"}, ".ibm.com,a.example"),
    ],
    ids=["none", "lower", "upper", "there"],
)
def test_no_proxy_is_looked_for_on_the_way_to_ibm(
    home: Path, monkeypatch: pytest.MonkeyPatch, own: dict[str, str], inside: str
) -> None:
    """``requests`` searched the whole environment twice for each request, for none."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, text in own.items():
        monkeypatch.setenv(name, text)
    with isolated_environment(home, {}):
        assert os.environ["no_proxy"] == inside
        assert should_bypass_proxies("https://quantum.cloud.ibm.com/api/v1", None)
        assert not should_bypass_proxies("https://notibm.com", None)
    assert {name: os.environ.get(name) for name in own} == own


def test_one_inside_another(tmp_path: Path) -> None:
    with isolated_environment(tmp_path / "a", {"X": "a"}):
        with isolated_environment(tmp_path / "b", {"X": "b"}):
            assert (Path.home(), os.environ["X"]) == (tmp_path / "b", "b")
        assert (Path.home(), os.environ["X"]) == (tmp_path / "a", "a")


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True], ids=["left well", "left by an exception"])
def test_a_client_that_is_first_loaded_inside(tmp_path: Path, fails: bool) -> None:
    """The client works out the path at import: without care it would be the test's for ever."""
    script = f"""
        import contextlib, os, sys
        from pathlib import Path
        from pytest_qchannel.channels.environment import isolated_environment

        inside = Path({str(tmp_path / "inside")!r})
        module = "qiskit_ibm_runtime.accounts.management"
        assert module not in sys.modules
        with contextlib.suppress(ZeroDivisionError), isolated_environment(inside, {{}}):
            import qiskit_ibm_runtime
            print(sys.modules[module].{CONSTANT})
            if {fails}:
                raise ZeroDivisionError
        print(sys.modules[module].{CONSTANT})
        print(os.environ["HOME"])
    """
    real = tmp_path / "real"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "HOME": str(real), "USERPROFILE": str(real)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        str(account_file(tmp_path / "inside")),
        str(account_file(real)),
        str(real),
    ]
