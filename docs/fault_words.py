"""The tables of words in ``docs/faults.md``, from the code; for ``docs/generate.py``."""

from __future__ import annotations

from docs.world_keys import table
from pytest_qchannel.emulator.faults.parse import (
    ACCOUNT_TROUBLES,
    JOB_TROUBLES,
    AccountWords,
    JobWords,
    RequestWords,
    Words,
)
from pytest_qchannel.emulator.tables import keys_of


def tables() -> dict[str, str]:
    """The tables, by the names of the markers around them."""
    jobs = [[f"`{word}`", job.said, job.client] for word, job in JOB_TROUBLES.items()]
    accounts = [[f"`{word}`", text] for word, text in ACCOUNT_TROUBLES.items()]
    return {
        "fault words": _words(Words),
        "request words": _words(RequestWords),
        "job troubles": table(["`job`", "the job", "the client's `result()`"], jobs),
        "job words": _words(JobWords),
        "account troubles": table(["`account`", "what happens"], accounts),
        "account words": _words(AccountWords),
    }


def _words(spec: type[Words]) -> str:
    own = spec.own()
    rows = [[f"`{key.name}`", key.help] for key in keys_of(spec) if key.name in own]
    return table(["word", "meaning"], rows)
