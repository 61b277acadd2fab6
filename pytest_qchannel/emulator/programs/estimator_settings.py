"""What a resilience level and the options mean for one Estimator job.

Source: ``estimator.version_0_1`` of ibm-quantum-schemas, and the defaults that the options models
of qiskit-ibm-runtime 0.34 to 0.51 tell of the service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_qchannel.emulator.programs.options import Split, group, names_both_factors, split

__all__ = ["Settings", "Zne", "problem_with_options"]

DEFAULT_PRECISION: Final = 0.015625
_DD_DEFAULTS: Final = {
    "enable": False,
    "sequence_type": "XX",
    "extra_slack_distribution": "middle",
    "scheduling_method": "alap",
}


@dataclass(frozen=True, slots=True)
class Zne:
    """Zero-noise extrapolation.

    Attributes:
        amplifier: How noise is amplified.
        noise_factors: By how much.
        extrapolators: Which curves are tried, in order.
        evaluated_at: The noise factors at which the curves are evaluated.
    """

    amplifier: str
    noise_factors: tuple[float, ...]
    extrapolators: tuple[str, ...]
    evaluated_at: tuple[float, ...]

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> Zne:
        """``options.resilience.zne`` with the service's defaults."""
        factors = tuple(map(float, sent.get("noise_factors") or (1, 3, 5)))
        extrapolator = sent.get("extrapolator", ("exponential", "linear"))
        names = (extrapolator,) if isinstance(extrapolator, str) else tuple(extrapolator)
        at = sent.get("extrapolated_noise_factors", "auto")
        points = (0.0, *factors) if at == "auto" else tuple(map(float, at))
        return cls(sent.get("amplifier", "gate_folding"), factors, names, points)


def least_factors(extrapolator: str) -> int:
    """How many noise factors a curve needs."""
    if extrapolator.startswith("polynomial_degree_"):
        return int(extrapolator.rpartition("_")[2]) + 1
    return 4 if extrapolator == "double_exponential" else 2


def problem_with_options(options: Mapping[str, Any]) -> str | None:
    """What is wrong with options of the right form, in a line; ``None`` when they fit."""
    resilience = group(options, "resilience")
    if resilience.get("pec_mitigation") is True and resilience.get("zne_mitigation") is True:
        return "options.resilience: pec_mitigation and zne_mitigation exclude each other"
    zne = Zne.of(group(resilience, "zne"))
    for name in zne.extrapolators:
        if len(zne.noise_factors) < least_factors(name):
            return (
                f"options.resilience.zne: {name} needs at least {least_factors(name)} "
                f"noise_factors, not {len(zne.noise_factors)}"
            )
    return None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is done in a job, by its resilience level and options.

    Attributes:
        options: As they were sent.
        with_layers: Whether layers of gates are mitigated, for which noise models may be given.
        twirl_gates: Whether entangling gates are twirled.
        twirl_measure: Whether measurements are.
        mitigate_measure: Whether readout errors are mitigated.
        zne: Zero-noise extrapolation, or ``None``.
        pec: Whether probabilistic error cancellation is on.
    """

    options: Mapping[str, Any]
    with_layers: bool
    twirl_gates: bool
    twirl_measure: bool
    mitigate_measure: bool
    zne: Zne | None
    pec: bool

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Settings:
        """What the params of a job ask for; the level decides where they say nothing."""
        options = group(params, "options")
        level = int(params.get("resilience_level", 1))
        twirling, resilience = group(options, "twirling"), group(options, "resilience")

        def flag(sent: Mapping[str, Any], name: str, default: bool) -> bool:
            value = sent.get(name)
            return default if value is None else bool(value)

        pec = flag(resilience, "pec_mitigation", False)
        zne = None
        # Level 2 extrapolates unless the job asks for cancellation instead.
        if flag(resilience, "zne_mitigation", level == 2 and not pec):
            zne = Zne.of(group(resilience, "zne"))
        with_layers = pec or (zne is not None and zne.amplifier == "pea")
        return cls(
            options,
            with_layers,
            with_layers or flag(twirling, "enable_gates", level == 2),
            flag(twirling, "enable_measure", level >= 1),
            flag(resilience, "measure_mitigation", level >= 1),
            zne,
            pec,
        )

    @property
    def is_twirled(self) -> bool:
        """Whether shots are spread over random variants of a circuit."""
        return self.twirl_gates or self.twirl_measure or self.mitigate_measure

    def shots(self, asked_for: float | None) -> tuple[Split, float]:
        """How a PUB's circuits are run, and the precision that this aims at.

        Args:
            asked_for: The precision that the PUB or ``run()`` asks for.
        """
        precision = asked_for
        if asked_for is None and (default_shots := self.options.get("default_shots")):
            shots = int(default_shots)
        else:
            precision = precision or self.options.get("default_precision") or DEFAULT_PRECISION
            shots = _shots_for(float(precision))
        if not self.is_twirled:
            spread = Split(1, shots)
        else:
            twirling = group(self.options, "twirling")
            spread = split(twirling, shots, is_asked_for=asked_for is not None, is_pec=self.pec)
            if asked_for is None and names_both_factors(twirling):
                precision = None  # the options' own shots count for more
        return spread, float(precision or 1.0 / math.sqrt(spread.shots))

    def learning_shots(self, each: int) -> Split:
        """The runs from which readout errors are learned, where circuits run ``each`` shots."""
        sent = group(group(self.options, "resilience"), "measure_noise_learning")
        own = sent.get("shots_per_randomization", "auto")
        return Split(int(sent.get("num_randomizations", 32)), each if own == "auto" else int(own))

    @property
    def metadata(self) -> dict[str, Any]:
        """What the service says of the job as a whole."""
        sent = group(self.options, "dynamical_decoupling")
        twirling = group(self.options, "twirling")
        resilience: dict[str, Any] = {
            "measure_mitigation": self.mitigate_measure,
            "zne_mitigation": self.zne is not None,
            "pec_mitigation": self.pec,
        }
        if self.zne is not None:
            resilience["zne"] = {
                "noise_factors": list(self.zne.noise_factors),
                "extrapolator": _one_or_all(self.zne.extrapolators),
                "extrapolated_noise_factors": list(self.zne.evaluated_at),
            }
        if self.with_layers and (layers := _layers_given(self.options)):
            resilience["layer_noise_model"] = layers
        return {
            "dynamical_decoupling": {
                name: sent.get(name, default) for name, default in _DD_DEFAULTS.items()
            },
            "twirling": {
                "enable_gates": self.twirl_gates,
                "enable_measure": self.twirl_measure,
                "num_randomizations": twirling.get("num_randomizations", "auto"),
                "shots_per_randomization": twirling.get("shots_per_randomization", "auto"),
                "interleave_randomizations": True,
                "strategy": twirling.get("strategy", "active-accum"),
            },
            "resilience": resilience,
            "version": 2,
        }


def _layers_given(options: Mapping[str, Any]) -> list[Any]:
    """The noise models of layers that the job brought along, which the service tells again.

    The client sends a list of its ``LayerError``, or the learner's whole result, which has one.
    """
    given = group(options, "resilience").get("layer_noise_model")
    if isinstance(given, Mapping):
        given = group(given, "__value__").get("data")
    return given if isinstance(given, list) else []


def _one_or_all(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)


def _shots_for(precision: float) -> int:
    """The shots after which a Pauli's mean has this standard error at most."""
    if precision >= 1.0:
        return 1
    try:
        return math.ceil(1.0 / precision**2)
    except (ZeroDivisionError, OverflowError):
        return 2**62  # more than any limit
