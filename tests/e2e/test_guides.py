"""IBM's guides with the client, flow by flow: accounts, instances, dynamic and fractional gates.

The setup of a channel is in ``test_guide_client.py``, the single rules of how an instance is chosen
in ``test_accounts.py``; ``tests/contract/test_contract_guides.py`` says where each guide is held.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_qchannel import QChannel, SavedAccounts, assert_authenticated
from tests.devices_kit import LEAST_BUSY
from tests.e2e.session_kit import isa_of, service_on, version

ANYWHERE = pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud", "ibm_quantum")
PLATFORM = pytest.mark.qchannel("ibm_quantum_platform")
CLOUD = pytest.mark.qchannel("ibm_cloud")
pytestmark = pytest.mark.filterwarnings("ignore:.*ibm_quantum.*:DeprecationWarning")


def _since(major: int, minor: int, what: str) -> None:
    if version() < (major, minor):
        pytest.skip(f"{what}: the client does it since {major}.{minor}")


@pytest.fixture
def save(qchannel: QChannel, qchannel_accounts: SavedAccounts) -> Iterator[Any]:
    """``save_account`` with the key filled in, as the guide to saving accounts calls it."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    _since(0, 45, "saving an account without its channel")

    def saved(**words: Any) -> None:
        token = words.pop("token", qchannel.account.secret.reveal())
        QiskitRuntimeService.save_account(token=token, **words)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client tells which account and instance it took
        yield saved


def _instance_of(**words: Any) -> Any:
    from qiskit_ibm_runtime import QiskitRuntimeService

    service = QiskitRuntimeService(**words)
    assert_authenticated(service)
    return service.active_account()["instance"]


@PLATFORM
def test_saved_credentials_by_name_and_by_default(save: Any, qchannel: QChannel) -> None:
    """First example, and what the guide to initialising says of loading what was saved."""
    open_one, premium = qchannel.instances[0].id, qchannel.instances[1].id
    save(instance=premium, name="premium")
    save(instance=open_one, name="open")
    assert _instance_of() == premium, "the last by name, where none is the default"
    save(instance=open_one, name="open", set_as_default=True, overwrite=True)
    assert _instance_of() == open_one
    assert _instance_of(name="premium") == premium
    assert _instance_of(name="premium", token="no key") == premium, "the token is ignored"
    assert _instance_of(name="premium", instance=open_one) == open_one
    assert _instance_of(instance=premium) == premium


@PLATFORM
def test_saved_credentials_that_choose_an_instance(save: Any, qchannel: QChannel) -> None:
    """Second example: a region and a plan instead of an instance, as a new default."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    save(instance=qchannel.instances[0].id, set_as_default=True)
    save(set_as_default=True, overwrite=True, region="eu-de", plans_preference=["premium"])
    service = QiskitRuntimeService()
    backend = service.backends()[0]
    [chosen] = [one for one in qchannel.instances if ":eu-de:" in one.id and one.plan == "Premium"]
    assert backend._instance == chosen.id


@ANYWHERE
def test_untrusted_environment(qchannel: QChannel, qchannel_accounts: SavedAccounts) -> None:
    """The key is given by hand, wins over what is saved there, and is deleted after its use."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    channel, first = qchannel.channel.name, qchannel.instances[0].id
    service_on(qchannel, first)  # skips where the client lacks the channel
    someone_elses = "x" * len(qchannel.account.secret.reveal())
    QiskitRuntimeService.save_account(channel=channel, token=someone_elses, instance=first)
    service = service_on(qchannel, first)
    assert_authenticated(service)
    assert service.active_account()["token"] == qchannel.account.secret.reveal()
    assert len(qchannel_accounts.saved()) == 1
    qchannel.emulator.revoke_credentials()
    with pytest.raises(Exception, match=r"(?i)\b40[013]\b|valid API token|not be found|login"):
        service_on(qchannel, first).jobs(limit=1)


@PLATFORM
def test_an_instance_is_named_for_the_service_or_for_a_backend(qchannel: QChannel) -> None:
    """With one at the start there is nothing else; without, each backend may name its own."""
    _since(0, 45, "a backend of a named instance")
    alone, other = qchannel.instances[0], qchannel.instances[1]
    everywhere = service_on(qchannel, None)
    for one in (alone, other):
        for word in (one.id, one.name):
            assert everywhere.backend(LEAST_BUSY, instance=word)._instance == one.id
    names = {one.name for one in service_on(qchannel, alone.id).backends()}
    assert names < {one.name for one in everywhere.backends()}


@CLOUD
def test_dynamic_circuits(qchannel_backend: Any) -> None:
    """An if, an if with an else, a whole register, and a parity that is worked out on the way."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit.classical import expr
    from qiskit_ibm_runtime import SamplerV2

    back = QuantumCircuit(QuantumRegister(1), ClassicalRegister(1, "c"))
    back.h(0)
    back.measure(0, 0)
    with back.if_test((back.clbits[0], 1)):
        back.x(0)
    back.measure(0, 0)

    either = QuantumCircuit(QuantumRegister(2), ClassicalRegister(2, "c"))
    either.h(0)
    either.measure(0, 0)
    with either.if_test((either.clbits[0], 1)) as otherwise:
        either.h(1)
    with otherwise:
        either.x(1)
    either.measure(1, 1)

    whole = QuantumCircuit(QuantumRegister(3), ClassicalRegister(3, "c"))
    whole.h([0, 1])
    whole.measure([0, 1], [0, 1])
    with whole.if_test((whole.cregs[0], 0b001)):
        whole.x(2)
    whole.measure(2, 2)

    # GHZ of six: pairs, glued by measuring and by flipping what lies behind an odd parity.
    glued, between = (2, 4), ClassicalRegister(2, "m")
    ghz = QuantumCircuit(QuantumRegister(6), between, ClassicalRegister(6, "c"))
    ghz.reset(range(6))
    ghz.h([0, 2, 4])
    ghz.cx([0, 2, 4], [1, 3, 5])
    ghz.cx([1, 3], [2, 4])
    ghz.measure(glued, between)
    ghz.reset(glued)
    for target in (3, 5):
        parity: Any = expr.lift(between[0])
        if target == 5:
            parity = expr.bit_xor(between[1], parity)
        with ghz.if_test(parity):
            ghz.x(target)
    ghz.cx([1, 3], [2, 4])
    ghz.measure(range(6), ghz.cregs[1])

    isa = [isa_of(one, qchannel_backend) for one in (back, either, whole, ghz)]
    results = SamplerV2(mode=qchannel_backend).run(isa, shots=300).result()
    found = [set(one.data.c.get_counts()) for one in results]
    assert found == [{"0"}, {"01", "11", "10"}, {"101", "011", "000", "010"}, {"0" * 6, "1" * 6}]


@CLOUD
@pytest.mark.filterwarnings("ignore")
def test_fractional_gates(qchannel: QChannel) -> None:
    """An Ising chain, as the guide has one: a shorter circuit with them, and the same counts."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit_ibm_runtime import SamplerV2

    service = qchannel.connect()
    angle = Parameter("a")
    chain = QuantumCircuit(4)
    for _ in range(2):
        chain.rx(angle, range(4))
        for first in (0, 2, 1):
            chain.rzz(angle, first, first + 1)
    chain.measure_all()
    (name, *_) = qchannel.emulator.backends
    ways = [service.backend(name, use_fractional_gates=flag) for flag in (False, True)]
    plain, fractional = (isa_of(chain.assign_parameters([math.pi / 4]), one) for one in ways)
    assert "rzz" not in plain.count_ops()
    assert {"rx", "rzz"} <= set(fractional.count_ops())
    assert fractional.depth() < plain.depth()
    assert fractional.num_nonlocal_gates() < plain.num_nonlocal_gates()
    parts = [
        SamplerV2(mode=backend).run([isa], shots=4_000).result()[0].data.meas.get_counts()
        for backend, isa in zip(ways, (plain, fractional), strict=True)
    ]
    for key in parts[0].keys() | parts[1].keys():
        assert abs(parts[0].get(key, 0) - parts[1].get(key, 0)) < 300
