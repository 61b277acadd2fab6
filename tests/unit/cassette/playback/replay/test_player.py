"""Replaying: jobs that go on, logouts that stay, any number of polls, any number of threads."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.record.collapse import collapse
from pytest_qchannel.cassette.playback.replay.cursors import Replay
from pytest_qchannel.cassette.playback.replay.player import Player
from pytest_qchannel.cassette.scrub import Scrubber
from tests.unit.cassette.traffic_kit import cassette, job, said, state

RESULTS = said("GET", "/jobs/j/results", {"values": 1})
USAGE = said("GET", "/instances/usage", {"usage": 1})
REFUSED = said("GET", "/instances/usage", {"errors": []}, status=401)
LOGOUT = said("DELETE", "/tokens/mine", status=204)
CANCEL = said("POST", "/jobs/j/cancel", status=204)
DELETE = said("DELETE", "/jobs/j", status=204)
POLL = state("j", "")
LETTERS = {"Queued": "Q", "Running": "R", "Completed": "C", "Cancelled": "X"}


def states(replay: Replay, polls: int, name: str = "j") -> list[str]:
    found = []
    for _ in range(polls):
        played = replay.answer(state(name, ""))
        assert played is not None
        found.append(LETTERS[json.loads(played.interaction.response_body)["state"]["status"]])
    return found


def life(text: str, name: str = "j") -> list[Interaction]:
    words = {letter: word for word, letter in LETTERS.items()}
    return [state(name, words[letter]) for letter in text]


def statuses(replay: Replay, sent: Iterable[Interaction]) -> list[int | None]:
    played = [replay.answer(one) for one in sent]
    return [None if one is None else one.interaction.status for one in played]


def test_more_polls_than_recorded_repeat_the_last_state() -> None:
    assert states(Replay(life("QRC")), 6) == ["Q", "R", "C", "C", "C", "C"]


def test_asking_for_the_results_takes_the_state_along() -> None:
    replay = Replay([*life("QQRC"), RESULTS])
    assert states(replay, 1) == ["Q"]
    assert replay.answer(RESULTS) is not None
    assert states(replay, 2) == ["C", "C"]
    assert replay.unused() == ()


def test_a_job_that_was_never_asked_for_is_unused() -> None:
    replay = Replay([*life("QC"), RESULTS])
    assert replay.unused() == (0, 1, 2)
    states(replay, 1)
    assert replay.unused() == (1, 2)


def test_jobs_do_not_move_each_other() -> None:
    replay = Replay([*life("Q", "a"), *life("Q", "b"), *life("C", "b"), *life("RC", "a")])
    assert states(replay, 3, "b") == ["Q", "C", "C"]
    assert states(replay, 3, "a") == ["Q", "R", "C"]


def test_a_cancelled_job_is_cancelled_after_the_cancelling_and_not_before() -> None:
    replay = Replay([*life("Q"), CANCEL, *life("X")])
    assert states(replay, 3) == ["Q", "Q", "Q"]
    assert replay.answer(CANCEL) is not None
    assert states(replay, 2) == ["X", "X"]
    assert replay.answer(CANCEL) is None


def test_a_thread_that_asks_late_still_gets_what_was_recorded_before_the_cancelling() -> None:
    replay = Replay([*life("Q"), RESULTS, CANCEL, *life("X")])
    assert replay.answer(CANCEL) is not None
    assert replay.answer(RESULTS) is not None
    assert states(replay, 1) == ["X"]


def test_gates_that_are_sent_in_another_order_let_nothing_go_back() -> None:
    tags = said("PUT", "/jobs/j/tags", status=204)
    replay = Replay([*life("Q"), CANCEL, *life("R"), tags, *life("X")])
    assert statuses(replay, [tags, CANCEL]) == [204, 204]
    assert states(replay, 2) == ["X", "X"]


def test_what_was_recorded_on_one_side_of_a_cancelling_only_is_given_on_the_other() -> None:
    first, last = (said("GET", "/jobs/j/results", {"values": n}) for n in (1, 2))
    replay = Replay([*life("Q"), first, last, CANCEL])
    assert replay.answer(CANCEL) is not None
    late = replay.answer(RESULTS)
    assert late is not None
    assert late.interaction == last
    early = Replay([*life("Q"), CANCEL, first, last]).answer(RESULTS)
    assert early is not None
    assert early.interaction == first


def test_states_that_nobody_asked_for_are_unused_though_the_results_were_given() -> None:
    replay = Replay([*life("QRC"), RESULTS])
    assert replay.answer(RESULTS) is not None
    assert replay.unused() == (0, 1, 2)


def test_a_deleted_job_is_gone() -> None:
    gone = dataclasses.replace(POLL, status=404)
    replay = Replay([*life("C"), DELETE, gone])
    assert statuses(replay, [POLL, POLL, DELETE, POLL, POLL, RESULTS, DELETE]) == [
        200, 200, 204, 404, 404, None, None,
    ]  # fmt: skip


def test_what_was_recorded_of_a_job_before_it_was_deleted_is_not_given_afterwards() -> None:
    replay = Replay([*life("C"), RESULTS, DELETE])
    assert statuses(replay, [DELETE, RESULTS, POLL]) == [204, None, None]
    replay = Replay([*life("C"), DELETE, dataclasses.replace(RESULTS, status=404)])
    assert statuses(replay, [RESULTS, DELETE, RESULTS]) == [None, 204, 404]


def test_the_401_comes_after_the_logout_and_stays() -> None:
    replay = Replay([USAGE, LOGOUT, REFUSED])
    sent = [USAGE, USAGE, LOGOUT, USAGE, USAGE, LOGOUT]
    assert statuses(replay, sent) == [200, 200, 204, 401, 401, None]


def test_a_revoked_token_without_a_request_of_its_own_replays_in_order() -> None:
    assert statuses(Replay([USAGE, USAGE, REFUSED]), [USAGE] * 4) == [200, 200, 401, 401]


def test_what_was_recorded_on_one_side_of_a_logout_only_is_a_miss_on_the_other() -> None:
    other = said("GET", "/backends", {})
    assert statuses(Replay([USAGE, LOGOUT, other]), [other]) == [None]
    assert statuses(Replay([USAGE, LOGOUT, other]), [LOGOUT, USAGE]) == [204, None]


def test_writes_are_answered_as_often_as_they_were_recorded() -> None:
    circuit = QuantumCircuit(1)
    one, two = (
        dataclasses.replace(job(circuit), response_body=name) for name in (b"first", b"second")
    )
    replay = Replay([one, two])
    played = [replay.answer(job(circuit)) for _ in range(3)]
    assert [p and p.interaction.response_body for p in played] == [b"first", b"second", None]


def test_logins_can_be_asked_for_ever_and_are_never_unused() -> None:
    login = Interaction("POST", "https://iam.cloud.ibm.com/identity/token")
    replay = Replay([login])
    assert replay.unused() == ()
    assert statuses(replay, [login] * 3) == [200, 200, 200]


def test_sessions_follow_their_gates() -> None:
    def session(word: str) -> Interaction:
        return said("GET", "/sessions/s", {"state": word})

    close = said("PATCH", "/sessions/s", status=204)
    replay = Replay(collapse([session("open"), session("open"), close, session("closed")]))
    assert len(replay.entries) == 3
    bodies = [replay.answer(one) for one in [session("")] * 3 + [close] + [session("")] * 2]
    texts = [played.interaction.response_body.decode() for played in bodies if played]
    assert ["open" in text for text in texts] == [True, True, True, False, False, False]
    assert "closed" in texts[-1]


def test_equal_polls_collapse_and_other_numbers_in_a_queue_are_equal_polls() -> None:
    polls = [
        state("j", "Queued", estimated_start_time="a"),
        state("j", "Queued", estimated_start_time="b"),
        *life("QRRC"),
        RESULTS,
        *life("C"),
        RESULTS,
    ]
    kept = collapse(polls)
    assert [polls.index(one) for one in kept] == [0, 3, 5, 6]


def test_a_thousand_polls_become_one_and_other_jobs_between_do_not_matter() -> None:
    polls = [one for _ in range(1_000) for one in (*life("Q", "a"), *life("R", "b"))]
    assert len(collapse(polls)) == 2


def test_writes_and_what_lies_between_them_are_kept() -> None:
    polls = [*life("QQ"), CANCEL, *life("QX"), CANCEL]
    assert [one.method for one in collapse(polls)] == ["GET", "POST", "GET", "GET", "POST"]


def test_reads_of_the_account_keep_their_count_until_the_last_kind() -> None:
    kept = collapse([USAGE, USAGE, REFUSED, REFUSED, REFUSED])
    assert [one.status for one in kept] == [200, 200, 401]
    assert len(collapse([USAGE] * 5)) == 1


@given(st.text("QRCX", min_size=1, max_size=12), st.integers(1, 15))
def test_collapsing_twice_changes_nothing_and_no_state_is_lost(text: str, polls: int) -> None:
    kept = collapse(life(text))
    assert collapse(kept) == kept
    runs = [letter for number, letter in enumerate(text) if letter != text[number - 1 : number]]
    assert states(Replay(kept), polls) == (runs + [runs[-1]] * polls)[:polls]


KINDS: dict[str, Callable[[int], Interaction]] = {
    "poll a": lambda n: state("a", f"s{n}"),
    "poll b": lambda n: state("b", f"s{n}"),
    "metrics a": lambda n: said("GET", "/jobs/a/metrics", {"n": n}),
    "read x": lambda n: said("GET", "/x", {"n": n}),
    "read y": lambda n: said("GET", "/y", {"n": n}),
    "write": lambda n: said("POST", "/sessions", {"n": n}),
}
RESOURCE = {"poll a": "a", "metrics a": "a", "poll b": "b"}


class ReplayMachine(RuleBasedStateMachine):
    """The replay beside a model of a few lines: lists of what was recorded, and positions."""

    @initialize(kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=20))
    def record(self, kinds: list[str]) -> None:
        self.kinds = kinds
        self.replay = Replay([KINDS[kind](number) for number, kind in enumerate(kinds)])
        self.position = {"a": -1, "b": -1}
        self.asked: dict[str, int] = {}
        self.given: list[tuple[str, int]] = []

    @rule(kind=st.sampled_from(sorted(KINDS)))
    def ask(self, kind: str) -> None:
        places = [number for number, one in enumerate(self.kinds) if one == kind]
        times = self.asked[kind] = self.asked.get(kind, 0) + 1
        resource = RESOURCE.get(kind)
        if not places:
            expected = None
        elif resource:
            ahead = [place for place in places if place > self.position[resource]]
            expected = ahead[0] if ahead else places[-1]
            self.position[resource] = max(self.position[resource], expected)
        elif kind == "write":
            expected = places[times - 1] if times <= len(places) else None
        else:
            expected = places[min(times, len(places)) - 1]
        played = self.replay.answer(KINDS[kind](99))
        assert (None if played is None else played.number) == expected
        if expected is not None:
            self.given.append((kind, expected))

    @invariant()
    def nothing_goes_back(self) -> None:
        last: dict[str, int] = {}
        for kind, number in getattr(self, "given", ()):
            assert number >= last.get(kind, -1)
            last[kind] = number

    @invariant()
    def what_was_given_is_not_unused(self) -> None:
        if hasattr(self, "replay"):
            assert not {number for _, number in self.given} & set(self.replay.unused())


TestReplayMachine = pytest.mark.slow(ReplayMachine.TestCase)
TestReplayMachine.settings = settings(max_examples=150, stateful_step_count=30)


@pytest.mark.parametrize("threads", [8])
def test_threads_share_a_replay(threads: int) -> None:
    names = [f"job{number}" for number in range(threads)]
    traffic = [one for letter in "QRC" for name in names for one in life(letter, name)]
    writes = [said("POST", "/sessions", {"id": number}) for number in range(threads * 10)]
    replay = Replay([*traffic, *writes])
    seen: dict[str, list[str]] = {}
    written: list[int] = []
    start = threading.Barrier(threads)

    def work(name: str) -> None:
        start.wait()
        seen[name] = states(replay, 5, name)
        for _ in range(10):
            played = replay.answer(said("POST", "/sessions"))
            assert played is not None
            written.append(played.number)

    workers = [threading.Thread(target=work, args=(name,)) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert seen == {name: ["Q", "R", "C", "C", "C"] for name in names}
    assert sorted(written) == list(range(len(traffic), len(traffic) + len(writes)))
    assert replay.unused() == ()


@pytest.mark.parametrize(
    ("test", "may_be_allowed"), [("a.py::t", True), ("check/rest::ibm_cloud", False)]
)
def test_what_was_not_asked_for_is_told_with_its_lines_up_to_ten(
    test: str, may_be_allowed: bool
) -> None:
    traffic = [said("GET", f"/backends/{number}") for number in range(13)]
    recorded = dataclasses.replace(cassette(*traffic, test=test), lines=(7, 9))
    player = Player(recorded, Path("a.yaml"), test, lambda: 0.0)
    assert player.find(traffic[0]) is not None
    assert (player.answered, player.played) == (1, 1)
    problem = player.unused()
    assert problem is not None
    text = str(problem)
    assert "#2 (line 9) GET /api/v1/backends/1\n" in text
    assert "#3 GET /api/v1/backends/2\n" in text
    assert "backends/10" in text
    assert "backends/11" not in text
    assert "and 2 more" in text
    assert ("allow_unused" in text) is may_be_allowed


SECRET_LIKE = "deadbeef0123456789"


def _in_qpy() -> Interaction:
    circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(1, SECRET_LIKE))
    circuit.measure(0, 0)
    return job(circuit)


def _in_openqasm() -> Interaction:
    program = f"OPENQASM 3.0; bit[1] {SECRET_LIKE}; {SECRET_LIKE}[0] = measure $0;"
    params = {"pubs": [[program]], "version": 2}
    return said("POST", "/jobs", {"id": "job-1"}, body={"program_id": "sampler", "params": params})


@pytest.mark.parametrize("submit", [_in_qpy, _in_openqasm])
def test_a_register_that_looks_like_a_secret_has_its_name_in_the_results(
    submit: Callable[[], Interaction],
) -> None:
    """What the user saw: ``result.data.deadbeef...`` was an `AttributeError` in the replay."""
    answer = {"results": [{"data": {SECRET_LIKE: {"samples": ["0x1"], "num_bits": 1}}}]}
    results = said("GET", "/jobs/job-1/results", answer)
    kept = Scrubber([]).scrub(results).interaction.response_body
    assert SECRET_LIKE.encode() not in kept
    recorded = [submit(), dataclasses.replace(results, response_body=kept)]
    player = Player(cassette(*recorded), Path("a.yaml"), "a", lambda: 0.0)
    assert player.find(submit()) is not None
    found = player.find(results)
    assert found is not None
    assert json.loads(player.given_back(found, results).response_body) == answer
