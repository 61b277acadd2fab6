"""A submitted job in a form that can be compared, stored and read: the body of ``POST /jobs``.

What the transpiler service is sent has such a form, too: its whole body counts as the params.

A body holds its circuits as QPY, which another Qiskit writes otherwise and which counts names and
draws UUIDs: the same submission never has the same bytes twice. So circuits become their forms
(:mod:`.circuits.form`), arrays become their elements, and every other compressed value becomes a
hash of what it holds. That form is what a cassette keeps as the body of the request; it can be
read without the Qiskit that wrote the QPY, and no name can hide in it that JSON would not show.

What a program other than Sampler and Estimator takes (executor, noise learner) needs no schema
here: circuits, arrays, tensors and JSON within JSON are known wherever they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pytest_qchannel.cassette.circuits.fingerprint import fingerprint, same_form
from pytest_qchannel.cassette.circuits.shape import CircuitForm
from pytest_qchannel.cassette.scrub.texts import PERSONAL, harmless_text, without_texts
from pytest_qchannel.qiskit_home import imported_for_good
from pytest_qchannel.wire import json_object

__all__ = [
    "MARK",
    "Submission",
    "circuit_of",
    "fields_of",
    "map_form",
    "read_submission",
    "walk_circuits",
]

MARK: Final = "qchannel_submission"
VERSION: Final = 1

# Who sends it is told by the CRN or the provider; log levels change no result.
_IGNORED: Final = frozenset({"hub", "group", "project", "log_level"})

# Samplomatic counts the bases of boxes through the whole process, so that the name of one depends
# on the tests before. Source: GroupMeasIntoBoxes._REF_COUNTER of samplomatic 0.21.
_COUNTED: Final = re.compile(r"(?<=\bbasis_changes\.basis)\d+\b")
_OF_A_CIRCUIT: Final = {"qubits": int, "clbits": int, "cregs": list, "ops": list}
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_HASHES: Final = frozenset({"sha256", "unreadable"})


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted.

    Attributes:
        form: ``program``, ``params`` and the other fields of the body; plain JSON, the circuits
            of which are ``{"circuit": form}``.
        texts: What gives each circuit in words, language and text, in the order of the form; empty
            if it was read from a form.
        sent: Its params before stand-ins took the place of texts; never to be kept.
    """

    form: dict[str, object]
    texts: tuple[Callable[[], tuple[str, str]], ...] = field(default=(), compare=False, repr=False)
    sent: object = field(default=None, compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """Equal for equal submissions: 32 hexadecimal digits."""
        return fingerprint(self.form)

    def matches(self, other: Submission) -> bool:
        """Whether both submit the same; see :func:`~.circuits.fingerprint.same_form`."""
        return self.fingerprint == other.fingerprint or same_form(self.form, other.form)

    def to_bytes(self) -> bytes:
        """The form as JSON; the same submission always gives the same bytes."""
        kept = {MARK: VERSION, **self.form}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_submission(body: bytes, *, is_job: bool = True) -> Submission | None:
    """The submission in a body, whether a client sent it or a cassette has it.

    Args:
        body: That of ``POST /jobs``, or of an order of the transpiler service.
        is_job: Which of both.

    Returns:
        ``None`` where the body is no JSON object, or of a job one without a ``program_id``:
        nothing is known of it.
    """
    data = fields_of(body) if is_job else _order_of(body)
    if data is None:
        return None
    if MARK in data:
        # What older rules kept compares with what these leave.
        kept = {n: _harmless(v) if n == "params" else v for n, v in data.items() if n != MARK}
        return Submission(kept)
    if b"basis_changes.basis" in body:
        data = _counted_anew(data)
    imported_for_good()
    from pytest_qchannel.cassette.submitted.reading import Reader  # here: it needs Qiskit

    reader = Reader()
    form = {
        name: value if name == "tags" else reader.read(value)  # a tag may be JSON, and is a word
        for name, value in data.items()
        if name not in _IGNORED and value is not None
    }
    tags = form.get("tags")
    if isinstance(tags, list):
        form["tags"] = sorted(tags, key=str)  # a set has no order
    sent = form.get("params")
    if "params" in form:
        form["params"] = _harmless(sent)
    # What was taken out must not come back with the words that are made of the circuits.
    is_same = form.get("params") == sent
    return Submission(form, tuple(reader.texts) if is_same else (), sent)


def fields_of(body: bytes) -> dict[str, object] | None:
    """The fields of such a body as they stand there, the circuits packed; ``None`` as above."""
    data = json_object(body)
    is_one = MARK in data or isinstance(data.get("program_id"), str)
    return data if is_one else None


def _order_of(body: bytes) -> dict[str, object] | None:
    """The body of an order of the transpiler service as params."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return data if MARK in data else {"params": data}


def _counted_anew(data: object) -> dict[str, object]:
    """A body in which what was counted through the process begins at 0."""
    text = json.dumps(data)
    found = sorted({int(number) for number in _COUNTED.findall(text)})
    anew = {number: str(place) for place, number in enumerate(found)}
    counted: dict[str, object] = json.loads(_COUNTED.sub(lambda one: anew[int(one[0])], text))
    return counted


def _harmless(form: object) -> object:
    """The form with every text replaced that looks like a secret, an address or a path.

    Of what a person put beside an executor's program, every text is.

    The replacement depends on nothing but the text, so a recorded and a sent one still compare.
    """
    if isinstance(form, dict):
        return {
            _harmless(name): one
            if name in _HASHES and isinstance(one, str) and _HASH.fullmatch(one)
            else without_texts(one)
            if name == PERSONAL
            else _harmless(one)
            for name, one in form.items()
        }
    if isinstance(form, list):
        return [_harmless(one) for one in form]
    return harmless_text(form) if isinstance(form, str) else form


def circuit_of(value: object) -> CircuitForm | None:
    """The circuit's form that a value of a submission's form is, if it is one.

    A program may call one of its own params ``circuit``: that one holds such a value.
    """
    inner: CircuitForm | None = value.get("circuit") if isinstance(value, dict) else None
    is_one = isinstance(inner, dict) and all(
        isinstance(inner.get(name), kind) for name, kind in _OF_A_CIRCUIT.items()
    )
    return inner if is_one else None


def walk_circuits(form: object, where: str = "") -> Iterator[tuple[str, CircuitForm]]:
    """Each circuit's form within a submission's, with the JSON path it stands at."""
    if isinstance(form, dict):
        if (circuit := circuit_of(form)) is not None:
            yield where, circuit
            return
        for name, one in form.items():
            yield from walk_circuits(one, f"{where}.{name}" if where else name)
    elif isinstance(form, list):
        for number, one in enumerate(form):
            yield from walk_circuits(one, f"{where}[{number}]")


def map_form(form: object, change: Callable[[dict[str, object]], object]) -> object:
    """The form with each mapping replaced by what ``change`` makes of it, unless that is None."""
    if isinstance(form, dict):
        changed = change(form)
        if changed is not None:
            return changed
        return {name: map_form(one, change) for name, one in form.items()}
    if isinstance(form, list):
        return [map_form(one, change) for one in form]
    return form
