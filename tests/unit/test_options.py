"""Which names may be meant to be ours: a wrong guess breaks a suite that never uses us."""

from __future__ import annotations

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.markers import is_mistyped
from pytest_qchannel.options import may_be_meant
from pytest_qchannel.settings import check_arguments, check_key, check_variables

_TEXT = """
qa_ibm_cloud_token qml_ibm_cloud_token qa_allowed_hosts qlab_allowed_hosts qa_queue_timeout
qe_queue_timeout qa_everywhere q_channel_id qa_channel qa_channel_key qa_channel_secret
qa_channel_report qa_channel_mode qchem_report qa_instance qa_summary qe_instance qe_allowed_hosts
qa_cassettes qa_max_age qa_live_jobs q_everywhere q_allowed_hosts q_ibm_cloud_token
q_queue_timeout q_channels q_channel_secret q_channel_name q_channel_url_report qc_channel_mode
qe_channel_mode qml_channel_report qbraid_channel_mode qr_channel_report qlik_channel_instance
qcs_ibm_cloud_instance qpu_ibm_cloud_token qctrl_ibm_cloud_token qctrl_channel_mode
qnexus_ibm_cloud_token qaas_allowed_hosts qhub_live_backends qbench_budget qchain_mode
qchain_report qchange_report qchart_mode qchat_channel_mode qpanel_summary qkernel_mode
qmanager_report qcheck_mode qcluster_instance qcache_max_age qconsole_report qpannel_mode
qunnel_mode qtunnel_mode qiskit_ibm_instance qiskit_channel_mode quantum_channel_mode
qchan_mode qch_report qcnl_report q_mode qmode quote-style qt_api
channel_mode my_qchannel_mode
"""
OF_OTHERS = _TEXT.split()


def test_a_name_of_somebody_else_is_none_of_our_business() -> None:
    """Projects that never use us ended with exit 4: the long end of a name decided whose it is."""
    flags = [f"--{name.replace('_', '-')}" for name in OF_OTHERS]
    check_variables(dict.fromkeys(map(str.upper, OF_OTHERS), "1"))
    check_arguments([*flags, *(f"{flag}=x" for flag in flags), *(f"--{one}" for one in OF_OTHERS)])
    for name in (*OF_OTHERS, *(flag[2:] for flag in flags)):
        check_key(name, "pytest.ini")
    markers = set(OF_OTHERS) - {"q_channels"}  # as a marker that is close to qchannel itself
    assert [name for name in markers if is_mistyped(name, ())] == []


WRONG_STARTS = (
    "qchanel", "qhannel", "qchannels", "qchannnel", "qchanle", "qcahnnel", "qchennel", "qchannl",
    "q_channel",
)  # fmt: skip


@pytest.mark.parametrize("start", WRONG_STARTS)
def test_a_mistyped_start_is_meant_to_be_ours(start: str) -> None:
    name = f"{start}_mode"
    flag = f"--{name.replace('_', '-')}"
    with pytest.raises(UsageProblem) as caught:
        check_variables({name.upper(): "1"})
    assert caught.value.closest == "QCHANNEL_MODE"
    with pytest.raises(UsageProblem) as caught:
        check_key(name, "pytest.ini")
    assert caught.value.closest == "qchannel_mode"
    with pytest.raises(UsageProblem) as caught:
        check_arguments([f"{flag}=live"])
    assert caught.value.closest == "--qchannel-mode"
    assert is_mistyped(start, ())
    assert may_be_meant([name.upper()], (), ())
    assert may_be_meant((), [flag], ())
    assert may_be_meant((), [f"-o{name}=live"], ())
    assert may_be_meant((), (), [f'[pytest]\n"{name}" = "live"'])


def test_what_begins_with_our_name_is_ours_to_the_letter() -> None:
    with pytest.raises(UsageProblem):
        check_variables({"QCHANNEL_X": "1"})
    for key in ("qchannel_x", "qchannelx"):
        with pytest.raises(UsageProblem):
            check_key(key, "pytest.ini")
    with pytest.raises(UsageProblem):
        check_arguments(["--qchannel-x"])
    assert is_mistyped("qchannel_x", ())
    assert is_mistyped("qchannel_qpu", ())


def test_a_variable_or_marker_in_two_words_is_ours_with_one_of_our_names_only() -> None:
    with pytest.raises(UsageProblem):
        check_variables({"Q_CHANNEL_IBM_CLOUD_TOKEN": "1"})
    assert is_mistyped("q_channel_fault", ())
    assert not is_mistyped("q_channel_slow", ())
    for name in ("live_gpu", "no_live_qpu", "live_qps"):
        assert not is_mistyped(name, ())


def test_nothing_behind_two_dashes_is_an_option() -> None:
    args = ["--", "--qchanel-mode=live", "--qchannel-moed"]
    check_arguments(args)
    assert not may_be_meant((), args, ())


def test_names_of_others_do_not_even_have_us_look_closer() -> None:
    """Each run of theirs would load what checks the settings."""
    names = ["qa_allowed_hosts", "qml_ibm_cloud_token", "qiskit_ibm_token", "qt_api", "quick_mode"]
    flags = [f"--{name.replace('_', '-')}=1" for name in names]
    ini = "".join(f"{name} = 1\n" for name in names)
    assert not may_be_meant(map(str.upper, names), flags, [ini])


def test_a_name_without_a_setting_and_a_variable_in_small_letters_are_of_others() -> None:
    check_variables({"QCHANNEL": "1", "QCHANNELS": "1", "qchanel_mode": "1", "qchannel_mode": "1"})
    check_arguments(["--qchanel", "--qchannls=3"])


@pytest.mark.parametrize(
    ("rest", "closest"),
    [
        ("xyz", None), ("x", None), ("sede", "seed"), ("record", "record_from"),
        ("world_file", "world"), ("ibm_cloud", None),
    ],
)  # fmt: skip
def test_only_what_is_close_is_suggested(rest: str, closest: str | None) -> None:
    """Who wrote ``qchannel_xyz`` was told that ``qchannel_seed`` is closest: both are ours."""
    flag, key, variable = (
        start + rest.replace("_", start[-1]) for start in ("--qchannel-", "qchannel_", "QCHANNEL_")
    )
    with pytest.raises(UsageProblem) as caught:
        check_key(key, "pytest.ini")
    assert caught.value.closest == (closest and f"qchannel_{closest}")
    with pytest.raises(UsageProblem) as caught:
        check_arguments([f"{flag}=1"])
    assert caught.value.closest == (closest and f"--qchannel-{closest.replace('_', '-')}")
    with pytest.raises(UsageProblem) as caught:
        check_variables({variable.upper(): "1"})
    if rest != "ibm_cloud":  # its variables have names of their own
        assert caught.value.closest == (closest and f"QCHANNEL_{closest.upper()}")
