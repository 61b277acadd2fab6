"""IBM's published models of params and results (``ibm_quantum_schemas``), loaded when needed.

The package needs pydantic and samplomatic, which only newer clients bring; who never submits such
a job need not have it.
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, Final

from pytest_qchannel.emulator.programs.codec import MOST_BYTES
from pytest_qchannel.errors import EmulatorGap

__all__ = ["NotValid", "parsed", "said_of", "schema"]

INSTALL: Final = 'pip install "qiskit-ibm-runtime>=0.47" ibm-quantum-schemas samplomatic'

# Nested deeper than this is no job; pydantic and json have their own limits near 1000.
_DEEPEST: Final = 200


class NotValid(ValueError):
    """The params do not fit their schema; the text is one line for the refusal."""


def schema(program: str, versions: Mapping[str, str], params: Mapping[str, Any]) -> ModuleType:
    """The module of models for the ``schema_version`` that the params name.

    Args:
        program: The package in ``ibm_quantum_schemas``: ``"executor"``.
        versions: Each ``schema_version`` that the program takes, and its module.
        params: What the client sent.

    Raises:
        NotValid: There is no ``schema_version``, or none that is known.
        EmulatorGap: ``ibm_quantum_schemas`` or what it needs is not installed.
    """
    version = params.get("schema_version")
    if not isinstance(version, str) or version not in versions:
        named = "missing" if version is None else f"{str(version)[:40]!r}"
        raise NotValid(f"schema_version: {named}; one of {', '.join(versions)} is expected")
    try:
        return importlib.import_module(f"ibm_quantum_schemas.{program}.{versions[version]}")
    except ImportError as missing:
        raise EmulatorGap(
            f"params of schema_version {version} need a package that is not installed",
            next=INSTALL,
            facts=[("missing", str(missing))],
        ) from None


def parsed(model: Any, params: Mapping[str, Any]) -> Any:
    """The params as an instance of the schema's model.

    Raises:
        NotValid: They do not fit; the text names the place and what is wrong there.
    """
    from pydantic import ValidationError

    for text in _compressed(params):
        _require_bounded(text)
    try:
        return model.model_validate(params)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step)[:60] for step in first["loc"]) or "the top level"
        raise NotValid(said_of(f"{where}: {first['msg']}")) from None
    except Exception as problem:  # the validators unpack data: zlib, struct, binascii, qpy, numpy
        raise NotValid(said_of(f"data that cannot be unpacked: {problem}")) from None


def said_of(text: object, most: int = 300) -> str:
    """One line of at most ``most`` characters."""
    return re.sub(r"\s+", " ", str(text)).strip()[:most]


def _compressed(part: Any, depth: int = 0) -> Iterator[str]:
    """The base64 texts in the params that the models would inflate."""
    if depth > _DEEPEST:
        raise NotValid(f"the params are nested more than {_DEEPEST} levels deep")
    if isinstance(part, Mapping):
        for name in ("data", "b64_data"):
            if isinstance(part.get(name), str):
                yield part[name]
        for value in part.values():
            yield from _compressed(value, depth + 1)
    elif isinstance(part, list):
        for value in part:
            yield from _compressed(value, depth + 1)


def _require_bounded(text: str) -> None:
    """Refuses data that inflates to more than any job has; the models inflate without a limit."""
    import binascii
    from base64 import b64decode

    if len(text) < 1 << 14:  # zlib packs at most 1:1032, so this is 16 MB at the most
        return
    try:
        inflater = zlib.decompressobj()
        left, size = b64decode(text), 0
        while left and size <= MOST_BYTES:
            size += len(inflater.decompress(left, 1 << 20))
            left = inflater.unconsumed_tail
    except (binascii.Error, zlib.error, ValueError):
        return  # not compressed (older schemas), or broken: the model says so
    if size > MOST_BYTES:
        raise NotValid(f"data that inflates to more than {MOST_BYTES} bytes")
