"""JSON Schemas applied: what is wrong with a request body, in a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from pytest_qchannel.errors import nearest

__all__ = ["first_problem_with", "problem_with"]

_Schema: TypeAlias = Mapping[str, object]
_Errors: TypeAlias = Iterator[ValidationError]


def _no_typos(
    _: object, __: object, instance: object, schema: Mapping[str, Mapping[str, object]]
) -> _Errors:
    if isinstance(instance, dict):
        known = schema["properties"]
        for extra in sorted(set(instance) - set(known)):
            if nearest(extra, known):
                yield ValidationError(f"unknown field {extra!r}")
                return


def _finite(_: object, __: object, instance: object, ___: object) -> _Errors:
    """JSON's grammar has integers of any size, and Python reads NaN and Infinity too."""
    if isinstance(instance, int | float) and not abs(instance) <= sys.float_info.max:
        yield ValidationError("not finite")


_Validator = extend(Draft202012Validator, {"noTypos": _no_typos, "finite": _finite})
_validators: dict[int, tuple[_Schema, Draft202012Validator]] = {}


def _error(data: object, schema: _Schema) -> ValidationError | None:
    """What is most wrong."""
    if id(schema) not in _validators:  # the schema is kept, so that its id stays its own
        _validators[id(schema)] = (schema, _Validator(schema))
    return best_match(_validators[id(schema)][1].iter_errors(data))


def first_problem_with(data: object, schema: _Schema) -> str | None:
    """As :func:`problem_with`, in jsonschema's own words."""
    error = _error(data, schema)
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path)) or "the top level"
    return f"{where}: {' '.join(error.message.split())}"[:300]


def problem_with(data: object, schema: _Schema) -> str | None:
    """What is wrong with ``data``, in a line that names the place; ``None`` when it fits."""
    error = _error(data, schema)
    if error is None:
        return None
    where = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    where = where.lstrip(".") or "the top level"
    if error.validator in ("additionalProperties", "noTypos"):
        known = error.schema["properties"]
        extras = sorted(set(error.instance) - set(known))
        extra = next((one for one in extras if nearest(one, known)), extras[0])
        close = nearest(extra, known)
        return f"{where}: unknown field {extra[:60]!r}" + (
            f", did you mean {close!r}" if close else ""
        )
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{where}: missing {', '.join(missing)}"
    if error.validator == "finite":
        return f"{where}: expected a finite number"
    expected = {
        "type": "type",
        "enum": "one of",
        "const": "exactly",
        "minimum": "at least",
        "exclusiveMinimum": "more than",
    }
    word = expected.get(str(error.validator), str(error.validator))
    return f"{where}: expected {word} {error.validator_value}"[:300]
