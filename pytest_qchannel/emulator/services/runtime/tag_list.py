"""``GET /tags``: the tags that an instance's jobs have."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.services.runtime import scope
from pytest_qchannel.emulator.services.runtime.query import finds
from pytest_qchannel.wire import Response

__all__ = ["list_tags"]

# Source: IBM's API description 0.45.3, and live answers of 2026.
SHORTEST: Final = 3
LONGEST: Final = 100


def list_tags(ctx: Context) -> Response:
    """``GET /tags?type=job&search=``: sorted, each once; jobs are all that has tags."""
    if ctx.request.first("type", "job") != "job":
        raise ctx.refuse(400, Codes.VALIDATION, "type must be job.")
    if not SHORTEST <= len(ctx.request.first("search") or "") <= LONGEST:
        raise ctx.refuse_as(Known.BAD_SEARCH)
    is_found = finds(ctx)
    tags = {tag for job in ctx.world.jobs_of(scope.instances(ctx)) for tag in job.tags}
    return Response.json({"tags": sorted(tag for tag in tags if is_found([tag]))})
