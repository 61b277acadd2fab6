"""Simulation of what happens at random while a circuit runs: measurements, resets, noise.

Shots to which the same has happened share one state vector, a column of the array of states. A
measurement parts the shots of a column by its outcome; noise parts those that it hits. So what a
circuit costs depends on how many different histories its shots have, not on how many shots: with
the error rates of a device most shots have none, and with feed-forward a few. Nothing is
approximated: every shot is drawn from the circuit's true distribution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Amplitudes, Bits, Complexes
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.simulate.blocks import Befalling, Block, befalling, blocks_of
from pytest_qchannel.emulator.programs.simulate.channels import Event
from pytest_qchannel.emulator.programs.simulate.classical import Memory
from pytest_qchannel.emulator.programs.simulate.statevector import States, basis_state, joined
from pytest_qchannel.emulator.programs.simulate.steps import (
    MAX_TURNS,
    Choose,
    Flow,
    Gate,
    Loop,
    Measure,
    Reset,
    Sample,
    Step,
    Store,
)

__all__ = ["Run", "estimate_s", "run_branching"]

# States that go on together; where they take more the shots go on in two parts, one after the
# other. As much as stays in a processor's cache: that is several times faster.
_STATES_BYTES: Final = 2**21


def run_branching(
    steps: Sequence[Step],
    num_qubits: int,
    num_clbits: int,
    shots: int,
    seed: int,
    *,
    single: bool,
    tick: Callable[[], None] = lambda: None,
) -> Bits:
    """Shots as a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    Args:
        steps: From :func:`steps_of`.
        num_qubits: How many qubits they act on.
        num_clbits: How many bits they write.
        shots: How many shots.
        seed: Fixes every choice.
        single: Whether amplitudes have single precision, which is twice as fast.
        tick: Called for each step; it raises what ends the run.

    Raises:
        JobFailure: A loop does not end.
    """
    vector: Amplitudes = basis_state(0, num_qubits)
    vector = vector.astype(np.complex64) if single else vector
    memory = Memory(np.zeros((shots, num_clbits), np.bool_))
    Run(memory, generator(seed), tick).all(steps, States.alike(vector, shots))
    return memory.bits


def estimate_s(steps: Sequence[Step], num_qubits: int, shots: int) -> float:
    """About how long a run takes, in seconds: amplitudes times steps times histories."""
    work, quiet, splits = _work(steps)
    histories = 1 + shots * (1 - quiet)
    if splits:
        histories += min(shots, 2.0 ** min(splits, 64))
    return float(work * (2**num_qubits * min(histories, shots + 1) * 4e-9 + 1e-4))


def _work(steps: Sequence[Step]) -> tuple[float, float, float]:
    """How many gates, how likely no noise hits, how many splits by measurements there are."""
    work, quiet, splits = 0.0, 1.0, 0.0
    for step in steps:
        inner: list[tuple[float, float, float]] = []
        if isinstance(step, Gate):
            work += 1
        elif isinstance(step, Event):
            quiet *= 1 - step.probability
        elif isinstance(step, Measure | Reset):
            work, splits = work + 2, splits + 1
        elif isinstance(step, Choose):
            inner = [_work(body) for _, body in step.choices]
        elif isinstance(step, Loop):
            turns = 1 if step.condition is None else 10  # a guess: the state decides
            # Loops in loops: looking at every turn would take as long as running them.
            bodies = {id(body): body for body in step.bodies}
            times = Counter(map(id, step.bodies))
            inner = [_times(_work(body), turns * times[key]) for key, body in bodies.items()]
        for one in inner:
            work, quiet, splits = work + one[0], quiet * one[1], splits + one[2]
    return work, quiet, splits


def _times(work: tuple[float, float, float], turns: int) -> tuple[float, float, float]:
    return work[0] * turns, work[1] ** turns, work[2] * turns


@dataclass(slots=True)
class Ends:
    """How shots leave a list of steps."""

    through: list[States]
    broke: list[States]
    went_on: list[States]


def _together(ends: Iterable[Ends]) -> Ends:
    """How the shots of several runs leave."""
    result = Ends([], [], [])
    for one in ends:
        result.through += one.through
        result.broke += one.broke
        result.went_on += one.went_on
    return result


class Run:
    """Steps run for shots that are together; ``memory`` holds what they wrote."""

    def __init__(self, memory: Memory, rng: np.random.Generator, tick: Callable[[], None]) -> None:
        self.memory = memory
        self._rng = rng
        self._tick = tick
        self._blocks: dict[int, tuple[Sequence[Step], list[Step | Block]]] = {}
        self._events: dict[tuple[int, int], Befalling] = {}

    def all(self, steps: Sequence[Step], part: States) -> Ends:
        """Runs the steps for the shots of a part."""
        known = self._blocks.get(id(steps))
        if known is None:  # the steps are kept, so that their id stays theirs
            known = self._blocks[id(steps)] = (steps, blocks_of(steps))
        return self._from(known[1], 0, part)

    def _from(self, steps: Sequence[Step | Block], start: int, part: States) -> Ends:
        earlier: list[Ends] = []
        for number in range(start, len(steps)):
            self._tick()
            if not len(part.shots):
                return _together(earlier)
            columns = part.columns
            if part.vectors.nbytes > _STATES_BYTES and columns > 1:
                low = part.column < columns // 2
                halves = [part.taking(low), part.taking(~low)]
                del part
                earlier += [self._from(steps, number, halves.pop(0)) for _ in range(2)]
                return _together(earlier)
            step = steps[number]
            if isinstance(step, Block):
                earlier += self._block(steps, number, step, part)
            elif isinstance(step, Choose | Loop):
                ends = self._choose(step, part) if isinstance(step, Choose) else self._loop(
                    step, part
                )  # fmt: skip
                earlier.append(Ends([], ends.broke, ends.went_on))
                if not ends.through:
                    return _together(earlier)
                part = joined(ends.through)
            elif isinstance(step, Flow):
                earlier.append(Ends([], *(([part], []) if step.is_break else ([], [part]))))
                return _together(earlier)
            else:
                self._simple(step, part)
        return _together([*earlier, Ends([part], [], [])])

    def _simple(self, step: Step, part: States) -> None:
        if isinstance(step, Measure):
            self._store(step, part, part.project(step.qubit, self._rng, to_ground=False))
        elif isinstance(step, Reset):
            part.project(step.qubit, self._rng, to_ground=True)
        elif isinstance(step, Sample):
            self._sample(step, part)
        elif isinstance(step, Store):
            step.keep(self.memory, part.shots, step.value(self.memory, part.shots))

    def _choose(self, step: Choose, part: States) -> Ends:
        value = np.asarray(step.target(self.memory, part.shots)).astype(np.uint64)
        undecided = np.ones(len(part.shots), np.bool_)
        ends = []
        for labels, body in step.choices:
            here = undecided if labels is None else undecided & np.isin(
                value, np.array(labels, np.uint64)
            )  # fmt: skip
            undecided = undecided & ~here
            if here.any():
                ends.append(self.all(body, part.taking(here)))
        if undecided.any():
            ends.append(Ends([part.taking(undecided)], [], []))
        return _together(ends)

    def _loop(self, step: Loop, part: States) -> Ends:
        left: list[States] = []
        turns = 0
        while True:
            if step.condition is None:
                if turns == len(step.bodies):
                    break
                body = step.bodies[turns]
            else:
                holds = step.condition(self.memory, part.shots).astype(bool)
                if not holds.all():
                    left.append(part.taking(~holds))
                if not holds.any():
                    return Ends(left, [], [])
                part, body = part.taking(holds), step.bodies[0]
                if turns == MAX_TURNS:
                    raise JobFailure(
                        FailureCode.SIMULATOR_FAILED,
                        f"A while loop of the circuit went round {MAX_TURNS} times; its condition "
                        "may never become false.",
                    )
            ends = self.all(body, part)
            left += ends.broke
            turns += 1
            again = ends.through + ends.went_on
            if not again:
                return Ends(left, [], [])
            part = joined(again)
        return Ends([*left, part], [], [])

    def _block(
        self, steps: Sequence[Step | Block], number: int, block: Block, part: States
    ) -> list[Ends]:
        """Applies the block's matrix, and to new columns what befell some of the shots.

        Where these columns are too many to hold at once, their shots leave the part and are run
        to the end in groups: this gives how they ended.
        """
        order = [*reversed(block.qubits), *(q for q in part.axes if q not in block.qubits)]
        size, columns = len(block.matrix), part.columns
        states = np.ascontiguousarray(part.by_qubits(order)).reshape(size, -1, columns)
        shape = (2,) * len(order) + (-1,)
        hit = list(self._hit(block, part).items())
        room = max(1, _STATES_BYTES // (part.vectors.nbytes // columns))
        ends = []
        if len(hit) + columns > room and hit:
            for first in range(0, len(hit), room):
                group = hit[first : first + room]
                struck = [shot for shot, _ in group]
                apart = self._struck(block, group, states[..., part.column[struck]])
                numbers = np.arange(len(struck))
                away = States(apart.reshape(shape), list(order), part.shots[struck], numbers)
                del apart
                ends.append(self._from(steps, number + 1, away))
            left = np.ones(len(part.shots), np.bool_)
            left[[shot for shot, _ in hit]] = False
            part.shots, part.column = part.shots[left], part.column[left]
            hit = []
        result = (block.matrix.astype(states.dtype) @ states.reshape(size, -1)).reshape(
            states.shape
        )
        if hit:
            struck = [shot for shot, _ in hit]
            new = self._struck(block, hit, states[..., part.column[struck]])
            part.column = part.column.copy()
            part.column[struck] = columns + np.arange(len(struck))
            result = np.concatenate([result, new], axis=2)
        part.axes, part.vectors = order, result.reshape(shape)
        if hit:
            part.drop_unused()
        return ends

    def _struck(
        self, block: Block, hit: list[tuple[int, list[int]]], before: Amplitudes
    ) -> Amplitudes:
        """The states of shots after a block in which noise hit them; shape as ``before``."""
        new = np.ascontiguousarray(np.moveaxis(before, 2, 0))
        local = np.matmul(new, new.conj().transpose(0, 2, 1)).astype(np.complex128)
        matrices = block.matrix @ self._befallen(block, [events for _, events in hit], local)
        return np.moveaxis(np.matmul(matrices.astype(new.dtype), new), 0, 2)

    def _hit(self, block: Block, part: States) -> dict[int, list[int]]:
        """Which shots (their places in the part) noise hits, and the numbers of the events."""
        hit: dict[int, list[int]] = {}
        total = len(part.shots)
        for number, (event, _) in enumerate(block.events):
            count = self._rng.binomial(total, event.probability)
            if count:
                chosen = self._rng.choice(total, count, replace=False, shuffle=False)
                for shot in sorted(chosen.tolist()):
                    hit.setdefault(shot, []).append(number)
        return hit

    def _befallen(self, block: Block, events: list[list[int]], local: Complexes) -> Complexes:
        """What events did to states, chosen by their probabilities, moved before the block.

        Args:
            block: The block.
            events: For each state the numbers of those that happen, in order.
            local: For each the density matrix of the block's qubits, ``(states, 2**k, 2**k)``.
        """
        matrices = np.broadcast_to(np.eye(local.shape[-1]), local.shape).astype(np.complex128)
        struck: dict[int, list[int]] = {}
        for state, numbers in enumerate(events):
            for number in numbers:
                struck.setdefault(number, []).append(state)
        for number in sorted(struck):
            states = struck[number]
            kraus, effects = self._befalling(block, number)
            now = local[states]
            steps = (now.reshape(len(states), -1) @ effects.T).real.clip(0).cumsum(axis=1)
            draws = self._rng.random((len(states), 1)) * steps[:, -1:]
            choice = (steps <= draws).sum(axis=1).clip(0, len(kraus) - 1)
            chosen = kraus[choice]
            after = chosen @ now @ chosen.conj().swapaxes(1, 2)
            weight = np.trace(after, axis1=1, axis2=2).real[:, None, None]
            local[states] = after / weight
            matrices[states] = chosen @ matrices[states] / np.sqrt(weight)
        return matrices

    def _befalling(self, block: Block, number: int) -> Befalling:
        found = self._events.get((id(block), number))
        if found is None:
            found = self._events[id(block), number] = befalling(block, number)
        return found

    def _store(self, measure: Measure, part: States, outcome: Bits) -> None:
        false_one, false_zero = measure.errors
        if false_one or false_zero:
            chance = np.where(outcome, false_zero, false_one)
            outcome = outcome ^ (self._rng.random(len(outcome)) < chance)
        self.memory.bits[part.shots, measure.clbit] = outcome

    def _sample(self, step: Sample, part: States) -> None:
        drawn = part.sample({one.qubit for one in step.measures}, self._rng)
        for measure in step.measures:
            self._store(measure, part, drawn[measure.qubit])
