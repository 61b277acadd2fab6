"""A submission for people: what an index says of it, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Final, TypeGuard

from pytest_qchannel.cassette.circuits.differences import circuit_difference
from pytest_qchannel.cassette.circuits.fingerprint import fingerprint, same_form
from pytest_qchannel.cassette.circuits.shape import ArrayForm
from pytest_qchannel.cassette.circuits.words import listing, value_words
from pytest_qchannel.cassette.submitted.submission import (
    Submission,
    circuit_of,
    map_form,
    walk_circuits,
)
from pytest_qchannel.counted import counted

__all__ = ["describe", "submission_differences"]

MOST_LINES: Final = 60
"""Of a longer circuit the index shows the beginning; the whole is in the blob of the body."""

_PUB: Final = {
    "sampler": ("circuit", "parameter values", "shots"),
    "estimator": ("circuit", "observables", "parameter values", "precision"),
}
_SHORT: Final = 300
_MOST_SAID: Final = 6

_Texts = Mapping[int, Mapping[str, object]]


def describe(submission: Submission) -> dict[str, object]:
    """What was submitted, in words: plain JSON, small, the same for the same submission.

    Returns:
        ``program``, ``backend``, the fingerprint, ``pubs`` or ``params``, ``options`` and the
        other fields that the client sent.
    """
    form = submission.form
    texts = _texts(submission)
    said: dict[str, object] = {
        "program": form.get("program_id"),
        "fingerprint": submission.fingerprint,
    }
    said |= {k: _short(v) for k, v in form.items() if k not in ("program_id", "params")}
    params = form.get("params")
    if not isinstance(params, dict):
        return said
    rest = dict(params)
    names = _PUB.get(str(form.get("program_id")))
    if names and isinstance(params.get("pubs"), list):
        said["pubs"] = [_pub(pub, names, texts) for pub in rest.pop("pubs")]
    return said | {k: _short(map_form(v, lambda one: _said(one, texts))) for k, v in rest.items()}


def _texts(submission: Submission) -> dict[int, dict[str, object]]:
    """What to say of each circuit, by the identity of its form; of equal ones it is said once."""
    decoded = iter(submission.texts)
    first: dict[str, int] = {}
    texts: dict[int, dict[str, object]] = {}
    for number, (_, form) in enumerate(walk_circuits(submission.form)):
        in_words, known = next(decoded, None), fingerprint(form)
        said = texts[id(form)] = {"fingerprint": known, "depth": form.get("depth")}
        if known in first:
            said["same as"] = f"circuit {first[known]}"
            continue
        first[known] = number
        language, text = in_words() if in_words is not None else ("listing", listing(form))
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            more = f"// ... {counted(len(lines) - MOST_LINES, 'more line')}"
            text = "\n".join([*lines[:MOST_LINES], more]) + "\n"
        said[language] = text
    return texts


def _pub(pub: object, names: tuple[str, ...], texts: _Texts) -> object:
    if not isinstance(pub, list):
        return _short(pub)
    said = {}
    for name, value in zip_longest(names, pub[: len(names)]):
        if value is not None:
            said[name] = _short(map_form(value, lambda one: _said(one, texts)))
    return said


def _said(form: dict[str, object], texts: _Texts) -> object:
    if (circuit := circuit_of(form)) is not None:
        return texts[id(circuit)]
    if _is_array(form):
        values = form.get("values")
        shown = values if values is not None and len(values) <= 16 else None
        return {"shape": form["shape"]} | ({"values": shown} if shown is not None else {})
    return None


def _is_array(form: object) -> TypeGuard[ArrayForm]:
    """Whether a form is an array's; a samplex has fields of that name, too."""
    if not isinstance(form, dict):
        return False
    return isinstance(form.get("array"), str) and isinstance(form.get("shape"), list)


def _short(value: object) -> object:
    """The value, or its beginning where it is long; circuits in words are left whole."""
    if isinstance(value, dict):
        if "fingerprint" in value:
            return value
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        text = json.dumps(value)
        if len(text) <= _SHORT or "fingerprint" in text:
            return [_short(one) for one in value]
        return f"{counted(value, 'entry', 'entries')}, the first is {json.dumps(value[0])[:_SHORT]}"
    if isinstance(value, str) and len(value) > _SHORT:
        return f"{value[:_SHORT]}... ({len(value)} characters)"
    return value


def submission_differences(recorded: Submission, sent: Submission) -> list[str]:
    """How two submissions differ, one sentence each, the most telling first.

    Returns:
        Empty where they match; at most seven sentences, the last of which counts what is left.
    """
    found = list(_differences(recorded.form, sent.form))
    more = len(found) - _MOST_SAID
    return [*found[:_MOST_SAID], f"and {counted(more, 'more difference')}"] if more > 0 else found


def _differences(recorded: Mapping[str, object], sent: Mapping[str, object]) -> Iterator[str]:
    one, two = recorded.get("program_id"), sent.get("program_id")
    if one != two:
        yield f"program: recorded {one}, sent {two}"
        return
    mine, its = dict(recorded), dict(sent)
    params, its_params = mine.pop("params", None), its.pop("params", None)
    names = _PUB.get(str(one))
    if names and isinstance(params, dict) and isinstance(its_params, dict):
        params, its_params = dict(params), dict(its_params)
        pubs, its_pubs = params.pop("pubs", None), its_params.pop("pubs", None)
        if isinstance(pubs, list) and isinstance(its_pubs, list):
            yield from _pub_differences(pubs, its_pubs, names)
        else:
            yield from _walk(pubs, its_pubs, "pubs")
    yield from _walk(params, its_params, "")
    yield from _walk(mine, its, "")


def _pub_differences(
    recorded: list[object], sent: list[object], names: tuple[str, ...]
) -> Iterator[str]:
    if len(recorded) != len(sent):
        yield f"number of PUBs: recorded {len(recorded)}, sent {len(sent)}"
    for number, (one, two) in enumerate(zip(recorded, sent, strict=False)):
        if not isinstance(one, list) or not isinstance(two, list):
            yield from _walk(one, two, f"PUB {number}")
            continue
        for name, mine, its in zip_longest(names, one, two):
            where = f"circuit {number}" if name == "circuit" else f"PUB {number}, {name}"
            yield from _walk(mine, its, where)


def _walk(one: object, two: object, where: str) -> Iterator[str]:
    if same_form(one, two):
        return
    if isinstance(one, dict) and isinstance(two, dict):
        mine, its = circuit_of(one), circuit_of(two)
        if mine is not None and its is not None:
            yield f"{where}: {circuit_difference(mine, its)}"
        elif _is_array(one) and _is_array(two):
            yield f"{where}: {_array_difference(one, two)}"
        elif "sha256" in one and "sha256" in two and one["sha256"] != two["sha256"]:
            yield f"{where}: other contents"
        elif where.endswith("observables"):
            yield f"{where}: recorded {_shown(one)}, sent {_shown(two)}"
        else:
            for name in [*one, *(two.keys() - one.keys())]:
                path = f"{where}.{name}" if where else name
                yield from _walk(one.get(name, _ABSENT), two.get(name, _ABSENT), path)
    elif isinstance(one, list) and isinstance(two, list) and not where.endswith("observables"):
        if len(one) != len(two):
            yield f"{where}: recorded {counted(one, 'entry', 'entries')}, sent {len(two)}"
        for number, (here, there) in enumerate(zip(one, two, strict=False)):
            path = f"circuit {number}" if _is_circuit(here, there) else f"{where}[{number}]"
            yield from _walk(here, there, path)
    else:
        yield f"{where}: recorded {_shown(one)}, sent {_shown(two)}"


_ABSENT: Final = object()


def _is_circuit(one: object, two: object) -> bool:
    return circuit_of(one) is not None and circuit_of(two) is not None


def _array_difference(one: ArrayForm, two: ArrayForm) -> str:
    if one["shape"] != two["shape"]:
        return f"recorded shape {tuple(one['shape'])}, sent shape {tuple(two['shape'])}"
    if "values" in one and "values" in two:
        for number, (mine, its) in enumerate(zip(one["values"], two["values"], strict=False)):
            if not same_form(mine, its):
                return f"value {number}, recorded {value_words(mine)}, sent {value_words(its)}"
    return "other values"


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "none"
    if (circuit := circuit_of(value)) is not None:
        return f"a circuit of depth {circuit.get('depth')}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."
