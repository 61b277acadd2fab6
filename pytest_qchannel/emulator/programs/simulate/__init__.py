"""Simulation of circuits: exact, seeded, ideal or with the noise of a device's calibration."""

from pytest_qchannel.emulator.programs.simulate.active import Active, active_part
from pytest_qchannel.emulator.programs.simulate.iq import sample_iq
from pytest_qchannel.emulator.programs.simulate.sampling import sample

__all__ = ["Active", "active_part", "sample", "sample_iq"]
