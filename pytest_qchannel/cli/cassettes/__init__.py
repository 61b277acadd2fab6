"""``qchannel cassettes``: what can be done with recorded traffic; each command is a module."""

from __future__ import annotations

from typing import Final

import click

from pytest_qchannel.cli.group import Group, Later, example

__all__ = ["cassettes"]

_COMMANDS: Final = (
    Later(
        "list",
        "pytest_qchannel.cli.cassettes.listing",
        "list_cassettes",
        "List all cassettes: their tests, where they come from, what is in them.",
    ),
    Later(
        "prune",
        "pytest_qchannel.cli.cassettes.prune",
        "prune",
        "Remove cassettes that no test uses, and bodies that no cassette names.",
    ),
    Later(
        "scan",
        "pytest_qchannel.cli.cassettes.scan",
        "scan",
        "Search files for secrets: cassettes of any origin, or anything else.",
    ),
    Later(
        "show",
        "pytest_qchannel.cli.cassettes.show",
        "show",
        "Show one cassette: where it comes from, and each request with its status.",
    ),
    Later(
        "stats",
        "pytest_qchannel.cli.cassettes.stats",
        "stats",
        "Count cassettes, bytes and QPU seconds; name the largest bodies and who uses them.",
    ),
)


@click.group(cls=Group, later=_COMMANDS, epilog=example("qchannel cassettes list"))
def cassettes() -> None:
    """Look after recorded traffic."""
