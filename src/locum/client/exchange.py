"""One call with its repeats, without a socket: what to send, what an answer means, whether and when to try again.

Written as generators that yield what is to be done (`Call`, `Pause`) and are given the outcome, so that the client
that waits and the one that awaits are the same rules.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from locum.client.errors import (
    BadAnswer,
    ClientError,
    Problem,
    TooManyRequests,
    Unavailable,
    Unreachable,
    Untrusted,
    problem,
)

T = TypeVar("T")

TRIES = 4
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
_ELSEWHERE = "the answer is not Locum's: is this the address of its REST API?"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `repeatable`: sending it twice does what sending it once does."""

    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | str | None = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    retry_after: str | None = None

    def __repr__(self) -> str:
        return f"Answer({self.status})"


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came; `error` says why."""

    error: ClientError


Steps = Generator[Call | Pause, Answer | Failure | None, T]


def exchange(call: Call) -> Steps[Any]:
    """The decoded answer of `call`, tried again where that is safe and may help. Raises ClientError."""
    for tried in range(1, TRIES + 1):
        outcome = yield call
        assert outcome is not None
        error = outcome.error if isinstance(outcome, Failure) else _refusal(outcome)
        if error is None:
            assert isinstance(outcome, Answer)
            return _decoded(outcome)
        pause = pause_before_next(error, tried)
        if not call.repeatable or pause is None:
            raise error
        yield Pause(pause)
    raise AssertionError("unreachable")


def pause_before_next(error: ClientError, tried: int) -> float | None:
    """Seconds until the next try, None where there is none: what the server understood it will refuse again."""
    passing = isinstance(error, Unreachable | TooManyRequests | Unavailable) and not isinstance(error, Untrusted)
    if tried >= TRIES or not passing:
        return None
    if isinstance(error, Problem) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE_S else None
    return FIRST_PAUSE_S * (2.0 ** (tried - 1))


def _refusal(answer: Answer) -> ClientError | None:
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if answer.status < HTTPStatus.BAD_REQUEST:  # never followed: the API key is for the address it was given for
        return BadAnswer(_ELSEWHERE)
    try:
        body = json.loads(answer.content)
        detail, trace_id = body["detail"], body.get("traceId")
    except (ValueError, TypeError, KeyError, AttributeError):
        detail, trace_id = f"refused with status {answer.status}", None
    return problem(answer.status, str(detail), trace_id=trace_id, retry_after=_seconds(answer.retry_after))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() and len(text) < 6 else None


def _decoded(answer: Answer) -> Any:
    if not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        raise BadAnswer(_ELSEWHERE) from None
