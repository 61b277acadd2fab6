"""What a handler of the emulator is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_qchannel.emulator.api.client_release import client_release
from pytest_qchannel.emulator.api.principal import Principal
from pytest_qchannel.emulator.api.refusals import Code, Codes, refuse
from pytest_qchannel.emulator.programs.outcome import Version
from pytest_qchannel.emulator.world.world import Instance, World
from pytest_qchannel.hosts import Host
from pytest_qchannel.wire import ApiError, Request

__all__ = ["Context"]


@dataclass(slots=True)
class Context:
    """What a handler gets: the request, the world, who is asking, and the path's variables."""

    request: Request
    world: World
    host: Host
    args: Mapping[str, str] = field(default_factory=dict)
    principal: Principal | None = None

    @property
    def release(self) -> Version | None:
        """The release of the client that is asking; ``None`` for a plain REST user."""
        return client_release(self.request)

    def json_body(self) -> Any:
        """The request's body read as JSON; what is no JSON is refused."""
        try:
            return self.request.json()
        except ValueError:
            raise self.refuse(
                400, Codes.VALIDATION, "The request body is not valid JSON."
            ) from None

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
