"""What a handler of the emulator is given: a request, who sent it, and the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pytest_qchannel.emulator.api.client_release import client_release, client_told
from pytest_qchannel.emulator.api.refusals import Code, Codes, Refusal, refuse, refuse_as
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.world.records import Account, ClientTold, Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.hosts import Host
from pytest_qchannel.ibm.releases import Version
from pytest_qchannel.wire import ApiError, Json, Request, Response

__all__ = ["MOST_WHOLE", "Context", "Handler", "Principal", "whole"]

_DIGITS: Final = 15

MOST_WHOLE: Final = 10**_DIGITS - 1
"""A larger number is refused: such a limit would be no float, as what was used of it is."""


def whole(text: str) -> int | None:
    """The whole number from 0 that a text is, and nothing but; ``None`` where it is none such."""
    # The length first: Python refuses to read thousands of digits.
    return int(text) if len(text) <= _DIGITS and text.isascii() and text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: an account and, where the request names one, its instance."""

    account: Account
    instance: Instance | None = None


@dataclass(slots=True)
class Context:
    """What a handler gets.

    Attributes:
        request: What was sent.
        world: What the services remember.
        engine: Runs the jobs; its ``changed`` is held while a request is handled.
        faults: What is to go wrong, in the order of declaration.
        host: To whom it was sent.
        args: The variables of the path.
        principal: Who is asking.
        installed: The client's release in this process, where it is the one that asks.
    """

    request: Request
    world: World
    engine: Engine
    faults: Sequence[Fault]
    host: Host
    args: Mapping[str, str] = field(default_factory=dict)
    principal: Principal | None = None
    installed: Version | None = None

    @property
    def release(self) -> Version | None:
        """The release of the client that is asking; ``None`` for a plain REST user."""
        return client_release(self.request, self.installed)

    @property
    def client(self) -> ClientTold:
        """What the client that is asking tells of itself."""
        return client_told(self.request, self.installed)

    def json_body(self) -> Json:
        """The request's body read as JSON; what is no JSON is refused."""
        try:
            return self.request.json()
        except ValueError:
            raise self.refuse(
                400, Codes.VALIDATION, "The request body is not valid JSON."
            ) from None

    def json_fields(self, what: str = "") -> dict[str, Json]:
        """The request's body as a JSON object; the refusal of another body ends with ``what``."""
        body = self.json_body()
        if not isinstance(body, dict):
            raise self.refuse(400, Codes.VALIDATION, f"The body must be an object{what}.")
        return body

    def whole(self, name: str, default: int) -> int | None:
        """A whole number from 0 of the query; ``None`` where it is none."""
        return whole(self.request.first(name, str(default)) or "")

    def refuse(self, status: int, code: Code, message: str) -> ApiError:
        """A refusal in this service's shape, to be raised."""
        return refuse(self.host.service, status, code, message, self.world.hex(32))

    def refuse_as(self, known: Refusal, named: object = "", advice: str | None = None) -> ApiError:
        """A refusal in the service's own words, to be raised; see ``refusals.refuse_as``."""
        return refuse_as(self.host.service, known, self.world.hex(32), named, advice)

    @property
    def caller(self) -> Principal:
        """Who is asking; only routes without authentication have nobody."""
        assert self.principal is not None, "a route without credential has no caller"
        return self.principal

    @property
    def instance(self) -> Instance:
        """The instance that the request names; every route of the runtime API demands one."""
        assert self.caller.instance is not None
        return self.caller.instance


Handler = Callable[[Context], Response]
"""What answers a route; it raises ``ApiError`` to refuse."""
