"""What a resilience level and the options mean for one Estimator job.

Beside the estimator and not in it: jobs are checked by them before anything runs, without numpy.

Source: ``estimator.version_0_1`` of ibm-quantum-schemas, and the defaults that the options models
of qiskit-ibm-runtime tell of the service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pytest_qchannel.emulator.programs.options import (
    DEFAULT_STRATEGY,
    Split,
    Twirling,
    group,
    names_both_factors,
    split,
)
from pytest_qchannel.emulator.programs.task import Params

__all__ = ["Pec", "Settings", "Zne", "layers_given", "problem_with_options"]

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
    def of(cls, sent: Params) -> Zne:
        """``options.resilience.zne`` with the service's defaults."""
        factors = tuple(map(float, sent.get("noise_factors") or (1, 3, 5)))
        extrapolator = sent.get("extrapolator", ("exponential", "linear"))
        names = (extrapolator,) if isinstance(extrapolator, str) else tuple(extrapolator)
        at = sent.get("extrapolated_noise_factors", "auto")
        points = (0.0, *factors) if at == "auto" else tuple(map(float, at))
        return cls(sent.get("amplifier", "gate_folding"), factors, names, points)


@dataclass(frozen=True, slots=True)
class Pec:
    """Probabilistic error cancellation.

    Attributes:
        max_overhead: By how much the number of variants may grow at most.
        noise_gain: Which part of the known noise is left; ``None``: as the overhead allows.
    """

    max_overhead: float
    noise_gain: float | None

    @classmethod
    def of(cls, sent: Params) -> Pec:
        """``options.resilience.pec`` with the service's defaults."""
        most = sent.get("max_overhead", 100.0)
        gain = sent.get("noise_gain", "auto")
        return cls(
            math.inf if most is None else float(most), None if gain == "auto" else float(gain)
        )

    def gain(self, log_overhead: float) -> float:
        """Which part of the noise is left, by the logarithm of the overhead of leaving none.

        Source: ``PecOptions`` of qiskit-ibm-runtime 0.51, which gives the formula.
        """
        if self.noise_gain is not None:
            return self.noise_gain
        if log_overhead <= 0.0:
            return 1.0  # there is nothing to cancel
        return min(1.0, max(0.0, 1.0 - math.log(self.max_overhead) / log_overhead))

    def scaling(self, log_overhead: float) -> float:
        """By how much the number of variants grows."""
        wanted = max(0.0, log_overhead * (1.0 - self.gain(log_overhead)))
        return min(self.max_overhead, math.exp(min(wanted, 700.0)))


def _least_factors(extrapolator: str) -> int:
    """How many noise factors a curve needs."""
    if extrapolator.startswith("polynomial_degree_"):
        return int(extrapolator.rpartition("_")[2]) + 1
    return 4 if extrapolator == "double_exponential" else 2


def problem_with_options(options: Params) -> str | None:
    """What is wrong with options of the right form, in a line; ``None`` when they fit."""
    resilience = group(options, "resilience")
    if resilience.get("pec_mitigation") is True and resilience.get("zne_mitigation") is True:
        return "options.resilience: pec_mitigation and zne_mitigation exclude each other"
    if resilience.get("layer_noise_model") is not None and layers_given(options) is None:
        return (
            "options.resilience.layer_noise_model: expected a list of LayerError, or a "
            "NoiseLearnerResult"
        )
    zne = Zne.of(group(resilience, "zne"))
    for name in zne.extrapolators:
        if len(zne.noise_factors) < _least_factors(name):
            return (
                f"options.resilience.zne: {name} needs at least {_least_factors(name)} "
                f"noise_factors, not {len(zne.noise_factors)}"
            )
    return None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is done in a job, by its resilience level and options.

    Attributes:
        options: As they were sent.
        with_layers: Whether layers of gates are mitigated, for which noise models may be given.
        twirling: What is twirled, as the metadata tell it.
        mitigate_measure: Whether readout errors are mitigated.
        zne: Zero-noise extrapolation, or ``None``.
        pec: Probabilistic error cancellation, or ``None``.
    """

    options: Params
    with_layers: bool
    twirling: Twirling
    mitigate_measure: bool
    zne: Zne | None
    pec: Pec | None

    @classmethod
    def of(cls, params: Params) -> Settings:
        """What the params of a job ask for; the level decides where they say nothing."""
        options = group(params, "options")
        level = int(params.get("resilience_level", 1))
        twirling, resilience = group(options, "twirling"), group(options, "resilience")

        def flag(sent: Params, name: str, default: bool) -> bool:
            value = sent.get(name)
            return default if value is None else bool(value)

        pec = None
        if flag(resilience, "pec_mitigation", False):
            pec = Pec.of(group(resilience, "pec"))
        zne = None
        # Level 2 extrapolates unless the job asks for cancellation instead.
        if flag(resilience, "zne_mitigation", level == 2 and pec is None):
            zne = Zne.of(group(resilience, "zne"))
        with_layers = pec is not None or (zne is not None and zne.amplifier == "pea")
        return cls(
            options,
            with_layers,
            Twirling(
                with_layers or flag(twirling, "enable_gates", level == 2),
                flag(twirling, "enable_measure", level >= 1),
                twirling.get("strategy", DEFAULT_STRATEGY),
            ),
            flag(resilience, "measure_mitigation", level >= 1),
            zne,
            pec,
        )

    @property
    def is_twirled(self) -> bool:
        """Whether shots are spread over random variants of a circuit."""
        return self.twirling.gates or self.twirling.measure or self.mitigate_measure

    @property
    def simulated(self) -> Twirling:
        """What is twirled in circuits that run: mitigation needs twirled measurements."""
        measure = self.twirling.measure or self.mitigate_measure
        return replace(self.twirling, measure=measure)

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
            spread = split(
                twirling, shots, is_asked_for=asked_for is not None, is_pec=self.pec is not None
            )
            if asked_for is None and names_both_factors(twirling):
                precision = None  # the options' own shots count for more
        return spread, float(precision or 1.0 / math.sqrt(spread.shots))

    def learning_shots(self, each: int) -> Split:
        """The runs from which readout errors are learned, where circuits run ``each`` shots."""
        sent = group(group(self.options, "resilience"), "measure_noise_learning")
        own = sent.get("shots_per_randomization", "auto")
        return Split(int(sent.get("num_randomizations", 32)), each if own == "auto" else int(own))

    @property
    def metadata(self) -> dict[str, object]:
        """What the service says of the job as a whole."""
        sent = group(self.options, "dynamical_decoupling")
        twirling = group(self.options, "twirling")
        resilience: dict[str, object] = {
            "measure_mitigation": self.mitigate_measure,
            "zne_mitigation": self.zne is not None,
            "pec_mitigation": self.pec is not None,
        }
        if self.zne is not None:
            resilience["zne"] = {
                "noise_factors": list(self.zne.noise_factors),
                "extrapolator": _one_or_all(self.zne.extrapolators),
                "extrapolated_noise_factors": list(self.zne.evaluated_at),
            }
        if self.with_layers and (layers := layers_given(self.options)):
            resilience["layer_noise_model"] = layers
        return {
            "dynamical_decoupling": {
                name: sent.get(name, default) for name, default in _DD_DEFAULTS.items()
            },
            "twirling": {
                "enable_gates": self.twirling.gates,
                "enable_measure": self.twirling.measure,
                "num_randomizations": twirling.get("num_randomizations", "auto"),
                "shots_per_randomization": twirling.get("shots_per_randomization", "auto"),
                "interleave_randomizations": True,
                "strategy": self.twirling.strategy,
            },
            "resilience": resilience,
            "version": 2,
        }


def layers_given(options: Params) -> list[object] | None:
    """The noise models of layers that the job brought along, which the service tells again.

    The client sends a list of its ``LayerError``, or the learner's whole result, which has one.
    Without either noise is to be learned, and this is ``None``.
    """
    given = group(options, "resilience").get("layer_noise_model")
    if isinstance(given, Mapping):
        value = given.get("__value__")
        given = value.get("data") if isinstance(value, Mapping) else None
    return given if isinstance(given, list) else None


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
