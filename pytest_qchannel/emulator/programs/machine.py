"""The simulated device as a job's options want it: ideal, calibrated, or with a noise model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs.arrays import Bits, Complexes
from pytest_qchannel.emulator.programs.noise_learner.rates import ChannelOf
from pytest_qchannel.emulator.programs.noise_option import NoiseOption, read_noise_option
from pytest_qchannel.emulator.programs.options import group, pause_s
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate import Active, active_part, sample, sample_iq
from pytest_qchannel.emulator.programs.task import Noise, Task

__all__ = ["Machine"]


@dataclass(frozen=True, slots=True)
class _Whole(Task):
    """A task of many simulations, each of them short, may be long as a whole."""

    total: list[float] = field(default_factory=lambda: [0.0])

    def allow(self, estimate_s: float) -> None:
        """Passes a simulation while it and those before it together are short enough."""
        self.total[0] += estimate_s
        Task.allow(self, self.total[0])


@dataclass(frozen=True, slots=True)
class Machine:
    """What circuits of a job run on.

    Attributes:
        task: The job.
        noise: The noise model of ``options.simulator``, which replaces the device's own.
        pause_s: Of shots that start as the one before ended; see
            :func:`pytest_qchannel.emulator.programs.simulate.sample`.
    """

    task: Task
    noise: NoiseOption | None
    pause_s: float | None = None

    @classmethod
    def of(cls, task: Task) -> Machine:
        """The machine that the job's options ask for.

        Raises:
            JobFailure: Its noise model cannot be read, or goes with shots that are set to 0 only.
        """
        fields = {name: getattr(task, name) for name in Task.__slots__}
        whole = _Whole(**fields)
        options = group(task.params, "options")
        pause = pause_s(group(options, "execution"), task.snapshot)
        sent = group(options, "simulator").get("noise_model")
        if sent is None:
            return cls(whole, None, pause)
        if pause is not None:
            raise JobFailure(
                FailureCode.INCOMPATIBLE_OPTIONS,
                "options.simulator.noise_model goes with qubits that are set to 0 before each "
                "shot, not with init_qubits=False; leave one of both out.",
            )
        return cls(whole, read_noise_option(sent))

    @property
    def initialised(self) -> Machine:
        """The same machine, with qubits that are set to 0 before each shot."""
        return replace(self, pause_s=None)

    @property
    def is_noisy(self) -> bool:
        """Whether it errs."""
        return self.noise is not None or self.task.noise is not Noise.OFF

    @property
    def channel(self) -> ChannelOf | None:
        """The noise of gates, where it is not the device's own."""
        return None if self.noise is None else self.noise.channel

    def active(self, circuit: QuantumCircuit) -> Active:
        """The part of a circuit that does something on this machine."""
        return active_part(circuit, keep_idle_time=self.is_noisy)

    def bits(
        self, active: Active, bound: Sequence[QuantumCircuit], shots: int, seed: int
    ) -> list[Bits]:
        """Shots of each circuit: shape ``(shots, num_clbits)``, column k is clbit k.

        Args:
            active: What :meth:`active` gave.
            bound: Its circuit with each parameter set bound.
            shots: Of each circuit.
            seed: Decides them.

        Raises:
            JobFailure: A circuit cannot be simulated.
            TooLong: The simulation belongs into the worker process.
        """
        if not bound:
            return []
        if self.noise is not None:
            return self.noise.sample(active, bound, shots, seed, self.task)
        return sample(active, bound, shots, seed, self.task, pause_s=self.pause_s)

    def points(
        self, active: Active, bound: Sequence[QuantumCircuit], shots: int, seed: int
    ) -> list[Complexes]:
        """As :meth:`bits`, but the points in the IQ plane that the bits are told from.

        Raises:
            JobFailure: A circuit cannot be simulated, or the job has a noise model of its own.
            TooLong: The simulation belongs into the worker process.
        """
        if not bound:
            return []
        if self.noise is not None:
            raise JobFailure(
                FailureCode.INCOMPATIBLE_OPTIONS,
                "options.simulator.noise_model has no meaning for kerneled measurements; leave "
                "one of both out.",
            )
        return sample_iq(active, bound, shots, seed, self.task, pause_s=self.pause_s)
