"""What a person wrote beside a circuit, given back with its results; a cassette has none of it.

The service tells each result the metadata of its circuit, and programs read it, as the analyses of
experiments do. The job that a replay submits has the circuits, so it is read there. Asked for the
job, the service tells what it was submitted with: names, metadata and layouts of its circuits, too.

Source: ``circuit_metadata`` in the results of Sampler and Estimator, as the client decodes them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from pytest_qchannel.cassette.circuits.packed import unpacked
from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in
from pytest_qchannel.cassette.submitted.submission import fields_of
from pytest_qchannel.qpy_header import first_metadata
from pytest_qchannel.wire import json_object

__all__ = ["CircuitMetadata", "put_back", "put_params_back"]

_FIELD: Final = "circuit_metadata"
NONE: Final = f'"{_FIELD}":{{}}'.encode()
"""What is in every body that has lost some."""

PARAMS: Final = b'"params":{'


class CircuitMetadata:
    """Knows which jobs of a replay were submitted with which circuits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[str, bytes] = {}
        self._read: dict[str, list[object]] = {}

    def hear(self, sent: Interaction, recorded: Interaction) -> None:
        """Takes a job that was submitted, and the answer that tells its id."""
        name = json_object(recorded.response_body).get("id")
        if isinstance(name, str):
            with self._lock:
                self._sent[name] = sent.request_body

    def of(self, recorded: Interaction) -> list[object]:
        """The metadata of each circuit whose results an answer has; empty where all of it is."""
        found = found_in(recorded) if NONE in recorded.response_body else None
        name = found.args.get("job_id", "") if found is not None else ""
        with self._lock:
            if name in self._sent and name not in self._read:
                self._read[name] = _read(self._sent[name])
            read = self._read.get(name, [])
        return read if any(read) else []

    def params_of(self, recorded: Interaction) -> dict[str, object] | None:
        """The params that the job was submitted with which an answer tells params of."""
        found = found_in(recorded) if PARAMS in recorded.response_body else None
        with self._lock:
            body = self._sent.get(found.args.get("job_id", "") if found is not None else "")
        params = json_object(body or b"").get("params")
        return params if isinstance(params, dict) else None


def put_params_back(job: object, params: dict[str, object]) -> None:
    """Puts them into a job that was answered with these, names of circuits and all."""
    told = job.get("params") if isinstance(job, dict) else None
    if isinstance(job, dict) and isinstance(told, dict) and told.keys() == params.keys():
        job["params"] = params


def put_back(document: object, metadata: list[object]) -> None:
    """Puts it into results, where there is a place for each circuit."""
    places = list(_places(document))
    if len(places) == len(metadata):
        for place, one in zip(places, metadata, strict=True):
            place[_FIELD] = one


def _places(document: object) -> Iterator[dict[str, object]]:
    """The objects of an answer that have lost it, in order."""
    if isinstance(document, dict):
        if document.get(_FIELD) == {}:
            yield document
        for one in document.values():
            yield from _places(one)
    elif isinstance(document, list):
        for one in document:
            yield from _places(one)


def _read(body: bytes) -> list[object]:
    """The metadata of the circuit of each PUB."""
    params = (fields_of(body) or {}).get("params")
    pubs = params.get("pubs") if isinstance(params, dict) else None
    return [_metadata(one) for one in pubs] if isinstance(pubs, list) else []


def _metadata(pub: object) -> object:
    circuit = pub[0] if isinstance(pub, list) and pub else None
    if not isinstance(circuit, dict):
        return {}  # OpenQASM has none
    return json_object(first_metadata(unpacked(str(circuit.get("__value__")))))
