"""A fault from the words that declare it: the same ones in markers, fixtures and world files."""

# Without `from __future__ import annotations`: pydantic 2.5 would not find the names in a text.

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Final, NamedTuple, get_args

from pytest_qchannel.emulator.faults.answers import STATUS_NAMES
from pytest_qchannel.emulator.faults.kinds import (
    Code,
    Flag,
    Number,
    Seconds,
    Text,
    Times,
    Whole,
    hint,
    misfit,
    one_of,
)
from pytest_qchannel.emulator.faults.model import (
    EVERY,
    LOGIN_SERVICES,
    RUNTIME_SERVICES,
    Body,
    Fault,
    RouteMatch,
)
from pytest_qchannel.emulator.faults.route import read_route
from pytest_qchannel.emulator.tables import Misfit, Table, read
from pytest_qchannel.emulator.world.jobs import RAN_TOO_LONG, JobEnding
from pytest_qchannel.emulator.world.progression import STUCK
from pytest_qchannel.wire import Drop

__all__ = [
    "ACCOUNT_TROUBLES",
    "JOB_TROUBLES",
    "WORDS",
    "AccountWords",
    "FaultWords",
    "JobWords",
    "RequestWords",
    "parse_fault",
    "read_words",
]


class JobTrouble(NamedTuple):
    """What can become of a job.

    Attributes:
        said: In words, for the documentation.
        client: What the client's ``result()`` makes of it.
        ending: How it ends; ``None``: it never does.
        takes_reason: Whether a declaration may give another reason and code.
    """

    said: str
    client: str
    ending: JobEnding | None
    takes_reason: bool = False


JOB_TROUBLES: Final[Mapping[str, JobTrouble]] = {
    "failed": JobTrouble(
        'fails with `reason` and `code` (9999, "Internal error.")',
        "`RuntimeJobFailureError`",
        JobEnding("fail", "Internal error.", 9999),
        takes_reason=True,
    ),
    "cancelled": JobTrouble(
        "is cancelled by the service, with `reason`",
        "`RuntimeInvalidStateError`",
        JobEnding("cancel", "Cancelled by the service.", None),
        takes_reason=True,
    ),
    "too_long": JobTrouble(
        "is stopped with 1305",
        "`RuntimeJobMaxTimeoutError`",
        RAN_TOO_LONG,
    ),
    "stuck": JobTrouble("stays queued", "waits; with `timeout=` `RuntimeJobTimeoutError`", None),
}

ACCOUNT_TROUBLES: Final[Mapping[str, str]] = {
    "token_revoked": "after `skip` requests with an access token, the account's tokens are not "
    "valid any more: 401. Who logs in again gets a fresh one",
    "token_expired": "the same, as if the token's time were over",
    "credential_revoked": "after `skip` requests the API key is not known any more; access tokens "
    "stay valid",
    "used_up": "after `skip` requests the usage limit of the instances is reached: `POST /jobs` is "
    "a 409, on the classic platform a 403 with 4317",
    "iam_down": "IAM answers 503, until the end or `times`",
    "maintenance": "every request to the runtime service is a 503 with code 1999, until the end or "
    "`times`",
}
"""What can happen to an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Table):
    """The words that every fault can have."""

    skip: Annotated[
        Whole, "so many requests (or jobs) are let through first: `skip=2` hits the third"
    ] = 0
    times: Annotated[Times | None, 'so many are hit then, by default 1; `"every"`: all'] = None
    optional: Annotated[Flag, "whether a test passes in which it never happens"] = False

    @classmethod
    def own(cls) -> tuple[str, ...]:
        """The words that not every fault has."""
        always = {one.name for one in fields(Words)} if cls is not Words else ()
        return tuple(one.name for one in fields(cls) if one.name not in always)

    @classmethod
    def unknown(cls, key: str, title: str) -> Misfit:  # noqa: ARG003 - a fault has no name
        """What to say of a word of another kind of fault."""
        words = cls.own()
        said = f"{key} does not go with {words[0]}; {words[0]} takes {', '.join(words)}"
        return misfit(said)

    def fault(self) -> Fault:
        """A fault that nobody has met yet.

        Raises:
            Misfit: The words do not go together.
        """
        fault = self._fault()
        fault.skip = self.skip
        if self.times is not None:
            fault.times = EVERY if self.times == "every" else int(self.times)
        fault.is_optional = self.optional
        return fault

    def _fault(self) -> Fault:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWords(Words):
    """A fault of requests."""

    route: Annotated[Text, "which requests, by method and path"]
    service: Annotated[Text, "only those to one service: `runtime`, `iam`, ..."] = ""
    host: Annotated[Text, "only those to one host"] = ""
    status: Annotated[
        Whole | None,
        f"the refusal: one of {', '.join(map(str, STATUS_NAMES))}, in the shape of the service's "
        "errors",
    ] = None
    code: Annotated[
        Code | None,
        "the code of the refusal; by default the documented number (429: 1202, 503: 1999, 401: "
        "1201, 403: 1200, 400: 1208), and a word where none is documented",
    ] = None
    message: Annotated[Text | None, "what the refusal says"] = None
    retry_after_s: Annotated[Whole | None, "its `Retry-After`"] = None
    processed: Annotated[
        Flag | None,
        "true: the request is handled first, then its answer is replaced by the refusal. The lost "
        "answer: `status=504, processed=True` for `POST /jobs` leaves a job behind that nobody was "
        "told of",
    ] = None
    delay_s: Annotated[
        Seconds,
        "the answer comes so many seconds of real time late. Other requests are answered "
        "meanwhile; a `timeout=` of the caller is honoured",
    ] = 0.0
    drop: Annotated[
        Drop | None,
        one_of(get_args(Drop)),
        "no answer: `connect` (no connection is made), `before` or `after` (closed before or after "
        "the request was processed; a client cannot tell which)",
    ] = None
    body: Annotated[
        Body | None,
        one_of(get_args(Body)),
        "`malformed`: whole, but no JSON; `truncated`: the connection ends before the promised "
        "length",
    ] = None

    def _fault(self) -> Fault:
        route = read_route(self.route, self.service, self.host)
        self._require_sense(route)
        return Fault(
            f"{route}: {self._deeds()}",
            route,
            status=self.status,
            code=self.code,
            message=self.message or "",
            retry_after_s=self.retry_after_s,
            is_processed=bool(self.processed),
            delay_s=self.delay_s,
            drop=self.drop,
            body=self.body,
        )

    def _require_sense(self, route: RouteMatch) -> None:
        if self.status is not None and self.status not in STATUS_NAMES:
            valid = ", ".join(map(str, STATUS_NAMES))
            said = f"status {self.status} is no refusal that is served; use {valid}"
            raise misfit(said, "status")
        if self.status is None:
            for word in ("code", "message", "retry_after_s", "processed"):
                if getattr(self, word) is not None:
                    said = f"{word} needs a status, which is not given: add status = 503"
                    raise misfit(said, word)
        if self.drop and (self.status or self.body):
            raise misfit("drop leaves no answer: it goes neither with status nor with body", "drop")
        if not (self.status or self.drop or self.body or self.delay_s):
            raise misfit(f"the fault of {route} does nothing; give status, delay_s, drop or body")

    def _deeds(self) -> str:
        deeds = [f"{self.delay_s:g} s late"] if self.delay_s else []
        if self.status:
            deeds.append(f"status {self.status}" + (" after processing" * bool(self.processed)))
        if self.drop == "connect":
            deeds.append("no connection")
        elif self.drop:
            deeds.append(f"connection dropped {self.drop} processing")
        if self.body:
            deeds.append(f"{self.body} body")
        return ", ".join(deeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWords(Words):
    """A fault of jobs."""

    job: Annotated[str, one_of(JOB_TROUBLES), "what becomes of it"]
    reason: Annotated[Text, "why it failed or was cancelled"] = ""
    code: Annotated[Number | None, "the number of the reason"] = None
    backend: Annotated[Text, "only jobs of this backend"] = ""

    def _fault(self) -> Fault:
        trouble = JOB_TROUBLES[self.job]
        if not trouble.takes_reason and (self.reason or self.code):
            raise misfit(f"job = {self.job!r} takes neither reason nor code", "job")
        label = f"job: {self.job}" + (f" on {self.backend}" if self.backend else "")
        route = RouteMatch("POST", "/jobs", RUNTIME_SERVICES)
        if trouble.ending is None:
            return Fault(label, route, progression=STUCK, backend=self.backend)
        reason, code = self.reason or trouble.ending.reason, self.code or trouble.ending.code
        if self.job == "failed":
            label += f" with {code}"
        ending = replace(trouble.ending, reason=reason, code=code)
        return Fault(label, route, ending=ending, backend=self.backend)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWords(Words):
    """A fault of an account."""

    account: Annotated[str, one_of(ACCOUNT_TROUBLES), "what happens to it"]
    account_name: Annotated[Text, "an account of the world; by default all are meant"] = ""

    def _fault(self) -> Fault:
        label = f"account: {self.account}" + (f" of {self.account_name}" * bool(self.account_name))
        fault = Fault(label, account=self.account, account_name=self.account_name)
        if self.account == "maintenance":
            fault.route = RouteMatch(services=RUNTIME_SERVICES)
            fault.status, fault.times = 503, EVERY
        elif self.account == "iam_down":
            fault.route = RouteMatch(services=LOGIN_SERVICES)
            fault.status, fault.times = 503, EVERY
        elif self.account in ("credential_revoked", "used_up") and self.times not in (None, 1):
            said = f"account = {self.account!r} lasts once it has come; it takes no times"
            raise misfit(said, "account")
        return fault


FaultWords = RequestWords | JobWords | AccountWords

_KINDS: Final[Mapping[str, type[FaultWords]]] = {
    "route": RequestWords,
    "job": JobWords,
    "account": AccountWords,
}

WORDS: Final = tuple(
    dict.fromkeys(word for kind in (*_KINDS.values(), Words) for word in kind.own())
)
"""Every word that a declaration may hold."""


def parse_fault(table: Mapping[str, object]) -> Fault:
    """The fault that a table declares; a new one each time, as it counts.

    Args:
        table: Words of :data:`WORDS` and their values; ``docs/faults.md`` tells what they mean.

    Raises:
        Misfit: A word is unknown or does not fit the others, or a value is wrong; the message says
            so in plain words, with the valid ones.
    """
    return _words(table).fault()


def read_words(table: Mapping[str, object]) -> FaultWords:
    """The words of a declaration, of which a fault can be made.

    Raises:
        Misfit: It cannot; see :func:`parse_fault`.
    """
    words = _words(table)
    words.fault()  # which refuses what does not go together
    return words


def _words(table: Mapping[str, object]) -> FaultWords:
    for word in table:
        if word not in WORDS:
            raise misfit(f"unknown word {word!r} in a fault{hint(word, WORDS)}", word)
    kinds = [word for word in _KINDS if word in table]
    if len(kinds) != 1:
        said = " and ".join(kinds) or "none of them"
        raise misfit(
            f"a fault names one of route, job and account, this one {said}: "
            "write route = 'POST /jobs', or job = 'failed', or account = 'token_revoked'"
        )
    return read(_KINDS[kinds[0]], table)
