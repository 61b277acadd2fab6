"""Tags of jobs: their limits, and replacing them."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import scope
from pytest_qchannel.wire import Response

__all__ = ["check_tags", "replace"]

MOST_TAGS: Final = 8
LONGEST_TAG: Final = 86


def check_tags(ctx: Context, tags: list[str]) -> None:
    """Refuses more or longer tags than a job may have."""
    if len(tags) > MOST_TAGS:
        raise ctx.refuse(400, Codes.TOO_MANY_TAGS, f"A job has at most {MOST_TAGS} tags.")
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise ctx.refuse(
                400, Codes.TAG_TOO_LONG, f"A tag has at most {LONGEST_TAG} characters."
            )


def replace(ctx: Context) -> Response:
    """``PUT /jobs/{id}/tags``: 204 and no body; the client takes anything else for an error."""
    job = scope.job(ctx)
    body = ctx.json_body()
    tags = body.get("tags") if isinstance(body, dict) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ctx.refuse(400, Codes.VALIDATION, "The body must be an object with a list of tags.")
    check_tags(ctx, tags)
    job.tags = list(dict.fromkeys(tags))
    return Response(204)
