"""What a handler of the emulator is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_qchannel.emulator.hosts import Host
from pytest_qchannel.emulator.principal import Principal
from pytest_qchannel.emulator.refusals import Code, refuse
from pytest_qchannel.emulator.wire import ApiError, Request
from pytest_qchannel.emulator.world import Instance, World

__all__ = ["Context"]


@dataclass(slots=True)
class Context:
    """What a handler gets: the request, the world, who is asking, and the path's variables."""

    request: Request
    world: World
    host: Host
    args: Mapping[str, str] = field(default_factory=dict)
    principal: Principal | None = None
    job_id: str | None = None

    def refuse(self, status: int, code: Code, message: str) -> ApiError:
        """A refusal in this service's shape, to be raised."""
        return refuse(self.host.service, status, code, message, self.world.hex(32))

    @property
    def caller(self) -> Principal:
        """Who is asking; only routes without authentication have nobody."""
        assert self.principal is not None, "a route with auth='none' has no caller"
        return self.principal

    @property
    def instance(self) -> Instance:
        """The instance that the request names; routes with auth='runtime' always have one."""
        assert self.caller.instance is not None
        return self.caller.instance
