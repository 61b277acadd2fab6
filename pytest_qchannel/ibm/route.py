"""What an entry of the table is: a route as data.

Its meaning, as recording and replay need it:

- Of what resource it is: of the job, the session or the task that its path names, else of the
  account.
- What it does there. A *read* changes nothing. A *write* makes a new session or task. A *gate*
  parts what was answered before it from what is answered after it: a soft one (cancelling a job,
  closing a session) loosely, a hard one (a deletion, a logout, every other change of the account)
  strictly.
- What its answer tells of jobs: their states, or that one has ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

__all__ = [
    "BY_CREDENTIAL",
    "FINAL",
    "HEAD_SOURCE",
    "SOURCES",
    "Action",
    "Answers",
    "Credential",
    "Fields",
    "Method",
    "Resource",
    "Route",
    "Tells",
]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
"""``HEAD`` is none of a row's: it is answered wherever ``GET`` is."""

Credential = Literal["none", "iam", "runtime", "account", "classic", "transpiler"]
"""How a request must be authenticated.

``iam``: an access token of IAM. ``runtime``: that, or the API key, and the CRN of an instance.
``account``: the same, but the account may be named in place of an instance.
``classic``: an access token of the classic login, or the API token. ``transpiler``: the API token
of the classic platform, of an account whose plan has the service.
"""

Answers = Mapping[int, str]
"""Status -> the letter of its source in :data:`SOURCES`."""

Fields = Mapping[str, str]
"""Name of a field, or path of a JSON field -> name of a scrub rule (``cassette/scrub/rules.py``).

A path is written ``jobs[].state.status``; ``{hub}`` is any key, replaced by the rule of that
name; ``.**`` is everything below. The empty path is the whole body. What is not named is replaced.
"""

Resource = Literal["job", "session", "task", "account"]

SOURCES: Final[Mapping[str, str]] = {
    "A": "IBM's API description, for this very route",
    "D": "IBM's documentation, error registry or changelog",
    "O": "the live service: an answer that was recorded or told of (docs/emulator.md)",
    "C": "the client, by what it sends or does with the answer",
    "T": "IBM's own tests of its client",
    "I": "inferred from the nearest documented case",
    "G": "a gap of the emulator, which fails the test",
}

HEAD_SOURCE: Final = "I"
"""``HEAD`` is answered on every ``GET`` row, as HTTP has it: its status and headers, no body."""

BY_CREDENTIAL: Final[Mapping[Credential, Answers]] = {
    "none": {},
    "iam": {401: "D"},
    "runtime": {401: "O", 403: "O", 404: "O"},  # 404: an unknown instance, or another region's
    "account": {401: "O", 403: "O", 404: "O"},
    "classic": {401: "O"},
    "transpiler": {401: "I", 403: "I"},
}
"""What authentication alone can answer."""

_VARIABLE: Final = re.compile(r"<(\w+)>")


class Action(Enum):
    """What a request does to its resource."""

    LOGIN = "login"
    READ = "read"
    SUBMISSION = "submission"
    WRITE = "write"
    SOFT_GATE = "soft gate"
    HARD_GATE = "hard gate"

    @property
    def is_gate(self) -> bool:
        """Whether it parts what is before it from what is after it."""
        return self in (Action.SOFT_GATE, Action.HARD_GATE)

    @property
    def makes(self) -> bool:
        """Whether a success makes something new: a job, a session or a task; its id is answered."""
        return self in (Action.SUBMISSION, Action.WRITE)


FINAL: Final = ("Completed", "Failed", "Cancelled")
"""The states of a job that nothing follows. Source: IBM's API description."""


class Tells(Enum):
    """What a successful answer tells of jobs."""

    NOTHING = "nothing"
    STATE = "the state of one job"
    STATES = "the states of the jobs that it lists"
    LIST = "which jobs there are"
    END = "that its job has ended"


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One route of one service.

    Attributes:
        service: The service, as ``hosts.py`` names it.
        method: The HTTP method.
        rule: The path below the host's base; a variable is named by the scrub rule for its value.
        credential: How a request must be authenticated.
        source: Who says that the route is there.
        own_answers: The statuses that the route itself answers with. Of those that IBM's API
            description has, the docs say so, whatever letter is here.
        action: What it does.
        tells: What its answer tells of jobs.
        query: What a cassette may keep of the query.
        abilities: Fields of the query that only tell what the client can do, and who says so:
            nobody asks for something else by them, so they are not compared.
        form: The same of a form that is sent.
        sent: The same of a JSON body that is sent.
        answered: The same of a JSON body that is answered with a status below 400.
        text: The scrub rule for an answer that is no JSON.
    """

    service: str
    method: Method
    rule: str
    credential: Credential
    source: str
    own_answers: Answers
    action: Action = Action.READ
    tells: Tells = Tells.NOTHING
    query: Fields = field(default_factory=dict)
    abilities: Fields = field(default_factory=dict)
    form: Fields = field(default_factory=dict)
    sent: Fields = field(default_factory=dict)
    answered: Fields = field(default_factory=dict)
    text: str = "log"

    @property
    def key(self) -> str:
        """Its name within the service, as ``GET /jobs/<job_id>``."""
        return f"{self.method} {self.rule}"

    @property
    def variables(self) -> list[str]:
        """The names of the path's variables, in order."""
        return _VARIABLE.findall(self.rule)

    @property
    def resource(self) -> Resource:
        """What it is about."""
        if "job_id" in self.variables:
            return "job"
        if "task_id" in self.variables:
            return "task"
        return "session" if "session_id" in self.variables else "account"

    @property
    def is_packed(self) -> bool:
        """Whether circuits are in its body: it is compared, and kept in a form of its own."""
        return "params" in self.sent.values()

    @property
    def answers(self) -> Answers:
        """Every status that it can answer with, authentication included."""
        return dict(sorted({**BY_CREDENTIAL[self.credential], **self.own_answers}.items()))

    @property
    def lists_jobs(self) -> bool:
        """Whether its answer lists jobs."""
        return self.tells in (Tells.STATES, Tells.LIST)

    @property
    def is_free(self) -> bool:
        """Whether it costs no QPU time: all but a submission. A session costs by its jobs."""
        return self.action is not Action.SUBMISSION

    def path(self, values: Mapping[str, str]) -> str:
        """The path below the base with values in place of its variables; they are not encoded."""
        return _VARIABLE.sub(lambda found: values[found[1]], self.rule)
