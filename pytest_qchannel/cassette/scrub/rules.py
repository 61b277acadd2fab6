"""What can happen to a value: one table, each line with a stable id and its reason.

The tables of headers and routes name these rules by their short name. To add one: a line here
and, if it makes stand-ins, one in :data:`~.standins.SHAPES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["RULES", "Rule"]

Action = Literal["keep", "replace", "drop", "rewrite"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes:
        id: Stable; never given to another rule.
        name: What the tables of headers and routes call it.
        action: What becomes of the value.
        reason: Why.
    """

    id: str
    name: str
    action: Action
    reason: str


RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        Rule("SCRUB-001", "keep", "keep", "the service's own words, numbers and times: short, and "
             "nothing in them looks like a secret, an address, a path or a name"),
        Rule("SCRUB-002", "public", "keep", "public data of a device: as long as it likes, as long "
             "as nothing in it looks like a secret, an address or a path"),
        Rule("SCRUB-003", "prose", "rewrite", "a sentence of the service: words of its vocabulary "
             "stay, every other word becomes [word]"),
        Rule("SCRUB-004", "drop", "drop", "not needed for replay, and personal"),
        Rule("SCRUB-005", "unknown", "replace", "no rule names it: it keeps its JSON type and "
             "loses its value, and is reported"),
        Rule("SCRUB-006", "text", "replace", "free text that somebody wrote"),
        Rule("SCRUB-007", "mime", "keep", "a media type, without parameters other than charset"),
        Rule("SCRUB-008", "length", "rewrite", "must be that of the body as it is stored; the "
             "answer to a HEAD, which has none, tells the length of another one"),
        Rule("SCRUB-009", "doc_url", "keep", "a page of IBM's public documentation"),
        Rule("SCRUB-010", "api_key", "replace", "opens the account until it is deleted"),
        Rule("SCRUB-011", "access_token", "replace", "opens the account for an hour (IAM) or two "
             "weeks (classic), and an IAM token names its owner; the stand-in decodes"),
        Rule("SCRUB-012", "refresh_token", "replace", "gives new access tokens"),
        Rule("SCRUB-013", "authorization", "rewrite", "the scheme word stays, so that a bearer "
             "token can be told from an API key; the credential is replaced"),
        Rule("SCRUB-014", "crn", "rewrite", "account and instance are replaced; the client reads "
             "cname, service and region out of it, so these stay"),
        Rule("SCRUB-015", "account", "replace", "whose account it is"),
        Rule("SCRUB-016", "guid", "replace", "which instance it is; the same as in its CRN"),
        Rule("SCRUB-017", "plan_id", "replace", "which entry of the catalog: a custom plan has one "
             "of its own"),
        Rule("SCRUB-018", "instance", "replace", "the name that somebody gave an instance; "
             "those of an emulated world and of `qchannel_keep` stay"),
        Rule("SCRUB-019", "hub", "replace", "an organisation; the public 'ibm-q' stays, the client "
             "knows it"),
        Rule("SCRUB-020", "group", "replace", "a part of an organisation; 'open' stays"),
        Rule("SCRUB-021", "project", "replace", "a project's name; 'main' stays"),
        Rule("SCRUB-022", "hgp", "rewrite", "hub, group and project in one, each by its own rule"),
        Rule("SCRUB-023", "user", "replace", "who it was"),
        Rule("SCRUB-024", "email", "replace", "who it was"),
        Rule("SCRUB-025", "person", "replace", "who it was, by name"),
        Rule("SCRUB-026", "ip", "replace", "where it was"),
        Rule("SCRUB-027", "host", "replace", "a machine of the user, or a tenant's own host"),
        Rule("SCRUB-028", "job_id", "replace", "support can look up whose it is"),
        Rule("SCRUB-029", "session_id", "replace", "support can look up whose it is"),
        Rule("SCRUB-030", "trace", "replace", "support can look up whose it is; the header must "
             "be there all the same, the client words its messages by it"),
        Rule("SCRUB-031", "tag", "replace", "somebody's own words, often a project's name; a plain "
             "one that the test itself sends stays, because it stands in the test"),
        Rule("SCRUB-032", "cursor", "replace", "opaque, and ids are inside"),
        Rule("SCRUB-033", "object_url", "replace", "a presigned URL opens what it names"),
        Rule("SCRUB-034", "link", "rewrite", "a URL of the service itself: scrubbed as a request's "
             "URL is, so that following it is replayed"),
        Rule("SCRUB-035", "path", "replace", "paths hold user names"),
        Rule("SCRUB-036", "calibration", "replace", "an id; the same in query, job and session"),
        Rule("SCRUB-037", "image", "replace", "a container image can be a customer's own"),
        Rule("SCRUB-038", "instance_id", "rewrite", "a CRN, a GUID or hub/group/project, whichever "
             "it is, by that rule"),
        Rule("SCRUB-039", "params", "rewrite", "the user's work: circuits become what the hook "
             "rewrite_params gives, or nothing; numbers, arrays of numbers and options stay"),
        Rule("SCRUB-040", "payload", "rewrite", "measured data: numbers and arrays of numbers "
             "stay; metadata that the user wrote becomes empty"),
        Rule("SCRUB-041", "log", "replace", "logs hold paths, host names and whatever was printed"),
        Rule("SCRUB-042", "base_url", "rewrite", "where the other services are: IBM's own hosts "
             "stay, a tenant's host is replaced"),
        Rule("SCRUB-043", "workload_id", "rewrite", "the id of a job or of a session, whichever "
             "it was before"),
        Rule("SCRUB-044", "search", "rewrite", "what was searched for: a word stays, an id that "
             "has a stand-in becomes it, everything else has one of its own"),
        Rule("SCRUB-045", "task_id", "replace", "support can look up whose it is"),
        Rule("SCRUB-046", "word", "replace", "a tag or a search of the test's own that is no plain "
             "word, as a commit's: whatever is sent there in a replay stands for it"),
        Rule("SCRUB-047", "origin", "rewrite", "which program asked, which machine answered: the "
             "client's and the emulator's own names stay, everything else is replaced"),
    )
}  # fmt: skip
