"""Calibration snapshots: the JSON files that ship inside the installed ``qiskit_ibm_runtime``.

They are IBM's own recordings of its devices. The files are found without importing the client
(which takes over a second) and served byte for byte, but for what was only for pulses and for
dates; what the emulator itself needs of a configuration is read from it once per process.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pytest_qchannel.emulator.world.clock import from_iso
from pytest_qchannel.ibm.releases import is_twin

__all__ = ["FRACTIONAL_GATES", "Snapshot", "available", "load", "served"]


_ONLY_FOR_PULSES: Final = frozenset({
    "acquisition_latency", "channels", "conditional_latency", "hamiltonian", "meas_lo_range",
    "n_uchannels", "parametric_pulses", "qubit_channel_mapping", "qubit_lo_range", "rep_times",
    "u_channel_lo", "uchannels_enabled",
})  # fmt: skip
"""Fields of a configuration that were sent while devices played pulses; up to nine tenths of it.

Source: none of the configurations in client 0.51 that were recorded of Heron and Nighthawk devices
in 2026 has one of them, and ``open_pulse`` is false in all; each one of 2025 has them all. IBM's
API description calls ``hamiltonian`` deprecated. That devices recorded earlier lack them by now,
too, is inferred.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One device as the client's ``fake_provider`` recorded it; the three files as bytes."""

    name: str
    configuration: bytes
    recorded_properties: bytes
    """As in the file: its dates are those of the person who recorded it."""
    defaults: bytes
    facts: Mapping[str, Any]
    """The configuration, decoded; read it, never change it."""
    source: str
    """The device that was recorded; another one than ``name`` where that is served under it."""
    has_fractional_gates: bool = False
    """Whether ``rx`` and ``rzz`` were added to what was recorded."""

    @property
    def configuration_without_pulses(self) -> bytes:
        """The configuration as the service has sent it since no device plays pulses."""
        return _without_pulses(self)

    @property
    def properties(self) -> bytes:
        """The properties as the service sends them: those recorded, but for dates, if they do."""
        return _properties(self)

    @property
    def is_heron(self) -> bool:
        """Whether it is of the family whose devices have fractional gates."""
        kind = self.facts.get("processor_type")
        return isinstance(kind, dict) and kind.get("family") == "Heron"

    @property
    def online_at(self) -> float:
        """The device's first day, in seconds since the epoch."""
        return from_iso(str(self.facts.get("online_date") or "1970-01-01"))

    @property
    def is_mock(self) -> bool:
        """Whether the device only pretends, for jobs that are a ``dry_run``.

        Their results have the shape of the real ones and hold random data, as the client documents.
        """
        return is_twin(self.name)

    @property
    def num_qubits(self) -> int:
        """How many qubits the device has."""
        return int(self.facts["n_qubits"])

    @property
    def max_shots(self) -> int:
        """The most shots that one PUB may ask for."""
        return int(self.facts["max_shots"])

    @property
    def default_rep_delay_s(self) -> float:
        """The pause between two shots, in seconds (the file has microseconds)."""
        return float(self.facts.get("default_rep_delay") or 250.0) * 1e-6

    @property
    def rep_delay_range_s(self) -> tuple[float, float]:
        """The shortest and the longest pause between two shots that a job may ask for."""
        low, high = self.facts.get("rep_delay_range") or (0.0, 500.0)
        return float(low) * 1e-6, float(high) * 1e-6


@functools.cache
def _without_pulses(snapshot: Snapshot) -> bytes:
    if not snapshot.facts.keys() & _ONLY_FOR_PULSES:
        return snapshot.configuration
    kept = {name: one for name, one in snapshot.facts.items() if name not in _ONLY_FOR_PULSES}
    return json.dumps(kept | {"open_pulse": False}).encode()


@functools.cache
def _folder() -> Path:
    spec = importlib.util.find_spec("qiskit_ibm_runtime")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("qiskit_ibm_runtime is not installed")
    return Path(spec.submodule_search_locations[0]) / "fake_provider" / "backends"


def _files(folder: Path) -> dict[str, Path]:
    return {path.name.split("_", 1)[0]: path for path in sorted(folder.glob("*_*.json"))}


@functools.cache
def available() -> Mapping[str, Path]:
    """Folders of the devices with a configuration and properties, by device name.

    A snapshot whose configuration names another device than its folder does (a few old files
    say ``alt_...``) is left out: the client refuses a configuration under another name.
    """
    found: dict[str, Path] = {}
    for folder in sorted(_folder().iterdir()):
        if not folder.is_dir():
            continue
        files = _files(folder)
        if not {"conf", "props"} <= files.keys():
            continue
        with files["conf"].open("rb") as stream:
            head = stream.read(200).decode("utf-8", "replace")
        for prefix in ("ibm_", "ibmq_"):
            if f'"{prefix}{folder.name}"' in head:
                found[f"{prefix}{folder.name}"] = folder
    return MappingProxyType(found)


@functools.cache
def load(name: str) -> Snapshot:
    """The snapshot of the device ``name``, read once per process.

    Raises:
        KeyError: The installed client ships no such snapshot; see :func:`available`.
    """
    files = _files(available()[name])
    configuration = _with_sent_dates(files["conf"].read_bytes())
    return Snapshot(
        name=name,
        configuration=configuration,
        recorded_properties=files["props"].read_bytes(),
        # Only client 0.34 asks for pulse defaults, and only it ships them.
        defaults=files["defs"].read_bytes() if "defs" in files else b"{}",
        facts=MappingProxyType(json.loads(configuration)),
        source=name,
    )


@functools.cache
def served(source: str, name: str, has_fractional_gates: bool | None = None) -> Snapshot:
    """The snapshot of ``source`` as the device ``name`` serves it today.

    Its flags are those that the service gives by now, whatever the age of the snapshot: a device
    that takes OpenQASM 3 has ``dynamic_circuits`` among its features, as all that were recorded in
    2026 have, and a Heron the quick measurement for the middle of a circuit. Fractional gates (by
    default a Heron's) are added to a configuration, which the client recorded without them.
    Recorded properties of Herons have them; in others ``rx`` gets the errors and lengths of the
    qubit's ``sx``, ``rzz`` those of the pair's ``cz``.

    Raises:
        KeyError: The installed client ships no such snapshot; see :func:`available`.
    """
    recorded = load(source)
    if has_fractional_gates is None:
        has_fractional_gates = recorded.is_heron
    facts = {**recorded.facts, "backend_name": name}
    features = facts.get("supported_features", [])
    if "qasm3" in features and "dynamic_circuits" not in features:
        facts["supported_features"] = [*features, "dynamic_circuits"]
    if recorded.is_heron and "qasm3" in features:
        facts |= _with_mid_circuit_readout(facts)
    if has_fractional_gates:
        facts |= _with_fractional_gates(facts)
    return replace(
        recorded,
        name=name,
        configuration=recorded.configuration
        if facts == recorded.facts
        else json.dumps(facts).encode(),
        facts=MappingProxyType(facts),
        has_fractional_gates=has_fractional_gates,
    )


def _with_mid_circuit_readout(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a configuration that tell what goes in the middle of a circuit, made whole.

    Source: what the service listed for Heron devices in 2026; the form is that of configurations
    recorded then. How long ``measure_2`` takes elsewhere nobody has written down.
    """
    known = facts.get("supported_instructions", [])
    added = [name for name in ("measure_2", "if_else", "store") if name not in known]
    found: dict[str, Any] = {"supported_instructions": [*known, *added]}
    if "measure_2" in added:
        gate: dict[str, Any] = {"name": "measure_2", "parameters": [], "qasm_def": None}
        signature = {
            "name": "measure_2",
            "num_qubits": 1,
            "num_clbits": 1,
            "parameters": [],
            "return_type": "Bool",
        }
        found["gates"] = [*facts["gates"], gate]
        found["instruction_signatures"] = [*facts.get("instruction_signatures", []), signature]
    return found


def _with_sent_dates(recorded: bytes) -> bytes:
    """A file with its dates as the service sends them: in UTC, with ``Z``.

    The client took them for UTC when the file was recorded (its ``utc_to_local`` drops what offset
    there is) and wrote them down in the recorder's zone; sent on like that they were hours off.
    Source: ``FakeBackendV2.refresh`` of the client; IBM's API description, for the digits: the
    seconds of ``last_update_date`` have none, others three. The files have microseconds in some,
    which are kept.
    """
    return _DATE.sub(lambda found: found[1] + _sent_date(found[2], found[3]) + b'"', recorded)


_DATE: Final = re.compile(rb'("(last_update_|online_)?date":\s*")([^"]+)"')


@functools.cache
def _sent_date(prefix: bytes | None, recorded: bytes) -> bytes:
    moment = datetime.fromisoformat(recorded.decode()).astimezone(UTC)
    digits = "milliseconds"
    if prefix == b"last_update_":
        digits = "seconds"
    elif moment.microsecond % 1_000:
        digits = "microseconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z").encode()


@functools.cache
def _properties(snapshot: Snapshot) -> bytes:
    recorded = _with_sent_dates(snapshot.recorded_properties)
    if snapshot.name == snapshot.source and not snapshot.has_fractional_gates:
        return recorded
    properties = json.loads(recorded)
    properties["backend_name"] = snapshot.name
    if snapshot.has_fractional_gates:
        gates = properties["gates"]
        known = {entry["gate"] for entry in gates}
        for name, (like, _) in FRACTIONAL_GATES.items():
            if name not in known:
                gates += [
                    {**one, "gate": name, "name": name + "_".join(map(str, one["qubits"]))}
                    for one in gates
                    if one["gate"] == like
                ]
    return json.dumps(properties).encode()


FRACTIONAL_GATES: Final = {"rx": ("sx", "theta"), "rzz": ("cz", "theta")}
"""Fractional gate -> the gate whose places and calibration it has, and its parameter."""


def _with_fractional_gates(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a configuration that tell of gates, with those that it lacks."""
    by_name = {gate["name"]: gate for gate in facts["gates"]}
    added = {
        name: {**by_name[like], "name": name, "parameters": [parameter], "qasm_def": ""}
        for name, (like, parameter) in FRACTIONAL_GATES.items()
        if name not in by_name and like in by_name
    }
    named = [one for one in ("basis_gates", "supported_instructions") if one in facts]
    return {"gates": [*facts["gates"], *added.values()]} | {
        one: [*facts[one], *(name for name in added if name not in facts[one])] for one in named
    }
