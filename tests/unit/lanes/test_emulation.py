"""``emulated``: the emulated lane for a block or a function, in whatever program."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import unittest
import urllib.request
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pytest_qchannel import (
    FaultNotMet,
    NetworkBlocked,
    RealSecretRefused,
    UsageProblem,
    WorldBuilder,
    emulated,
)
from pytest_qchannel.cassette.disk.place import Place
from pytest_qchannel.channels.environment import given_back
from pytest_qchannel.channels.service import service_class
from pytest_qchannel.lanes.assemble import lane_for
from pytest_qchannel.lanes.decide import Plan
from pytest_qchannel.lanes.lane import open_lanes
from pytest_qchannel.lanes.tapes import tape_for
from pytest_qchannel.settings import Mode, resolve
from tests.world_kit import world_text

KEY = "a-Real-Looking_Key-of-44-characters-01234567"
URL = "https://quantum.cloud.ibm.com/api/v1/backends"
WORLD = world_text("ibm_mine", "ibm_torino", channels=["ibm_cloud"], instance="mine")


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does, the process is as it was before it: a real key at hand included."""
    for name in list(os.environ):
        if name.startswith(("QCHANNEL_", "QISKIT_IBM_", "IQP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    before, adapter = dict(os.environ), requests.Session.get_adapter
    yield
    now = dict(os.environ)
    assert now | {"PYTEST_CURRENT_TEST": ""} == before | {"PYTEST_CURRENT_TEST": ""}
    assert requests.Session.get_adapter is adapter
    assert open_lanes() == []


def backends() -> list[str]:
    return [one.name for one in service_class()().backends()]


def here() -> str:
    """Which world answers: the key that it gave, of the seed in the tests below."""
    return os.environ["QISKIT_IBM_TOKEN"]


def swallowed() -> None:
    """Reaches beyond the emulator, and hides that."""
    with contextlib.suppress(NetworkBlocked):
        urllib.request.urlopen("http://elsewhere.example")


def test_a_block_is_a_lane() -> None:
    with emulated() as qchannel:
        assert service_class()().least_busy().name in backends()
        assert qchannel.connect().backends()
        assert qchannel.lane == "emulated"
        assert str(qchannel.channel) == os.environ["QISKIT_IBM_CHANNEL"]
        assert qchannel.requests.to("/backends")
        assert here() != KEY
        assert os.environ["HOME"] != str(Path.home().parent)


@pytest.mark.parametrize("as_builder", [False, True])
def test_a_world_a_channel_a_seed_an_instance_a_door(tmp_path: Path, as_builder: bool) -> None:
    file = tmp_path / "world.toml"
    file.write_text(WORLD, encoding="utf-8")
    world = WorldBuilder.from_file(file) if as_builder else file
    with emulated(
        channel="ibm_cloud", world=world, seed=7, instance="mine", door="loopback"
    ) as qchannel:
        assert qchannel.channel.name == os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
        assert backends() == list(qchannel.emulator.backends) == ["ibm_mine"]
        assert qchannel.settings.seed == 7
        assert qchannel.account.instance is not None
        assert qchannel.account.instance.name == "mine"
        assert httpx.get(URL).status_code == 401


def test_variables_count_where_no_argument_does(monkeypatch: pytest.MonkeyPatch) -> None:
    block = emulated(channel="ibm_quantum_platform")
    with monkeypatch.context() as patch:
        patch.setenv("QCHANNEL_SEED", "5")
        patch.setenv("QCHANNEL_CHANNEL", "ibm_cloud")
        patch.setenv("QCHANNEL_MODE", "replay")  # of other tests: this is emulated in any case
        with block as qchannel:
            assert (qchannel.settings.seed, qchannel.channel.name) == (5, "ibm_quantum_platform")
        patch.setenv("QCHANNEL_SEDE", "5")
        with pytest.raises(UsageProblem, match="QCHANNEL_SEDE means nothing"), block:
            pass


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"channel": "ibm_clout"}, r"emulated\(\) at .*test_emulation.py:\d+: .*no channel"),
        ({"seed": -1}, "'-1' is no seed"),
        ({"door": "front"}, "'front' is no door"),
        ({"allowed_hosts": "iam.cloud.ibm.com"}, "is IBM's"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        emulated(**wrong)


def test_what_is_no_world_is_refused(tmp_path: Path) -> None:
    wrong: Any = 3
    said = r"(?s)the argument world gave int.*next: +give WorldBuilder\.default\(\)"
    with pytest.raises(UsageProblem, match=said), emulated(world=wrong):
        pass
    with pytest.raises(UsageProblem, match="world file"), emulated(world=tmp_path / "no.toml"):
        pass


# What goes wrong --------------------------------------------------------------------------------


def test_what_the_code_swallowed_is_raised_at_the_end() -> None:
    with (
        pytest.raises(NetworkBlocked, match=r'allowed_hosts="elsewhere.example"') as told,
        emulated(),
    ):
        swallowed()
    assert told.value.where is not None
    assert "test_emulation.py" in told.value.where


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_ends_a_block_stays_and_has_the_rest_as_a_note(end: type[BaseException]) -> None:
    @emulated()
    def body() -> None:
        swallowed()
        raise end

    with pytest.raises(end) as told:
        body()
    assert "reached for elsewhere.example" in "".join(told.value.__notes__)


@pytest.mark.parametrize("skip", [unittest.SkipTest, pytest.skip.Exception])
def test_a_skip_hides_nothing(skip: type[BaseException]) -> None:
    @emulated()
    def body() -> None:
        swallowed()
        raise skip("not today")

    with pytest.raises(NetworkBlocked):
        body()


def test_a_fault_that_never_happened_is_told() -> None:
    with pytest.raises(FaultNotMet), emulated() as qchannel:
        qchannel.emulator.fault(status=503, route="GET /jobs")


@pytest.mark.parametrize("hides", [False, True])
def test_a_real_key_goes_nowhere_and_is_not_shown(hides: bool) -> None:
    @emulated()
    def body() -> None:
        with contextlib.suppress(RealSecretRefused if hides else KeyError):
            requests.get(URL, headers={"Authorization": f"apikey {KEY}"}, timeout=9)

    with pytest.raises(RealSecretRefused, match="QISKIT_IBM_TOKEN") as told:
        body()
    frames, trace = [], told.value.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert KEY not in str(told.value)
    assert "send" not in frames


# As a decorator ---------------------------------------------------------------------------------


def test_each_call_has_a_world_of_its_own() -> None:
    seen: list[int] = []

    @emulated(seed=3)
    def send(times: int, *, more: int = 0) -> int:
        for _ in range(times + more):
            backends()
        with emulated() as inner:  # another one, within
            seen.append(len(inner.requests))
        return times

    assert send(1, more=1) == 1
    assert send.__name__ == "send"
    assert seen == [0]

    class Suite:
        @emulated()
        def method(self) -> tuple[object, str]:
            return self, here()

        @classmethod
        @emulated()
        def of_class(cls) -> tuple[object, str]:
            return cls, here()

        @staticmethod
        @emulated()
        def of_nobody() -> str:
            return here()

    suite = Suite()
    assert suite.method()[0] is suite
    assert Suite.of_class()[0] is Suite
    assert KEY not in (suite.method()[1], Suite.of_class()[1], Suite.of_nobody())


def test_a_function_that_calls_itself() -> None:
    @emulated()
    def down(number: int) -> int:
        return len(open_lanes()) if number == 0 else down(number - 1)

    assert down(2) == 3


def test_an_async_function_is_emulated_until_it_has_ended() -> None:
    @emulated()
    async def wait() -> str:
        await asyncio.sleep(0)
        return here()

    assert asyncio.run(wait()) != KEY


def test_a_generator_is_emulated_while_it_is_used() -> None:
    @emulated()
    def fixture() -> Generator[str, None, None]:
        yield here()

    using = fixture()
    assert next(using) == here() != KEY
    assert list(using) == []
    assert here() == KEY
    ended = fixture()
    next(ended)
    ended.close()


@given(st.integers(0, 3))
@emulated(seed=1)
def test_hypothesis_has_a_world_for_each_example(times: int) -> None:
    with requests.Session() as session:
        for _ in range(times):
            session.get(URL)
    assert len(open_lanes()[-1].requests) == times


@emulated()
@given(st.integers(0, 3))
def test_hypothesis_has_one_world_for_all_examples(times: int) -> None:
    assert here() != KEY
    assert len(open_lanes()) == 1


class TestUnittest(unittest.TestCase):
    def setUp(self) -> None:
        self.qchannel = self.enterContext(emulated())

    def test_it(self) -> None:
        assert backends()[0] in self.qchannel.emulator.backends


@emulated()
def test_arguments_of_pytest_pass(tmp_path: Path) -> None:
    assert tmp_path.is_dir()
    assert here() != KEY


async def _stream() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (unittest.TestCase, r"this is a class\n.*\n.*self.enterContext"),
        (pytest.fixture(lambda: None), r"this is a fixture\n.*\n.*below @pytest.fixture"),
        (_stream, r"an asynchronous generator\n.*\n.*in its body"),
        (classmethod(lambda _: None), r"a classmethod\n.*\n.*below @classmethod"),
        (3, "this is a int"),
    ],
)
def test_what_cannot_be_decorated_is_refused(wrong: Any, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        emulated()(wrong)
    assert emulated()(functools.partial(here))() != KEY


# One in another ---------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["in-process", "loopback"])
@pytest.mark.parametrize("outer_door", ["in-process", "loopback"])
def test_the_innermost_world_answers(outer_door: str, door: str) -> None:
    with emulated(door=outer_door, channel="ibm_cloud") as outer:
        assert requests.get(URL, timeout=9).status_code == 401
        with emulated(door=door, channel="ibm_quantum_platform") as inner:
            assert requests.get(URL, timeout=9).status_code == 401
            assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_quantum_platform"
        assert os.environ["QISKIT_IBM_CHANNEL"] == "ibm_cloud"
        assert requests.get(URL, timeout=9).status_code == 401
        assert (len(outer.requests), len(inner.requests)) == (2, 1)


def test_another_thread_or_task_is_refused() -> None:
    work = emulated()(here)
    with (
        emulated(),
        pytest.raises(UsageProblem, match=r"another thread or task .*\n.*\n.*test_emulation"),
    ):
        ThreadPoolExecutor(1).submit(work).result()

    @emulated()
    async def wait() -> str:
        await asyncio.sleep(0.01)
        return here()

    async def at_once() -> tuple[str | BaseException, str | BaseException]:
        return await asyncio.gather(wait(), wait(), return_exceptions=True)

    one, other = asyncio.run(at_once())
    assert isinstance(one, str)
    assert isinstance(other, UsageProblem)

    @emulated()
    async def in_turn() -> str:
        await asyncio.to_thread(work)
        return await asyncio.wait_for(wait(), 9)

    assert asyncio.run(in_turn()) != KEY


def test_the_wrong_order_is_refused_and_leaves_nothing() -> None:
    outer, inner = emulated(), emulated()
    outer.__enter__()
    inner.__enter__()
    with pytest.raises(UsageProblem, match="left before another one"):
        outer.__exit__(None, None, None)
    assert here() != KEY
    inner.__exit__(None, None, None)
    assert here() == KEY


def test_a_lane_with_a_cassette_has_no_room_for_it(tmp_path: Path) -> None:
    settings = resolve({"record_from": "emulator"}, {}, {}, {})
    tape = tape_for(Plan(Mode.RECORD), Place.of(tmp_path, "test_a.py::test_it"), settings)
    lane = lane_for(settings, "test_a.py::test_it", tmp_path, tape=tape).open()
    try:
        with pytest.raises(UsageProblem, match=r"cassette \(the record lane\)"), emulated():
            pass
    finally:
        lane.close()


def test_a_fixture_that_outlives_its_lane_has_no_room_for_it() -> None:
    with emulated(), given_back(), pytest.raises(UsageProblem, match="lives longer"), emulated():
        pass
