"""For ``python -m unittest`` as well as for pytest."""

from __future__ import annotations

import unittest

from qiskit_ibm_runtime import QiskitRuntimeService

from pytest_qchannel import emulated


class TestDevices(unittest.TestCase):
    def setUp(self) -> None:
        self.qchannel = self.enterContext(emulated())
        self.service = QiskitRuntimeService()

    def test_there_are_devices(self) -> None:
        self.assertTrue(self.service.backends(simulator=False))
        self.assertTrue(self.qchannel.requests.to("/backends"))

    def test_one_goes_away(self) -> None:
        best = self.service.least_busy(simulator=False).name
        self.qchannel.emulator.take_offline(best)
        self.assertFalse(self.service.backend(best).status().operational)
