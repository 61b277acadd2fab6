"""Handlers before a source: who is asked first, and who answers."""

from __future__ import annotations

import threading

import pytest

from pytest_qchannel.lanes.chain import chained, in_turn
from pytest_qchannel.wire import Handle, Link, Request, Response

ASKED = Request("GET", "quantum.cloud.ibm.com", "/api/v1/jobs")


def adding(word: str) -> Link:
    def handle(request: Request, answer: Handle) -> Response:
        response = answer(Request(request.method, request.host, f"{request.path}>{word}"))
        return Response(response.status, response.body + f"<{word}".encode())

    return handle


def echo(request: Request) -> Response:
    return Response(200, request.path.encode())


def test_the_first_handler_is_the_outermost() -> None:
    answer = chained([adding("a"), adding("b"), adding("c")], echo)(ASKED)
    assert answer.body == b"/api/v1/jobs>a>b>c<c<b<a"


def test_without_handlers_the_source_is_asked_itself() -> None:
    assert chained([], echo)(ASKED).body == b"/api/v1/jobs"


def test_a_handler_may_keep_a_request_from_the_source() -> None:
    refused = chained([lambda _request, _answer: Response(402)], lambda _: pytest.fail("asked"))
    assert refused(ASKED).status == 402


def test_one_request_passes_after_the_other() -> None:
    inside: list[int] = []
    most: list[int] = []
    go = threading.Barrier(4)

    def slow(_: Request) -> Response:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.01)
        inside.pop()
        return Response(200)

    handle = chained([in_turn(threading.RLock())], slow)

    def ask() -> None:
        go.wait()
        handle(ASKED)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
