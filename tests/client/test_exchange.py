"""When a call is sent again, and what becomes of each answer; no socket needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from locum.client.errors import (
    BadAnswer,
    ClientError,
    NotFound,
    Problem,
    TooManyRequests,
    Unavailable,
    Unreachable,
    Untrusted,
)
from locum.client.exchange import TRIES, Answer, Call, Failure, Pause, exchange

GET = Call("GET", "/x")
POST = Call("POST", "/x", body={}, repeatable=False)
GONE = Failure(Unreachable("no"))
OK = Answer(200, b'{"a": 1}')


def refusal(status: int, retry_after: str | None = None, **more: Any) -> Answer:
    return Answer(
        status, json.dumps({"detail": f"words of {status}", "traceId": "t-1", **more}).encode(), retry_after
    )


def follow(call: Call, *outcomes: Answer | Failure) -> tuple[Any, list[float]]:
    """What comes of it when the server does this, and the pauses."""
    plan, left, pauses = exchange(call), list(outcomes), []
    outcome: Answer | Failure | None = None
    while True:
        try:
            step = plan.send(outcome)
        except StopIteration as end:
            assert not left, "not all was asked for"
            return end.value, pauses
        except ClientError as error:
            assert not left, "not all was asked for"
            return error, pauses
        outcome = None
        if isinstance(step, Pause):
            pauses.append(step.seconds)
        else:
            assert step is call
            outcome = left.pop(0)


def test_what_is_repeatable_is_tried_again() -> None:
    assert follow(GET, OK) == ({"a": 1}, [])
    assert follow(GET, GONE, refusal(503), refusal(429), OK) == ({"a": 1}, [0.2, 0.4, 0.8])
    error, pauses = follow(GET, *[GONE] * TRIES)
    assert error is GONE.error
    assert len(pauses) == TRIES - 1
    untrusted = Failure(Untrusted("who?"))
    assert follow(GET, untrusted) == (untrusted.error, [])


def test_the_server_says_when() -> None:
    assert follow(GET, refusal(429, "3"), refusal(503, "0"), OK) == ({"a": 1}, [3.0, 0.0])
    error, pauses = follow(GET, refusal(429, "31"))
    assert isinstance(error, TooManyRequests)
    assert (error.retry_after, pauses) == (31.0, [])
    for nonsense in ("soon", "-1", "1e9", "999999", "٣" * 9):
        assert follow(GET, refusal(503, nonsense), OK)[1] == [0.2]


def test_what_is_not_repeatable_is_sent_once() -> None:
    assert follow(POST, GONE) == (GONE.error, [])
    error, pauses = follow(POST, refusal(503, "1"))
    assert isinstance(error, Unavailable)
    assert pauses == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500])
def test_a_refusal_is_final(status: int) -> None:
    error, pauses = follow(GET, refusal(status))
    assert isinstance(error, Problem)
    assert (error.status, error.detail, error.trace_id, pauses) == (status, f"words of {status}", "t-1", [])


def test_answers_that_are_not_locum_s() -> None:
    for answer in (Answer(302, b""), Answer(200, b"<html>secret</html>"), Answer(200, b"\xff")):
        error, _ = follow(GET, answer)
        assert isinstance(error, BadAnswer)
        assert "secret" not in str(error)
    for content in (b"", b"<html>", b"[]", b'{"detail"', b"null"):
        error, _ = follow(GET, Answer(404, content))
        assert isinstance(error, NotFound)
        assert error.detail == "refused with status 404"
    assert follow(GET, Answer(204, b"")) == (None, [])


def test_an_answer_does_not_show_its_content() -> None:
    assert repr(Answer(200, b"canary")) == "Answer(200)"
