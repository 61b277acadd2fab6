"""The tags of a live run's jobs: ``qchannel``, ``qchannel-<run>`` and ``qchannel-<run>-<n>``.

They say whose a job is when nothing else does. The code under test sees its own tags alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.hosts import RUNTIME
from pytest_qchannel.ibm.route import Fields, Route
from pytest_qchannel.wire import Json

__all__ = [
    "COMMON",
    "LONGEST",
    "MOST_OWN",
    "BadTags",
    "has_own_tags",
    "number_of",
    "run_of",
    "run_tag",
    "tagged",
    "untagged",
]

COMMON: Final = "qchannel"

MOST_OWN: Final = 5
LONGEST: Final = 86
"""A job may have 8 tags of 86 characters. Source: IBM's API description; 3 are the lane's."""

_NUMBERED: Final = re.compile(rf"({COMMON}-(.+))-(\d+)")


class BadTags(ValueError):
    """The tags cannot be sent together with the lane's own; says why."""


def run_tag(run: str) -> str:
    """The tag that all jobs of a run have."""
    return f"{COMMON}-{run}"


def tagged(own: Json, run: str, tag: str) -> list[str]:
    """The tags of a submission, the lane's own behind those of the code under test.

    Args:
        own: What the code sends; ``None``: no tags.
        run: The name of the run.
        tag: The one that no other job has.

    Raises:
        BadTags: There are too many, one is too long, or is none.
    """
    tags = [] if own is None else own
    if not isinstance(tags, Sequence) or isinstance(tags, str):
        raise BadTags("tags is no list")
    texts = [one for one in tags if isinstance(one, str)]
    if len(texts) < len(tags):
        raise BadTags("a tag is no text")
    if len(texts) > MOST_OWN:
        raise BadTags(f"it has {counted(texts, 'tag')}, and {MOST_OWN} at most can be its own")
    ours = [COMMON, run_tag(run), tag]
    for one in texts:
        if len(one) > LONGEST:
            raise BadTags(f"a tag has {len(one)} characters, and {LONGEST} at most are allowed")
        if one in ours or one.startswith(f"{run_tag(run)}-"):
            raise BadTags(f"the tag {one!r} is the lane's own")
    # With one of the lane's, or with another one, it would say that the job is of another run.
    if len(_pairs([*texts, *ours])) > 1:
        [bad, *_] = [one for one in texts if one.startswith(f"{COMMON}-")]
        raise BadTags(f"the tag {bad!r} looks like the lane's own")
    return [*texts, *ours]


def run_of(tags: Json) -> str | None:
    """The name of the run that a job with these tags is of; ``None``: of none."""
    found = _numbered(_texts(tags))
    return found[0] if found else None


def number_of(tags: Json) -> int | None:
    """The number of the entry that a job with these tags is of."""
    found = _numbered(_texts(tags))
    return found[1] if found else None


def has_own_tags(route: Route) -> bool:
    """Whether a route answers with tags of jobs."""
    return route.service == RUNTIME and bool(_places(route.answered))


def untagged(route: Route, body: Json, run: str) -> Json:
    """An answer without the lane's own tags, of this run and of others.

    Args:
        route: What was asked; one with :func:`has_own_tags`.
        body: The answer.
        run: The name of this run.
    """
    if not isinstance(body, Mapping):
        return body
    changed = dict(body)
    for name in _places(route.answered):
        value = changed.get(name)
        if not isinstance(value, Sequence) or isinstance(value, str):
            continue
        if name == "tags":
            changed[name] = _own(value, run)
        else:
            changed[name] = [
                {**row, "tags": _own(row["tags"], run)}
                if isinstance(row, Mapping) and "tags" in row
                else row
                for row in value
            ]
    return changed


def _places(answered: Fields) -> list[str]:
    """The fields at the root of an answer with tags in them: ``tags``, or a list of rows."""
    return [
        path.partition("[]")[0]
        for path, rule in answered.items()
        if rule == "tag" and (path == "tags[]" or path.endswith("[].tags[]"))
    ]


def _own(tags: Json, run: str) -> Json:
    """Tags without the lane's own."""
    if not isinstance(tags, Sequence) or isinstance(tags, str):
        return tags
    texts = set(_texts(tags))
    hidden = {COMMON, run_tag(run)}
    for text in texts:
        found = _NUMBERED.fullmatch(text)
        # Of another run both are there; of this one also alone, as where tags are searched.
        if found and (found[1] in texts or found[2] == run):
            hidden |= {text, found[1]}
    return [one for one in tags if one not in hidden]


def _texts(tags: Json) -> list[str]:
    if not isinstance(tags, Sequence) or isinstance(tags, str):
        return []
    return [one for one in tags if isinstance(one, str)]


def _numbered(tags: Sequence[str]) -> tuple[str, int] | None:
    """The run and the number in a job's tags: of the three only one pair fits together.

    The run ``a-1`` has a tag that entry 1 of the run ``a`` has, too.
    """
    return next(iter(_pairs(tags)), None) if COMMON in tags else None


def _pairs(tags: Sequence[str]) -> list[tuple[str, int]]:
    found = [one for one in map(_NUMBERED.fullmatch, tags) if one and one[1] in tags]
    return [(one[2], int(one[3])) for one in found]
