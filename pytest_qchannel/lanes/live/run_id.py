"""The name of a run: what its jobs are tagged with, and found by when the run is gone.

A later step of the same job of CI finds it again, because it is made of CI's own variables.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.errors import UsageProblem
from pytest_qchannel.settings import RUN_ID

__all__ = ["LONGEST_RUN", "VARIABLE", "RunId", "run_id"]

VARIABLE: Final = RUN_ID

MADE: Final = "made for this run"
"""Where a name comes from that nobody told."""

LONGEST_RUN: Final = 60
"""So that ``qchannel-<run>-<n>`` stays below the 86 characters that a tag may have."""

_GOOD: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"

_OF_CI: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("GitHub Actions", ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB")),
    ("GitLab CI", ("CI_PIPELINE_ID", "CI_JOB_ID")),
    ("CircleCI", ("CIRCLE_WORKFLOW_JOB_ID",)),
    ("Buildkite", ("BUILDKITE_JOB_ID",)),
)
"""What names one attempt of one job. Source: the documentation of each. The legs of a matrix on
GitHub share theirs: each needs a ``QCHANNEL_RUN_ID`` of its own."""


@dataclass(frozen=True, slots=True)
class RunId:
    """The name of a run, and where it comes from, in words."""

    text: str
    origin: str

    @property
    def is_told(self) -> bool:
        """Whether somebody named it, so that a later step of a job of CI finds it again."""
        return self.origin != MADE


def run_id(environ: Mapping[str, str], choose: Callable[[str], str] = secrets.choice) -> RunId:
    """The name of this run: that of ``QCHANNEL_RUN_ID``, else of CI's variables, else a new one.

    Args:
        environ: The environment; an empty variable is an unset one.
        choose: Picks one of some letters.

    Raises:
        UsageProblem: ``QCHANNEL_RUN_ID`` cannot be part of a tag.
    """
    if said := environ.get(VARIABLE, "").strip():
        return RunId(_valid(said), VARIABLE)
    for name, variables in _OF_CI:
        parts = [environ.get(variable, "").strip() for variable in variables]
        if all(parts) and (word := _as_word("-".join(parts))):
            return RunId(word, name)
    return RunId("".join(choose(_LETTERS) for _ in range(8)), MADE)


def _valid(said: str) -> str:
    if not _GOOD.fullmatch(said) or len(said) > LONGEST_RUN:
        raise UsageProblem(
            f"{VARIABLE}: {said[:80]!r} cannot be part of a job's tag",
            closest=_as_word(said) or None,
            next=f"set it to at most {LONGEST_RUN} letters, digits, '.', '_' and '-', "
            "a letter or a digit first and last",
        )
    return said


def _as_word(text: str) -> str:
    """A text as a part of a tag; the end of a long one is told by its hash."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("._-")
    if len(word) <= LONGEST_RUN:
        return word
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{word[: LONGEST_RUN - 9]}-{digest}"
