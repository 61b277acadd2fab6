"""Which headers may be kept, and by which rule; all others go.

Those that everybody sends and nobody needs are named, so that only a new one is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["HEADERS", "UNNEEDED"]

HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "request": {
        "accept": "mime",
        "account-id": "account",
        "authorization": "authorization",
        "content-length": "length",
        "content-type": "mime",
        "ibm-api-version": "keep",
        "parent-job-id": "job_id",
        "service-crn": "crn",
        "x-access-token": "access_token",
    },
    "response": {
        "content-length": "length",
        "content-type": "mime",
        "retry-after": "keep",
        # The client words its messages by whether it is there.
        "uber-trace-id": "trace",
    },
}
"""Side -> header in lower case -> name of the rule."""

UNNEEDED: Final = frozenset(
    {
        "accept-encoding", "accept-language", "cache-control", "connection", "content-language",
        "content-encoding", "content-security-policy", "cookie", "date", "etag", "expires",
        "forwarded", "host", "ibm-api-function-id", "keep-alive", "pragma", "proxy-authorization",
        "referrer-policy", "server", "server-timing", "set-cookie", "strict-transport-security",
        "traceparent", "transaction-id", "transfer-encoding", "user-agent", "vary", "via",
        "x-content-type-options", "x-correlation-id", "x-forwarded-for", "x-frame-options",
        "x-qx-client-application", "x-request-id", "x-xss-protection", "cf-cache-status", "cf-ray",
        "ibm-cloud-service-name", "last-modified", "x-real-ip", "x-global-transaction-id",
        "akamai-grn", "x-proxy-upstream-service-time",
    }
)  # fmt: skip
"""Dropped without a word."""
