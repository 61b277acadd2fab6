"""Writes the generated parts of the docs: settings, fixtures, routes, worlds, levers, faults.

``python docs/generate.py`` writes them; with ``--check`` it only says whether they are up to date.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # for a run as a script, from anywhere

from docs import reference  # noqa: E402
from docs.errors import errors  # noqa: E402
from docs.fault_words import tables as fault_tables  # noqa: E402
from docs.offers import offers, rows_of  # noqa: E402
from docs.scrubbing import render  # noqa: E402
from docs.world_keys import tables as world_tables  # noqa: E402
from pytest_qchannel.cli.doctor import CHECKS  # noqa: E402
from pytest_qchannel.cli.group import Group, every  # noqa: E402
from pytest_qchannel.cli.main import main as qchannel  # noqa: E402
from pytest_qchannel.emulator.api.refusals import Known, Refusal  # noqa: E402
from pytest_qchannel.emulator.control import EmulatorControl  # noqa: E402
from pytest_qchannel.emulator.programs.outcome import FailureCode  # noqa: E402
from pytest_qchannel.emulator.world.clock import Clock  # noqa: E402
from pytest_qchannel.emulator.worlds.default_world import FLEETS, default_world  # noqa: E402
from pytest_qchannel.hosts import HOSTS  # noqa: E402
from pytest_qchannel.ibm.route import HEAD_SOURCE, SOURCES, Route  # noqa: E402
from pytest_qchannel.ibm.table import ROUTES  # noqa: E402
from pytest_qchannel.options import OPTIONS  # noqa: E402

CONTRACT = json.loads((ROOT / "tests" / "data" / "contract.json").read_text(encoding="utf-8"))


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def settings() -> str:
    """The table of settings."""
    return table(
        ["option", "ini key", "variable", "default", "meaning"],
        [
            [
                f"`{option.flag}`",
                f"`{option.ini_key}`",
                f"`{option.env_var}`",
                f"`{option.default}`" if option.default else "none",
                option.help,
            ]
            for option in OPTIONS
        ],
    )


def routes() -> str:
    """Every route of every service, with its hosts, its statuses, and who says so."""
    parts = [
        "`HEAD` is answered wherever `GET` is, with its status and headers and no body "
        f"({HEAD_SOURCE}). IAM answers other methods than `POST` with 405 and `BXNIM0060E` (O)."
    ]
    for service, lines in ROUTES.items():
        bases = [f"`https://{host.name}{host.base}`" for host in HOSTS if host.service == service]
        rows = [
            [f"`{one.method}`", f"`{one.rule}`", one.credential, statuses(one), one.source]
            for one in lines
        ]
        parts.append(
            f"### {service}\n\nBelow {', '.join(bases)}:\n\n"
            + table(["method", "path", "credential", "answers", "source of the route"], rows)
        )
    return "\n\n".join(parts)


def statuses(route: Route) -> str:
    """A route's statuses, each with the letter of its source; what was seen counts most."""
    documented = _documented(route) if route.service == "runtime" else frozenset()
    return ", ".join(
        f"{status} {'A' if status in documented and source != 'O' else source}"
        for status, source in route.answers.items()
    )


def _documented(route: Route) -> frozenset[int]:
    """The statuses that IBM's API description has for a route of the runtime service."""
    for known in CONTRACT["operations"].values():
        same_path = _shape(known["path"].removeprefix("/v1")) == _shape(route.rule)
        if known["service"] == "runtime" and known["method"] == route.method and same_path:
            success = 200 if known["response"] else 204
            return frozenset({success, *map(int, known["errors"])})
    return frozenset()


def _shape(path: str) -> str:
    """A path with its variables left blank."""
    return re.sub(r"[<{][^>}]+[>}]", "<>", path)


def sources() -> str:
    """What the letters behind the statuses mean."""
    return table(["letter", "who says so"], [[mark, text] for mark, text in SOURCES.items()])


def world() -> str:
    """The accounts and devices of the default world, for the installed client."""
    made = default_world(Clock(time.time))
    instances = [
        [
            account.name,
            f"`{instance.name}`",
            instance.plan.display_name,
            instance.region,
            str(len(instance.devices)),
        ]
        for account in made.accounts
        for instance in account.instances.values()
    ]
    return table(["account", "instance", "plan", "region", "devices"], instances)


def fleets() -> str:
    """The devices of the default world, for each age of the client."""
    parts: list[tuple[str, list[tuple[str, ...]]]] = [
        ("online in us-east, the third the least busy", [(*one.online,) for one in FLEETS]),
        ("offline", [(one.offline,) for one in FLEETS]),
        ("paused", [(one.paused,) for one in FLEETS]),
        ("on paid instances in us-east, too", [one.paid for one in FLEETS]),
        ("in eu-de", [one.eu_de for one in FLEETS]),
    ]
    rows = [
        [part, *(", ".join(f"`{name}`" for name in names) for names in fleets_of)]
        for part, fleets_of in parts
    ]
    return table(["", "newest client", "from 0.40", "from 0.34"], rows)


def levers() -> str:
    """What a test can do with ``qchannel_emulator``, or ask it."""
    return table(["lever", "what it gives or does"], rows_of(EmulatorControl))


def refusals() -> str:
    """The refusals whose words are the service's own."""
    known = [one for one in vars(Known).values() if isinstance(one, Refusal)]
    rows = [
        [f"{one.status}", f"{one.code}", f"`{one.message.format('...')}`", one.source]
        for one in sorted(known, key=lambda one: (one.status, str(one.code), one.message))
    ]
    return table(["status", "code", "message", "who says so"], rows)


def failures() -> str:
    """The codes that a failed job can have."""
    rows = [[str(int(code)), code.name.lower().replace("_", " ")] for code in FailureCode]
    return table(["reason_code", "what happened"], rows)


def observed() -> str:
    """How many rows the page of what was seen has, and how many of them a test holds."""
    text = (ROOT / "docs" / "observed.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| \d\.", line)]
    held = sum("::" in line for line in rows)
    return f"{len(rows)} rows: {held} with a test, {len(rows) - held} with a reason."


def exit_statuses() -> str:
    """How each command ends, as its help says."""
    assert isinstance(qchannel, Group)
    rows = []
    for name, command in every(qchannel):
        if not isinstance(command, Group):
            said = " ".join((command.help or "").partition("Ends with ")[2].split())
            rows.append([f"`{name}`", said.removeprefix("exit status ").rstrip(".")])
    return table(["command", "exit status"], rows)


def commands() -> str:
    """Each command: how it is called, what it does, its options, its example."""
    assert isinstance(qchannel, Group)
    parts = []
    for name, command in every(qchannel):
        if isinstance(command, Group):
            continue
        context = click.Context(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        options = [
            one.get_help_record(context) for one in command.params if isinstance(one, click.Option)
        ]
        rows = [
            [f"`{one[0]}`", " ".join(one[1].split()).replace("|", "\\|")] for one in options if one
        ]
        said = [" ".join(one.split()) for one in inspect.cleandoc(command.help or "").split("\n\n")]
        shown = (command.epilog or "").rpartition("\n")[2].strip()
        parts += [f"## {name}", f"`{name} {usage}`", *said, table(["option", "meaning"], rows)]
        parts.append(f"Example: `{shown}`")
    return "\n\n".join(parts)


def ci_file(name: str) -> str:
    """A file to copy, as a block of code."""
    text = (ROOT / "docs" / "ci" / f"{name}.yml").read_text(encoding="utf-8")
    return f"```yaml\n{text}```"


def checks() -> str:
    """What the doctor looks at."""
    return table(["id", "what holds"], [[f"`{one.id}`", one.title] for one in CHECKS])


GENERATED: dict[str, dict[str, Callable[[], str]]] = {
    "docs/settings.md": {"settings": settings},
    "docs/fixtures.md": {"fixtures": reference.fixtures, "offers": offers},
    "docs/markers.md": {"markers": reference.markers},
    "docs/assertions.md": {"assertions": reference.assertions},
    "docs/emulator.md": {
        "sources": sources,
        "routes": routes,
        "world": world,
        "fleets": fleets,
        "levers": levers,
        "refusals": refusals,
        "failures": failures,
    },
    "docs/ci.md": {name: functools.partial(ci_file, name) for name in ("github", "gitlab")},
    "docs/doctor.md": {"checks": checks},
    "docs/commands.md": {"commands": commands},
    "docs/errors.md": {"errors": errors},
    "docs/exit-codes.md": {"statuses": exit_statuses},
    "docs/observed.md": {"count": observed},
    "docs/faults.md": {name: functools.partial(str, text) for name, text in fault_tables().items()},
    "docs/world.md": {name: functools.partial(str, text) for name, text in world_tables().items()},
}


def filled(text: str, name: str, content: str) -> str:
    """The text with the part between the markers of ``name`` replaced."""
    pattern = re.compile(rf"(<!-- {name}:.*?-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    assert pattern.search(text), f"no markers for {name}"
    return pattern.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def stale() -> dict[Path, str]:
    """The files whose generated parts are out of date, with what they should be."""
    found = {}
    for name, parts in GENERATED.items():
        path = ROOT / name
        text = wanted = path.read_text(encoding="utf-8")
        for part, make in parts.items():
            wanted = filled(wanted, part, make())
        if wanted != text:
            found[path] = wanted
    scrubbing = ROOT / "docs" / "scrubbing.md"
    text = scrubbing.read_text(encoding="utf-8")
    if (wanted := render(text)) != text:
        found[scrubbing] = wanted
    return found


def main(arguments: list[str]) -> int:
    """Writes what is stale, or with ``--check`` names it."""
    for path, text in stale().items():
        if "--check" in arguments:
            sys.stderr.write(f"{path.name} is out of date: run python docs/generate.py\n")
        else:
            path.write_text(text, encoding="utf-8")
    return int("--check" in arguments and bool(stale()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
