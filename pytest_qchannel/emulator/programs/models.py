"""IBM's published models of params and results (``ibm_quantum_schemas``), loaded when needed.

The package needs pydantic and samplomatic, which only newer clients bring; who never submits such
a job need not have it.
"""

from __future__ import annotations

import binascii
import importlib
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeAlias

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.task import Params
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.qiskit_home import imported_for_good
from pytest_qchannel.qpy_header import MOST_BITS, claimed_bits
from pytest_qchannel.reading import MOST_UNPACKED

__all__ = [
    "CALIBRATOR",
    "EXECUTOR",
    "NOISE_LEARNER",
    "Model",
    "NotValid",
    "Published",
    "one_line",
    "read",
    "read_to_run",
    "unpacked",
]

Model: TypeAlias = Any
"""An instance of a published model; of which class, the schema's version decides."""

INSTALL: Final = 'pip install "qiskit-ibm-runtime>=0.47" ibm-quantum-schemas samplomatic'

# Nested deeper than this is no job; pydantic and json have their own limits near 1000.
_DEEPEST: Final = 200


class NotValid(ValueError):
    """The params do not fit their schema; the text is one line for the refusal."""


@dataclass(frozen=True, slots=True)
class Published:
    """A package of models.

    Attributes:
        package: Its name in ``ibm_quantum_schemas``.
        versions: Each ``schema_version`` that the emulator takes, and its module.
    """

    package: str
    versions: Mapping[str, str]


def _published(package: str, *versions: str) -> Published:
    modules = {f"v{one}": f"version_{one.replace('.', '_')}" for one in versions}
    return Published(package, MappingProxyType(modules))


EXECUTOR: Final = _published("executor", "0.1", "0.2", "1.0", "1.1", "2.0")
NOISE_LEARNER: Final = _published("noise_learner_v3", "0.1", "0.2", "0.3")
CALIBRATOR: Final = _published("calibrator", "0.1")


def read(published: Published, params: Params) -> tuple[ModuleType, Model]:
    """The module of models for the ``schema_version`` that params name, and the params in it.

    Raises:
        NotValid: There is no ``schema_version``, or none that is known, or the params do not fit;
            the text names the place and what is wrong there.
        EmulatorGap: ``ibm_quantum_schemas`` or what it needs is not installed.
    """
    version = params.get("schema_version")
    if not isinstance(version, str) or version not in published.versions:
        named = "missing" if version is None else f"{str(version)[:40]!r}"
        raise NotValid(
            f"schema_version: {named}; one of {', '.join(published.versions)} is expected"
        )
    imported_for_good()  # the models import qiskit
    try:
        module = importlib.import_module(
            f"ibm_quantum_schemas.{published.package}.{published.versions[version]}"
        )
    except ImportError as missing:
        raise EmulatorGap(
            f"params of schema_version {version} need a package that is not installed",
            next=INSTALL,
            facts=[("missing", str(missing))],
        ) from None
    for text in _compressed(params):
        _require_bounded(text)
    if (bits := max(map(claimed_bits, unpacked(params)), default=0)) > MOST_BITS:
        raise NotValid(f"a circuit has {bits} bits: too many for the emulator ({MOST_BITS})")
    from pydantic import ValidationError  # here: most tests send no job that needs it

    try:
        return module, module.ParamsModel.model_validate(params)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step)[:60] for step in first["loc"]) or "the top level"
        raise NotValid(one_line(f"{where}: {first['msg']}")) from None
    except Exception as problem:  # the validators unpack data: zlib, struct, binascii, qpy, numpy
        raise NotValid(one_line(f"data that cannot be unpacked: {problem}")) from None


def read_to_run(published: Published, params: Params) -> tuple[ModuleType, Model]:
    """As :func:`read`, for a job that runs.

    Raises:
        JobFailure: The params do not fit.
    """
    try:
        return read(published, params)
    except NotValid as problem:
        said = f"The params are not valid: {problem}."
        raise JobFailure(FailureCode.VALIDATION, said) from None


def unpacked(params: Params) -> Iterator[bytes]:
    """What lies packed in the params, each part of it; what is broken is left to its reader."""
    for text in _compressed(params):
        with suppress(binascii.Error, zlib.error, ValueError):
            data = b64decode(text)  # older schemas do not compress it
            is_plain = data.startswith(b"QISKIT")
            yield data if is_plain else zlib.decompressobj().decompress(data, MOST_UNPACKED)


def one_line(text: object) -> str:
    """The beginning of a text, on one line."""
    return re.sub(r"\s+", " ", str(text)).strip()[:300]


def _compressed(part: object, depth: int = 0) -> Iterator[str]:
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
    if len(text) < 1 << 14:  # zlib packs at most 1:1032, so this is 16 MB at the most
        return
    try:
        inflater = zlib.decompressobj()
        left, size = b64decode(text), 0
        while left and size <= MOST_UNPACKED:
            size += len(inflater.decompress(left, 1 << 20))
            left = inflater.unconsumed_tail
    except (binascii.Error, zlib.error, ValueError):
        return  # not compressed (older schemas), or broken: the model says so
    if size > MOST_UNPACKED:
        raise NotValid(f"data that inflates to more than {MOST_UNPACKED} bytes")
