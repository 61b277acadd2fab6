"""What ``qchannel init`` writes: a first test, and a file for continuous integration."""

from __future__ import annotations

from typing import Final

__all__ = ["GITHUB", "GITIGNORE", "GITLAB", "first_test"]

_HEAD: Final = '''\
"""IBM Quantum in a test: emulated, without an account and without a network.

What else there is: qchannel docs. What is wrong here, if anything: qchannel doctor.
"""

'''

_CLIENT: Final = """\
from qiskit import QuantumCircuit
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
{sampler}

from pytest_qchannel import assert_sampler_run

{marks}
def test_bell_state_on_an_emulated_device(qchannel_service):
    backend = qchannel_service.least_busy(operational=True, simulator=False)

    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    bell.measure_all()
    isa_circuit = generate_preset_pass_manager(optimization_level=1, backend=backend).run(bell)

    job = Sampler(mode=backend).run([isa_circuit], shots=1000)
    assert_sampler_run(job, shots=1000, counts={{"00": 0.5, "11": 0.5}})
"""

_NEW_SAMPLER: Final = "from qiskit_ibm_runtime.executor_sampler import Sampler"
_OLD_SAMPLER: Final = "from qiskit_ibm_runtime import SamplerV2 as Sampler"
_NEW_SAMPLER_SINCE: Final = (0, 50)

_REST: Final = """\
{marks}def test_an_account_sees_its_devices(qchannel_rest):
    answer = qchannel_rest.get(f"{{qchannel_rest.base_url}}/backends")
    assert answer.status_code == 200
    assert answer.json()["devices"]
"""

_HTTPX: Final = """\
import httpx
import pytest

{marks}
@pytest.mark.qchannel(door="loopback")  # httpx needs a server, which is on 127.0.0.1
def test_an_account_sees_its_devices(qchannel_rest):
    answer = httpx.get(
        f"{{qchannel_rest.base_url}}/backends", headers=dict(qchannel_rest.headers)
    )
    assert answer.status_code == 200
    assert answer.json()["devices"]
"""

_CALM: Final = 'pytestmark = pytest.mark.filterwarnings("default")  # of the libraries below\n'

GITIGNORE: Final = "# Recordings that pytest-qchannel did not keep\n.qchannel/\n"

GITHUB: Final = """\
name: tests
on: [push, pull_request]
permissions: {{}}
concurrency:
  group: tests-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  tests:
    name: tests
    permissions:
      contents: read
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd  # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405  # v6.2.0
        with:
          python-version: "3.12"
      - run: {install}
      - run: {run}
"""

GITLAB: Final = """\
tests:
  image: python:3.12
  script:
    - {install}
    - {run}
"""


def first_test(speaks: str, client: tuple[int, ...], *, calm: bool) -> str:
    """A test that is green as it stands.

    Args:
        speaks: What the project speaks to IBM Quantum through: client, httpx or rest.
        client: The release of the installed client.
        calm: Whether the project makes an error of each warning.
    """
    marks = f"\n{_CALM}\n" if calm else ""
    if speaks == "httpx":
        return _HEAD + _HTTPX.format(marks=marks)
    needs_pytest = "import pytest\n" if calm else ""
    if speaks == "rest":
        return _HEAD + needs_pytest + _REST.format(marks=f"{marks}\n" if calm else "")
    sampler = _NEW_SAMPLER if client >= _NEW_SAMPLER_SINCE else _OLD_SAMPLER
    text = _CLIENT.format(sampler=sampler, marks=marks)
    return _HEAD + needs_pytest + text
