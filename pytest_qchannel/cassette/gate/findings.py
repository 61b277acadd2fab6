"""What the gate found, told without a word of it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_qchannel.errors import QChannelError

__all__ = ["Finding", "Hit", "SecretFound"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A find before its place is known; ``at`` is an offset, where it is in plain view."""

    rule: str
    what: str
    how: tuple[str, ...]
    at: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What was found, however it was written."""
        return self.rule, self.what


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret in some bytes; never its value, nor a part of it.

    Attributes:
        rule: ``GATE-001`` for a secret that was known, else the pattern's id.
        what: The name of the known secret's variable, or what the pattern looks for.
        how: How it is encoded, outermost first; empty where it is in plain view.
        line: From 1; ``None`` where the bytes have no lines.
        interaction: From 1; ``None`` outside of any, or where the bytes are no cassette.
        path: Where in the document, as ``interactions[0].request.headers.Authorization[0]``.
        request: Method and path of the interaction's request, as far as they may be shown.
        blob: The name of the body that it is in, where that lies beside the cassette.
    """

    rule: str
    what: str
    how: str = ""
    line: int | None = None
    interaction: int | None = None
    path: str = ""
    request: str = ""
    blob: str = ""

    @property
    def place(self) -> str:
        """Line, interaction with its request, and path, as far as they are known."""
        request = f" ({self.request})" if self.request else ""
        parts = [
            f"line {self.line}" if self.line is not None else "",
            f"interaction #{self.interaction}{request}" if self.interaction is not None else "",
            self.path,
            f"blob {self.blob}" if self.blob else "",
        ]
        return ", ".join(part for part in parts if part) or "in the bytes"

    def __str__(self) -> str:
        """Rule, what, how, where."""
        how = f" ({self.how})" if self.how else ""
        return f"{self.rule} {self.what}{how}: {self.place}"


class SecretFound(QChannelError):
    """What was about to be stored, or was stored, holds a secret.

    Args:
        findings: What was found; not empty.
        path: The file, as the user knows it.
    """

    SHOWN = 10

    def __init__(self, findings: list[Finding], path: str) -> None:
        self.findings = tuple(findings)
        self.path = path
        first, *others = findings
        shown = [str(one) for one in others[: self.SHOWN - 1]]
        if len(others) >= self.SHOWN:
            shown.append(f"and {len(others) - self.SHOWN + 1} more")
        super().__init__(
            f"refused to store a secret: {first.rule} {first.what}, {first.place}",
            where=path,
            facts=[
                ("how", first.how),
                ("also", "\n".join(shown)),
            ],
            next="send something else there, or leave the test emulated, without the marker vcr; "
            "where the code sends nothing of it: report this text (qchannel docs scrubbing)",
        )
