"""Every setting, declared once: option, ini key, variable, help and the README's table follow.

This module is loaded by every pytest run of everybody who installed the package. What a setting's
text means is in :mod:`.settings`, which is loaded where somebody set one, or a test uses us, with
the choices of few words in :mod:`.modes`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from itertools import takewhile
from typing import Final, Literal, TypeAlias, get_args

from pytest_qchannel.errors import nearest

__all__ = [
    "CHANNELS",
    "ENV_PREFIX",
    "OPTIONS",
    "OPTION_BY_NAME",
    "REPORTS",
    "SCOPES",
    "UNKNOWN_ROUTES",
    "Option",
    "Scope",
    "closest_of",
    "is_meant",
    "may_be_meant",
    "names_a_lane",
    "options_in",
]

CHANNELS: Final = ("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")

ENV_PREFIX: Final = "QCHANNEL_"

_MEANT: Final = r"(?i:q(?!u|t|iskit)[_-]?[^\W_]{5,})"
"""How a name begins that may be meant to be one of ours: the others are spared the comparison.

Many projects have ``quote-style``, ``qt_api`` or ``qiskit-ibm-runtime`` in the same file. (Compiled
by the first name or file that has a ``q`` where we have one: a run of somebody else has none.)
"""

_IN_FILE: Final = rf"(?<![\w-])(?:-o)?{_MEANT}[\w-]*[\"']?\s*[=:]"
"""What an ini file, or ``-o``, has in it with a setting of ours, or with a mistyped one."""

Scope: TypeAlias = Literal["function", "class", "module", "package", "session"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""How long the fixtures may live, the shortest first."""

REPORTS: Final = (".json", ".html")
"""How the name of a report ends, which says what it is."""

UNKNOWN_ROUTES: Final = ("gap", "404")
"""What a path of an emulated host gets that is no route: a gap of the emulator, or a refusal."""


class Option:
    """One setting; no dataclass, since each run of everybody would generate it anew.

    Attributes:
        metavar: The kind of its value. A switch has none: on the command line it is ``1``.
        is_told: Whether the header of a run tells it even where nobody set it.
    """

    def __init__(
        self,
        name: str,
        default: str,
        metavar: str,
        help: str,  # noqa: A002 - as argparse has it
        *,
        is_told: bool = False,
    ) -> None:
        self.name = name
        self.default = default
        self.metavar = metavar
        self.help = help
        self.is_told = is_told

    @property
    def is_switch(self) -> bool:
        """Whether it is given without a value on the command line."""
        return not self.metavar

    @property
    def flag(self) -> str:
        """The command line option."""
        return f"--qchannel-{self.name.replace('_', '-')}"

    @property
    def env_var(self) -> str:
        """The environment variable."""
        return ENV_PREFIX + self.name.upper()

    @property
    def ini_key(self) -> str:
        """The key in the ini file."""
        return f"qchannel_{self.name}"


OPTIONS: Final = (
    Option(
        "mode",
        "auto",
        "MODE",
        "where answers come from: auto, emulated, replay, record, live; with auto tests marked vcr "
        "replay, and others are emulated, and live is the real services",
        is_told=True,
    ),
    Option(
        "channel",
        "auto",
        "NAMES",
        "the channels that tests run on, a comma list of "
        f"{', '.join(CHANNELS)}; auto is the default channel of the installed client",
        is_told=True,
    ),
    Option(
        "instance",
        "",
        "TEXT",
        "the instance that tests log in with, its name or CRN; without one the account's first",
    ),
    Option(
        "saved_accounts",
        "",
        "SAVED",
        "names that the account is saved under in tests and runs that are not live, a comma list: "
        "those that QiskitRuntimeService(name=...) asks for",
    ),
    Option("seed", "0", "N", "fixes job ids and counts of the emulator", is_told=True),
    Option(
        "allowed_hosts",
        "",
        "HOSTS",
        "hosts beside loopback that tests with these fixtures may reach, a comma list",
    ),
    Option(
        "everywhere",
        "0",
        "",
        "put the whole process on the emulator, from before collection to the end of the run",
    ),
    Option(
        "scope",
        "function",
        "SCOPE",
        f"how long the fixtures, their world and their cassette live: {', '.join(SCOPES)}",
    ),
    Option(
        "world",
        "",
        "FILE",
        "the TOML file that describes the emulated world, from rootdir on in an ini file, else "
        "from the working directory on; without one there is a default world",
    ),
    Option(
        "door",
        "in-process",
        "DOOR",
        "how requests get to the emulator: in-process, for what speaks through requests, or "
        "loopback, a server on 127.0.0.1, for httpx, aiohttp and others, too",
    ),
    Option(
        "unknown_routes",
        "gap",
        "ANSWER",
        "what the emulator answers where it has no route: gap, which fails the test, or 404, as a "
        "service does to a misspelt path",
    ),
    Option(
        "record_from",
        "",
        "SOURCE",
        "what the record lane records: emulator, live",
    ),
    Option(
        "cassettes",
        "cassettes",
        "DIR",
        "the folder of all cassettes, from the folder of the ini file (rootdir) on; "
        "without an ini file, from the working directory on. {client} in it is the installed "
        "version of qiskit-ibm-runtime, {channel} the channel of a test",
    ),
    Option(
        "only_stale",
        "0",
        "",
        "with the mode record: record only where a cassette is missing, damaged, older than the "
        "maximum age, or does not fit the test; others are replayed and stay",
    ),
    Option(
        "keep",
        "",
        "WORDS",
        "names of instances that recordings keep, a comma list: those of an emulated world stay "
        "anyway, others become stand-ins, which a test that writes the name does not find",
    ),
    Option(
        "max_age",
        "",
        "DAYS",
        "a cassette that is older fails its test",
    ),
    Option(
        "secrets",
        "",
        "FILE",
        "a dotenv file with the credentials of the live lane, of which git knows nothing and that "
        "nobody else may read; what the environment has goes first",
    ),
    Option(
        "budget",
        "0",
        "BUDGET",
        "what a live run may cost: 0, nothing is submitted; dry, jobs go to the mock device beside "
        "the real one; or a number of QPU seconds",
    ),
    Option(
        "budget_28d",
        "",
        "SECONDS",
        "the QPU seconds that all runs of the last 28 days may cost together, by what the service "
        "says of their jobs",
    ),
    Option(
        "live_backends",
        "",
        "DEVICES",
        "the devices that a live run may use, a comma list; without it all of the instance's",
    ),
    Option(
        "live_instances",
        "",
        "INSTANCES",
        "the instances that a live run may use, their names or CRNs, a comma list; without it the "
        "one that the environment names",
    ),
    Option("live_jobs", "1", "COUNT", "the jobs of a live run that are not finished, at most"),
    Option(
        "queue_timeout",
        "900",
        "TIMEOUT",
        "how long a live job may wait to be run; then it is cancelled",
    ),
    Option(
        "sweep_timeout",
        "60",
        "TIMEOUT",
        "how long the end of a live run may take to cancel what is left; after a signal it is 5",
    ),
    Option("require_live", "0", "", "fail a run in which no test ran live"),
    Option(
        "live_strict",
        "0",
        "",
        "fail live tests that are skipped else: for want of budget, in a queue that is too long, "
        "or with a service that is down",
    ),
    Option(
        "strict_cassettes",
        "0",
        "",
        "fail the run if there are cassettes that no test uses",
    ),
    Option(
        "report",
        "",
        "REPORTS",
        f"files that a report of the run is written to, a comma list: {', '.join(REPORTS)}; from "
        "rootdir on in an ini file, else from the working directory on",
    ),
    Option(
        "summary",
        "",
        "FILE",
        "the file that the summary is written to, in Markdown, as the page of a step in GitHub "
        "Actions has it anyway",
    ),
)

OPTION_BY_NAME: Final = {option.name: option for option in OPTIONS}


def is_meant(name: str, rests: Container[str]) -> bool:
    """Whether a name is meant to be one of ours, though its ``qchannel`` may be mistyped.

    The words in which it says whose it is decide: ``QA_ALLOWED_HOSTS`` is as long as ours, and of
    somebody else. In two words, ``q_channel``, they are ours only before the rest of a name of
    ours: ``Q_CHANNEL_ID`` is the channel of somebody's Q.

    Args:
        name: A variable, ini key or marker, or an option without its dashes.
        rests: What follows ``qchannel_`` in such names of ours; ``""`` where nothing may.
    """
    if not _begins_as_ours(name):
        return False
    whose, rest, is_split = _parts(name)
    is_ours = rest in rests if is_split else bool(rest) or "" in rests
    return is_ours and (
        set(whose) == set("qchannel") or nearest(whose, ("qchannel",), likeness=0.85) is not None
    )


def _parts(name: str) -> tuple[str, str, bool]:
    """Whose a name says that it is, what follows that, and whether the first is in two words."""
    whose, *words = re.split("[_-]", name.lower().lstrip("-"))
    is_split = whose == "q" and bool(words)
    if is_split:
        whose += words.pop(0)
    return whose, "_".join(words), is_split


def closest_of(name: str, known: Iterable[str]) -> str | None:
    """The name of ours that is most likely meant, or ``None`` where none is close.

    What follows ``qchannel`` decides, which all of them have in common.

    Args:
        name: A variable, ini key or option that is meant to be one of ours.
        known: Those that there are.
    """
    by_rest = {_parts(one)[1]: one for one in known}
    whose, rest, _ = _parts(name)
    close = nearest(rest or whose.removeprefix("qchannel"), by_rest, likeness=0.6)
    return by_rest[close] if close else None


def options_in(args: Iterable[str]) -> Iterator[str]:
    """The options of a command line, with their values: behind ``--`` there are none."""
    before = takewhile(lambda one: one != "--", args)
    return (one for one in before if one.startswith("--"))


def may_be_meant(variables: Iterable[str], args: Iterable[str], texts: Iterable[str]) -> bool:
    """Whether a setting of ours, mistyped ones included, may be among what is set.

    Args:
        variables: Names of the environment.
        args: The command line.
        texts: Ini files, and what ``-o`` says in their place.
    """
    args = tuple(args)
    names = (*variables, *(one.removeprefix("--") for one in options_in(args)))
    return any(map(_begins_as_ours, names)) or any(
        re.search(_IN_FILE, text) for text in (*texts, *args) if "q" in text or "Q" in text
    )


def _begins_as_ours(name: str) -> bool:
    return name.startswith(("q", "Q")) and re.match(_MEANT, name) is not None


def names_a_lane(command_line: object) -> bool:
    """Whether the command line of a run says where its answers come from: it is meant to use us.

    Args:
        command_line: What was read of it.
    """
    given = (getattr(command_line, f"qchannel_{name}", None) for name in ("mode", "record_from"))
    return any(one not in (None, "auto") for one in given)
