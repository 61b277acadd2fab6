"""How the QPU seconds that something used are written: by the version of the API that is asked for.

Source: IBM's changelog of the API, its description 0.45.3, and jobs of 2026.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.services.runtime.api_version import api_version
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.wire import Json

__all__ = ["FIRST_WITH_CHARGE_TIME", "charged", "version_of"]

FIRST_WITH_CHARGE_TIME: Final = "2026-03-15"


def version_of(ctx: Context) -> str:
    """The version of the API that answers; the classic platform has none and is before all."""
    return "" if ctx.caller.account.is_classic else api_version(ctx)


def charged(version: str, usage_s: float, job: Job | None = None) -> dict[str, Json]:
    """What is in ``usage``; of a job also whether that is final.

    Args:
        version: The version of the API.
        usage_s: QPU seconds; IBM bills whole ones.
        job: Where it is a job that used them.
    """
    seconds = round(usage_s)
    if version < FIRST_WITH_CHARGE_TIME:
        return {"seconds": seconds}
    usage: dict[str, Json] = {"qpu_charge_time_seconds": seconds}
    if job is not None:
        usage["status"] = "complete" if job.is_final and job.is_usage_known else "pending"
    return usage
