"""``qchannel cassettes``: what can be done with recorded traffic; each command is a module."""

from __future__ import annotations

import click

from pytest_qchannel.cli.cassettes.listing import list_cassettes
from pytest_qchannel.cli.cassettes.prune import prune
from pytest_qchannel.cli.cassettes.scan import scan
from pytest_qchannel.cli.cassettes.show import show
from pytest_qchannel.cli.cassettes.stats import stats
from pytest_qchannel.cli.group import Group

__all__ = ["cassettes"]


@click.group(cls=Group)
def cassettes() -> None:
    """Look after recorded traffic."""


cassettes.add_command(list_cassettes)
cassettes.add_command(prune)
cassettes.add_command(scan)
cassettes.add_command(show)
cassettes.add_command(stats)
