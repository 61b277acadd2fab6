"""``GET /tags``: the tags that an instance's jobs have."""

from __future__ import annotations

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import scope
from pytest_qchannel.emulator.services.runtime.query import finds
from pytest_qchannel.wire import Response

__all__ = ["list_tags"]


def list_tags(ctx: Context) -> Response:
    """``GET /tags?type=job&search=``: sorted, each once; jobs are all that has tags."""
    if ctx.request.first("type") != "job":
        raise ctx.refuse(400, Codes.VALIDATION, "type must be job.")
    is_found = finds(ctx)
    tags = {tag for job in ctx.world.jobs_of(scope.instances(ctx)) for tag in job.tags}
    return Response.json({"tags": sorted(tag for tag in tags if is_found([tag]))})
