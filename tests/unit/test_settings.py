"""The ladder, the parsers and what they refuse, without pytest's help."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import (
    CHANNELS,
    OPTIONS,
    Door,
    Mode,
    Source,
    check_variables,
    resolve,
)


def settle(
    line: dict[str, str | None] | None = None,
    marker: dict[str, str | None] | None = None,
    environ: dict[str, str] | None = None,
    ini: dict[str, str | None] | None = None,
) -> Any:
    return resolve(line or {}, marker or {}, environ or {}, ini or {})


def test_defaults_are_the_emulator_and_the_channel_of_the_client() -> None:
    settings = settle()
    assert settings.mode is Mode.AUTO
    assert settings.channel == ()
    assert settings.seed == 0
    assert settings.allowed_hosts == ()
    assert set(settings.origin.values()) == {"default"}


def test_each_rung_beats_those_below() -> None:
    sources: list[dict[str, Any]] = [
        {"line": {"seed": "1"}},
        {"marker": {"seed": "2"}},
        {"environ": {"QCHANNEL_SEED": "3"}},
        {"ini": {"seed": "4"}},
    ]
    origins = [
        "--qchannel-seed",
        "the qchannel marker",
        "QCHANNEL_SEED",
        "qchannel_seed in the ini file",
    ]
    for top, origin in enumerate(origins):
        given = {name: value for source in sources[top:] for name, value in source.items()}
        settings = settle(**given)
        assert (settings.seed, settings.origin["seed"]) == (top + 1, origin)


def test_settings_cannot_be_changed() -> None:
    settings = settle()
    with pytest.raises(AttributeError):
        settings.seed = 2
    with pytest.raises(TypeError):
        settings.origin["seed"] = "me"


def test_empty_variable_counts_as_unset() -> None:
    """``QCHANNEL_SEED= pytest`` was a usage error."""
    settings = settle(environ={"QCHANNEL_SEED": ""}, ini={"seed": "7"})
    assert (settings.seed, settings.origin["seed"]) == (7, "qchannel_seed in the ini file")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_flag_variable_and_key_are_derived_from_the_name(option: Any) -> None:
    assert option.flag == "--qchannel-" + option.name.replace("_", "-")
    assert option.env_var == "QCHANNEL_" + option.name.upper()
    assert option.ini_key == "qchannel_" + option.name
    assert option.help


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("auto", ()),
        ("ibm_cloud", ("ibm_cloud",)),
        (" ibm_quantum , ibm_cloud ", ("ibm_quantum", "ibm_cloud")),
        ("ibm_cloud,ibm_cloud", ("ibm_cloud",)),
        (",".join(CHANNELS), CHANNELS),
    ],
)
def test_channels_are_a_list_without_repetitions(text: str, channels: tuple[str, ...]) -> None:
    assert settle(line={"channel": text}).channel == channels


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        (" A.example , ,b-c_d.example.", ("a.example", "b-c_d.example")),
        ("notibm.com", ("notibm.com",)),
        ("10.0.0.1", ("10.0.0.1",)),
    ],
)
def test_hosts_are_lower_case_names(text: str, hosts: tuple[str, ...]) -> None:
    assert settle(line={"allowed_hosts": text}).allowed_hosts == hosts


@pytest.mark.parametrize(
    ("name", "text", "headline", "closest"),
    [
        ("mode", "emulatd", "'emulatd' is no mode", "emulated"),
        ("mode", "zzz", "'zzz' is no mode", None),
        ("mode", "lives", "'lives' is no mode", "live"),
        ("budget", "-1", "'-1' is no budget", None),
        ("budget", "nan", "'nan' is no budget", None),
        ("budget", "dri", "'dri' is no budget", None),
        ("budget", ".", "'.' is no budget", None),
        ("budget", "1e999", "'1e999' is no budget", None),
        ("budget", "5 s", "'5 s' is no budget", None),
        ("live_jobs", "0", "'0' is no count", None),
        ("queue_timeout", "", "'' is no number of seconds", None),
        ("live_backends", "ibm fez", "'ibm fez' is no name of a device", None),
        ("record_from", "lif", "'lif' is no source of recordings", "live"),
        ("record_from", "emulated", "'emulated' is no source of recordings", "emulator"),
        ("max_age", "0", "'0' is no number of days", None),
        ("max_age", "soon", "'soon' is no number of days", None),
        ("channel", "ibm_clod", "'ibm_clod' is no channel", "ibm_cloud"),
        ("channel", "auto,ibm_cloud", "'auto' is no channel", None),
        ("seed", "-3", "'-3' is no seed", None),
        ("keep", ",", "',' names nothing", None),
        ("keep", "crn:v1:x", "'crn:v1:x' is no name of an instance", None),
        ("allowed_hosts", " , ,", "' , ,' names nothing", None),
        ("allowed_hosts", "http://x", "'http://x' is no host name", None),
        ("allowed_hosts", "a.IBM.com", "'a.ibm.com' is IBM's: this lane never reaches it", None),
    ],
)
def test_bad_values_name_source_and_nearest_word(
    name: str, text: str, headline: str, closest: str | None
) -> None:
    with pytest.raises(UsageProblem) as caught:
        settle(ini={name: text})
    assert caught.value.headline == f"qchannel_{name} in the ini file: {headline}"
    assert caught.value.closest == closest
    assert caught.value.next is not None
    assert caught.value.next.startswith("set it to ")


def test_a_bad_value_on_a_lower_rung_is_not_looked_at() -> None:
    assert settle(line={"seed": "1"}, ini={"seed": "x"}).seed == 1


def test_known_variables_pass() -> None:
    check_variables({"PATH": "x", "QCHANNEL_MODE": "y", "QCHANNEL_IBM_CLOUD_TOKEN": "z"})


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("QCHANNEL_MOED", "QCHANNEL_MODE"),
        ("QCHANNEL_IBM_CLOD_TOKEN", "QCHANNEL_IBM_CLOUD_TOKEN"),
        ("QCHANNEL_ALLOWED_HOST", "QCHANNEL_ALLOWED_HOSTS"),
    ],
)
def test_unknown_variables_name_the_nearest_and_never_a_value(name: str, closest: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        check_variables({name: "s3cret"})
    assert name in caught.value.headline
    assert caught.value.closest == closest
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"), [("mode", Mode), ("door", Door), ("record_from", Source)]
)
def test_the_help_of_a_choice_names_each_of_it(name: str, kind: type[StrEnum]) -> None:
    [told] = [option.help for option in OPTIONS if option.name == name]
    places = [told.find(word) for word in kind]
    assert -1 not in places, "each word of modes.py is in the help of options.py"
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["seed", "live_jobs", "max_age", "world", "cassettes"])
def test_a_value_that_is_far_too_long_is_told_in_short(name: str) -> None:
    """A run ended with INTERNALERROR: Python reads neither 5,000 digits nor such a path."""
    with pytest.raises(UsageProblem) as caught:
        settle(environ={f"QCHANNEL_{name.upper()}": "9" * 5_000})
    assert len(str(caught.value)) < 400
    assert caught.value.next
