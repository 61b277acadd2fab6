"""``qchannel_accounts``: saved accounts of the test's own, and the client's precedence rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugin.lane_kit import RECORD

USE = """
    import json
    import os

    from qiskit_ibm_runtime import QiskitRuntimeService
"""


def test_there_are_none_at_first_and_no_credentials_of_the_clients_own(run: Any) -> None:
    result = run(
        USE
        + """
    import pytest

    def test_a(qchannel_accounts):
        assert qchannel_accounts.saved() == {}
        assert not qchannel_accounts.path.exists()
        assert QiskitRuntimeService.saved_accounts() == {}
        assert not [name for name in os.environ if name.startswith("QISKIT_IBM_")]
        with pytest.raises(Exception, match="[Uu]nable to find account"):
            QiskitRuntimeService()
    """
    )
    result.assert_outcomes(passed=1)


def test_two_named_accounts_and_a_default(run: Any) -> None:
    result = run(
        USE
        + """
    def test_a(qchannel_accounts, qchannel_emulator):
        qchannel_accounts.save("ibm_cloud", name="one")
        first = qchannel_accounts.saved()["one"]
        other = first["instance"].replace(first["instance"].split(":")[7], "0" * 8)
        qchannel_accounts.save("ibm_cloud", name="two", set_as_default=True)
        assert set(QiskitRuntimeService.saved_accounts()) == {"one", "two"}
        assert set(json.loads(qchannel_accounts.path.read_text())) == {"one", "two"}
        assert qchannel_accounts.saved()["two"]["is_default_account"] is True
        assert "emulated" in first["token"]
        service = QiskitRuntimeService(name="one")
        assert service.active_account()["instance"] == first["instance"]
        assert QiskitRuntimeService().channel == "ibm_cloud"
    """
    )
    result.assert_outcomes(passed=1)


def test_the_precedence_of_the_client_name_default_environment(run: Any) -> None:
    """A name wins over the default account; the variables win over the file."""
    result = run(
        USE
        + """
    def test_a(qchannel_accounts, qchannel):
        instances = [one.id for one in qchannel.instances]
        qchannel_accounts.save("ibm_cloud", name="eu", instance=instances[1])
        qchannel_accounts.save("ibm_cloud", name="us", instance=instances[0], set_as_default=True)

        def used(**arguments):
            return QiskitRuntimeService(**arguments).active_account()["instance"]

        assert used() == instances[0]
        assert used(name="eu") == instances[1]
        os.environ.update(
            QISKIT_IBM_CHANNEL="ibm_cloud",
            QISKIT_IBM_TOKEN=qchannel.account.secret.reveal(),
            QISKIT_IBM_INSTANCE=instances[1],
        )
        assert used() == instances[1]
        assert used(name="us") == instances[0]
    """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "arguments", ["qchannel_accounts, qchannel", "qchannel, qchannel_accounts"]
)
def test_the_file_decides_whatever_the_order_of_the_arguments(run: Any, arguments: str) -> None:
    """What the user saw: with ``qchannel`` named last, the saved account was not looked at."""
    result = run(
        f"""
        import os

        def test_a({arguments}):
            assert qchannel.channel.name == "ibm_cloud"
            assert not [name for name in os.environ if name.startswith("QISKIT_IBM_")]
        """,
        "--qchannel-channel=ibm_cloud",
    )
    result.assert_outcomes(passed=1)


def test_an_unknown_channel_is_refused(run: Any) -> None:
    result = run("def test_a(qchannel_accounts): qchannel_accounts.save('ibm_clod')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *UsageProblem: 'ibm_clod' is no channel",
            "E *next: use one of ibm_quantum_platform, ibm_cloud, ibm_quantum",
        ]
    )


def test_the_home_of_the_person_is_never_touched(
    run_apart: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, where the client is loaded before, in and after the tests."""
    home = pytester.mkdir("person")
    mine = home / ".qiskit" / "qiskit-ibm.json"
    mine.parent.mkdir()
    mine.write_text(
        json.dumps({"mine": {"channel": "ibm_cloud", "token": "my-real-token", "instance": "x"}}),
        encoding="utf-8",
    )
    before = (mine.read_bytes(), mine.stat().st_mtime_ns, sorted(mine.parent.iterdir()))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    result = run_apart(
        """
        from pathlib import Path

        def test_first_to_import(qchannel_accounts):
            from qiskit_ibm_runtime import QiskitRuntimeService

            qchannel_accounts.save("ibm_cloud", name="emulated", set_as_default=True)
            assert list(QiskitRuntimeService.saved_accounts()) == ["emulated"]
            assert Path.home() != Path(HOME)

        def test_without_our_fixtures():
            from qiskit_ibm_runtime import QiskitRuntimeService

            assert list(QiskitRuntimeService.saved_accounts()) == ["mine"]
            assert Path.home() == Path(HOME)

        def test_loaded_before(qchannel):
            from qiskit_ibm_runtime import QiskitRuntimeService

            assert QiskitRuntimeService.saved_accounts() == {}
            QiskitRuntimeService.save_account(
                channel="ibm_cloud", token="x" * 44, instance="y", overwrite=True
            )
            QiskitRuntimeService.delete_account(channel="ibm_cloud")

        def test_at_the_end():
            from qiskit_ibm_runtime import QiskitRuntimeService

            assert list(QiskitRuntimeService.saved_accounts()) == ["mine"]
        """.replace("HOME)", f"{str(home)!r})")
    )
    result.assert_outcomes(passed=4)
    assert (mine.read_bytes(), mine.stat().st_mtime_ns, sorted(mine.parent.iterdir())) == before


def test_a_service_asked_for_later_leaves_the_variables_unset(run: Any) -> None:
    """``test_a(qchannel_accounts, ibm_cloud_service)`` found QISKIT_IBM_TOKEN set again."""
    result = run(
        """
        import os

        def test_a(qchannel_accounts, ibm_cloud_service):
            assert not [name for name in os.environ if name.startswith("QISKIT_IBM_")]

        def test_b(ibm_cloud_service):
            assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
        """
    )
    result.assert_outcomes(passed=2)


def test_a_test_of_saved_accounts_is_recorded_and_replayed(run: Any) -> None:
    """It was recorded, and its replay said: "the cassette has no account for the channel"."""
    source = (
        USE
        + """
    import pytest

    @pytest.mark.vcr
    def test_a(qchannel_accounts):
        qchannel_accounts.save("ibm_cloud", name="mine")
        assert QiskitRuntimeService(name="mine").backends()
    """
    )
    run(source, *RECORD).assert_outcomes(passed=1)
    run(source).assert_outcomes(passed=1)
