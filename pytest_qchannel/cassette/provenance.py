"""Where a cassette comes from: what its index says before the first interaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from pytest_qchannel.modes import Source

__all__ = ["Provenance", "now_text"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The circumstances of a recording; ``passport`` in its index, where that word stays.

    Attributes:
        channel: The account channel, as ``ibm_cloud``.
        recorded_from: ``emulator`` or ``live``.
        recorded_at: ISO 8601, UTC, to the second, as ``2026-11-23T21:00:00+00:00``.
        client: The version of qiskit-ibm-runtime.
        plugin: The version of this package.
        qiskit: The version of Qiskit.
        scrubber: The version of the scrubbing rules.
        qpu_seconds: What the recorded jobs used of a QPU; 0 for the emulator.
    """

    channel: str
    recorded_from: str
    recorded_at: str
    client: str
    plugin: str
    qiskit: str
    scrubber: str
    qpu_seconds: float = 0.0

    def age_days(self, now: datetime) -> float:
        """Days between the recording and ``now``, which must know its time zone."""
        return (now - datetime.fromisoformat(self.recorded_at)).total_seconds() / 86_400

    def to_plain(self) -> dict[str, Any]:
        """As the index has it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: object) -> Provenance:
        """Read from an index.

        Raises:
            ValueError: A field is missing, unknown or has a wrong value; says which.
        """
        if not isinstance(plain, dict):
            raise ValueError("the passport is no mapping")
        names = [one.name for one in fields(cls)]
        for name in plain:
            if name not in names:
                raise ValueError(f"the passport has an unknown field {str(name)[:40]!r}")
        for name in names:
            if name not in plain:
                raise ValueError(f"the passport has no {name!r}")
            wanted = (int, float) if name == "qpu_seconds" else (str,)
            if not isinstance(plain[name], wanted) or isinstance(plain[name], bool):
                raise ValueError(f"the passport's {name!r} is no {wanted[-1].__name__}")
        if plain["recorded_from"] not in tuple(Source):
            raise ValueError(f"'recorded_from' is none of {', '.join(Source)}")
        try:
            when = datetime.fromisoformat(plain["recorded_at"])
        except ValueError:
            raise ValueError("'recorded_at' is no time in ISO 8601") from None
        if when.tzinfo is None:
            raise ValueError("'recorded_at' has no time zone; write +00:00 for UTC")
        return cls(**{**plain, "qpu_seconds": float(plain["qpu_seconds"])})


def now_text(now: datetime | None = None) -> str:
    """A time as ``recorded_at`` has it; by default the present."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
