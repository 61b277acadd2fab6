"""Cloud Resource Names: how IBM Cloud writes down which service instance is meant.

``crn:v1:bluemix:public:quantum-computing:us-east:a/<account>:<guid>::`` has ten fields between
colons. The client reads the region out of it, so it must be taken apart and never guessed.
Source: IBM Cloud's CRN format; ``qiskit_ibm_runtime`` ``api/utils.py`` and ``utils/utils.py``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.errors import UsageProblem

__all__ = ["CRN", "CRN_HEADER", "SERVICE"]

CRN_HEADER: Final = "service-crn"
"""The header that names the instance of a request."""

SERVICE: Final = "quantum-computing"
"""What the service is called in a CRN, and in a search for instances."""

_EXAMPLE = f"crn:v1:bluemix:public:{SERVICE}:us-east:a/<account>:<guid>::"
_MEND = "copy the CRN from the Instances page of the IBM Quantum Platform"
_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")
_ACCOUNT = re.compile(r"a/[0-9a-f]{32}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class CRN:
    """A CRN of an instance of the quantum service, in parts."""

    region: str
    account_id: str
    guid: str
    cname: str = "bluemix"
    service: str = SERVICE

    def __str__(self) -> str:
        """The CRN as it is sent in ``Service-CRN``."""
        return (
            f"crn:v1:{self.cname}:public:{self.service}:{self.region}:"
            f"a/{self.account_id}:{self.guid}::"
        )

    @classmethod
    @functools.lru_cache(maxsize=64)  # each request names the same
    def parse(cls, text: str) -> CRN:
        """The parts of a CRN.

        Raises:
            UsageProblem: ``text`` is no CRN of a quantum instance; says which field is wrong.
        """
        fields = text.strip().split(":")
        if len(fields) != 10 or fields[0] != "crn":
            raise UsageProblem(
                "not a CRN: it must have ten fields between colons and start with 'crn'",
                facts=[("got", f"{len(fields)} fields, the first is {fields[0][:12]!r}")],
                closest=_EXAMPLE,
                next=_MEND,
            )
        for number, name, good in (
            (2, "version", fields[1] == "v1"),
            (3, "cname", bool(_WORD.fullmatch(fields[2]))),
            (4, "ctype", fields[3] == "public"),
            (5, "service", fields[4] == SERVICE),
            # It becomes a part of the host name that credentials are sent to.
            (6, "region", bool(_WORD.fullmatch(fields[5]))),
            (7, "account", bool(_ACCOUNT.fullmatch(fields[6]))),
            (8, "instance", bool(_GUID.fullmatch(fields[7]))),
            (9, "resource type", not fields[8]),
            (10, "resource", not fields[9]),
        ):
            if not good:
                raise UsageProblem(
                    f"not a CRN of a quantum instance: field {number} ({name}) is wrong",
                    closest=_EXAMPLE,
                    next=_MEND,
                )
        return cls(
            region=fields[5],
            account_id=fields[6][2:],
            guid=fields[7],
            cname=fields[2],
            service=fields[4],
        )
