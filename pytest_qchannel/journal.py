"""What was sent and what was answered, in order, without the secrets.

Only headers on an allow-list are kept as they are; of ``Authorization`` the scheme word stays, so
that a test can tell a bearer token from the API key that the client falls back to. Query, form
and JSON fields that hold credentials lose their values.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final, overload
from urllib.parse import parse_qsl, urlencode

from pytest_qchannel.counted import counted
from pytest_qchannel.wire import FORM_TYPE, Request, Response, Trouble

__all__ = ["DEVICE", "Exchange", "Journal", "in_use", "is_of_nobody", "journals_in_use"]

SCRUBBED: Final = "***"

# Everything that is not named here is scrubbed.
_OPEN_HEADERS: Final = frozenset(
    {"accept", "content-length", "content-type", "host", "ibm-api-version", "service-crn"}
)
_SECRET_FIELDS: Final = frozenset(
    {"apikey", "apitoken", "access_token", "refresh_token", "token", "password", "passcode"}
)
_SCHEMES: Final = frozenset({"apikey", "basic", "bearer", "token"})
_BODY_LIMIT: Final = 2_000
_LONG_TEXT: Final = 100
DEVICE: Final = b'"coupling_map"'
"""What the description of a device has."""

_REFUSED_LOGINS: Final = frozenset({400, 401})


def scrub_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with every value hidden that is not on the allow-list."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if name in _OPEN_HEADERS:
            kept[name] = value
        elif name == "authorization" and _scheme(value).lower() in _SCHEMES:
            kept[name] = f"{_scheme(value)} {SCRUBBED}"
        else:
            kept[name] = SCRUBBED
    return kept


def _scheme(authorization: str) -> str:
    return authorization.strip().partition(" ")[0]


def _scrub_json(data: object) -> object:
    if isinstance(data, dict):
        return {
            name: SCRUBBED if str(name).lower() in _SECRET_FIELDS else _scrub_json(value)
            for name, value in data.items()
        }
    return [_scrub_json(item) for item in data] if isinstance(data, list) else data


def _without_long_texts(data: object) -> object:
    if isinstance(data, dict):
        return {name: _without_long_texts(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_without_long_texts(item) for item in data]
    return "" if isinstance(data, str) and len(data) > _LONG_TEXT else data


def _scrub_pairs(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    hidden = [(n, SCRUBBED if n.lower() in _SECRET_FIELDS else value) for n, value in pairs]
    return urlencode(hidden, safe="*:/")


def _credentials_of(request: Request) -> Iterator[str]:
    """What a request may have logged in with, in whatever place IBM's services look for it."""
    yield request.authorization[1]
    yield request.headers.get("x-access-token", "")
    yield request.first("access_token") or ""
    if request.headers.get("content-type", "").startswith(FORM_TYPE):
        yield request.form().get("apikey", "")
    elif len(request.body) < _BODY_LIMIT:
        try:
            sent = request.json()
        except ValueError:
            return
        yield str(sent.get("apiToken", "")) if isinstance(sent, Mapping) else ""


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode("utf-8", "replace")).digest()


def _said(refusal: object) -> Iterator[str]:
    """Code, text and advice of a refusal, in whichever of IBM's shapes it is."""
    if isinstance(refusal, Mapping):
        errors = refusal.get("errors") or [refusal.get("error") or refusal]
        one = errors[0] if isinstance(errors, list) else errors
        if isinstance(one, Mapping):
            names = ("code", "errorCode", "message", "errorMessage", "errorDetails", "solution")
            yield from (str(one[name]) for name in names if one.get(name))
        else:
            yield str(one)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        number: Its number in the test, from 1.
        method: The HTTP method, in capitals.
        host: The host that it was sent to.
        path: The path, without the query.
        query: The query; the values of credentials in it are ``***``.
        headers: The request's headers by their names in lower case, without the secrets.
        status: The status of the answer; 0 where no answer came.
        job_id: The job that the request created or named.
        answer: The body of a refusal.
        fault: The declared fault that the request met.
        is_lost: Whether the fault kept the answer, or a part of it, from the client.
        at: When it was over, on the clock that ``time.perf_counter`` reads.
        told: The body of an answer about a job, or how a device is coupled, where it is kept.
    """

    number: int
    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int
    job_id: str | None = None
    answer: str = ""
    fault: str | None = None
    is_lost: bool = False
    at: float = field(default=0.0, compare=False)
    told: bytes = field(default=b"", repr=False, compare=False)
    _body: bytes = field(default=b"", repr=False, compare=False)
    _digests: frozenset[bytes] = field(default=frozenset(), repr=False, compare=False)

    @property
    def url(self) -> str:
        """The whole URL, its query scrubbed."""
        return f"https://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def auth_scheme(self) -> str | None:
        """``bearer``, ``apikey``, ``x-access-token``, or ``None`` where nothing was sent."""
        if "authorization" in self.headers:
            return self.headers["authorization"].split()[0].lower()
        return "x-access-token" if "x-access-token" in self.headers else None

    @property
    def body(self) -> Any:  # as json.loads has it: a test asks it for what it sent
        """The request's JSON body with the values of credential fields hidden.

        A form is given as text, scrubbed the same way. Of anything else only the size is told:
        nobody can say where in it a secret may be.
        """
        if not self._body:
            return None
        if self.headers.get("content-type", "").startswith(FORM_TYPE):
            return _scrub_pairs(self._body.decode("utf-8", "replace"))
        try:
            return _scrub_json(json.loads(self._body))
        except (ValueError, RecursionError):
            return f"<{counted(self._body, 'byte that is', 'bytes that are')} no JSON>"

    @property
    def why(self) -> str:
        """What a refusal says, on one line: its code, its text, its advice; empty for others."""
        try:
            said = " ".join(_said(json.loads(self.answer))) if self.answer else ""
        except (ValueError, RecursionError):
            said = self.answer
        return " ".join(said.split())

    @property
    def fingerprint(self) -> str:
        """The same for requests whose method, URL and body are the same; tells no more of them."""
        said = f"{self.method} {self.url}\n".encode() + self._body
        return hashlib.sha256(said).hexdigest()

    @property
    def outline(self) -> str:
        """Like the fingerprint, but the same also where long texts in a JSON body differ.

        A circuit is not the same bytes when it is submitted again: what the client serializes
        holds random ids.
        """
        try:
            body = json.dumps(_without_long_texts(json.loads(self._body)), sort_keys=True)
        except (ValueError, RecursionError):
            return self.fingerprint
        return hashlib.sha256(f"{self.method} {self.url}\n{body}".encode()).hexdigest()

    def __str__(self) -> str:
        """One line: number, method, URL, status, the job if there is one, the fault it met."""
        job = f" job {self.job_id}" if self.job_id else ""
        fault = f" (fault {self.fault})" if self.fault else ""
        answered = self.status or "no answer"
        return f"#{self.number} {self.method} {self.url} -> {answered}{job}{fault}"


def is_of_nobody(refused: Exchange, credentials: Iterable[str]) -> bool:
    """Whether a refused request had a credential, and none of these."""
    return bool(refused._digests) and refused._digests.isdisjoint(map(_digest, credentials))


class Journal(Sequence[Exchange]):
    """The exchanges of a test, oldest first; an empty one is false in ``assert``.

    Any number of threads may write to it.

    Attributes:
        keeps_answers: Whether it keeps what was answered about jobs and how devices are coupled.
    """

    keeps_answers = False

    def __init__(self, exchanges: Sequence[Exchange] = ()) -> None:
        self._whole = list(exchanges)
        self._first = 0
        self._lock = threading.Lock()
        self._outer = self

    def record(
        self,
        request: Request,
        response: Response | None,
        job_id: str | None,
        trouble: Trouble | None = None,
    ) -> None:
        """Adds one exchange, scrubbed; without a response where none was sent."""
        status = response.status if response is not None else 0
        refusal = response.body.decode("utf-8", "replace") if response and status >= 400 else ""
        query, headers = _scrub_pairs(request.query_string), scrub_headers(request.headers)
        sent = _credentials_of(request) if status in _REFUSED_LOGINS else ()
        with self._lock:
            self._whole.append(
                Exchange(
                    number=len(self._whole) + 1,
                    method=request.method,
                    host=request.host,
                    path=request.path,
                    query=query,
                    headers=headers,
                    status=status,
                    job_id=job_id,
                    answer=refusal[:_BODY_LIMIT],
                    fault=trouble.name if trouble else None,
                    is_lost=trouble is not None and trouble.is_lost,
                    at=perf_counter(),
                    told=self._kept(job_id, response.body) if response else b"",
                    _body=request.body,
                    _digests=frozenset(_digest(one) for one in sent if one),
                )
            )

    def _kept(self, job_id: str | None, answer: bytes) -> bytes:
        is_kept = self.keeps_answers and (job_id is not None or DEVICE in answer)
        return answer if is_kept else b""

    def since(self, number: int) -> Journal:
        """What comes after the first ``number`` exchanges; it grows as this journal does."""
        part = Journal()
        part._whole, part._lock, part._first = self._whole, self._lock, self._first + number
        part._outer = self
        return part

    @property
    def of_lane(self) -> Journal:
        """What all tests have sent that share the lane; the same where a test has its own."""
        return self._outer

    def take(self) -> list[Exchange]:
        """Takes out what was written so far; what is written later is counted from 1 again."""
        with self._lock:
            taken, self._whole[:] = self._whole[self._first :], self._whole[: self._first]
        return taken

    def to(
        self,
        path: str,
        *,
        method: str | None = None,
        host: str | None = None,
        status: int | None = None,
    ) -> Journal:
        """The exchanges whose path ends with ``path``.

        Args:
            path: The end of the path, as ``/jobs`` or ``/users/logout``.
            method: Only this method, in any case.
            host: Only this host name.
            status: Only answers with this status.
        """
        wanted = "/" + path.strip("/")
        return Journal(
            [
                exchange
                for exchange in self
                if exchange.path.rstrip("/").endswith(wanted)
                and (method is None or exchange.method == method.upper())
                and (host is None or exchange.host == host)
                and (status is None or exchange.status == status)
            ]
        )

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._whole[self._first :])

    def __len__(self) -> int:
        return max(0, len(self._whole) - self._first)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> Journal: ...
    def __getitem__(self, index: int | slice) -> Exchange | Journal:
        mine = range(self._first, len(self._whole))[index]
        if isinstance(mine, range):
            return Journal([self._whole[number] for number in mine])
        return self._whole[mine]

    def __repr__(self) -> str:
        if not self:
            return "<Journal: no request was sent>"
        return "<Journal:\n  " + "\n  ".join(str(exchange) for exchange in self) + ">"


_in_use: list[Journal] = []


@contextmanager
def in_use(journal: Journal) -> Iterator[None]:
    """Makes a journal one that an assertion finds without being given it, in the block."""
    _in_use.append(journal)
    try:
        yield
    finally:
        _in_use[:] = [one for one in _in_use if one is not journal]


def journals_in_use() -> list[Journal]:
    """The journals of the open lanes, that of the lane opened last first."""
    return _in_use[::-1]
