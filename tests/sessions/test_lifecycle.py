"""The states of a session, exhaustively: every state has a next move, and no way skips the clean-up."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest

from locum.sessions.lifecycle import (
    ENDED,
    LIVE,
    NEXT,
    End,
    Finish,
    Nothing,
    Provision,
    Revoke,
    Snapshot,
    Status,
    Wait,
    may_become,
    next_move,
)

T0 = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
START, STOP = T0 + 10 * MINUTE, T0 + 70 * MINUTE
BEFORE, DURING, AFTER = T0, T0 + 30 * MINUTE, STOP


def snapshot(status: Status, open_entries: int = 0) -> Snapshot:
    return Snapshot(status, START, STOP, open_entries)


def test_numbers_are_the_contracts() -> None:
    assert {s.name: int(s) for s in Status} == {
        "APPROVAL_REQUIRED": -1,
        "PENDING": 0,
        "ACTIVE": 1,
        "CANCELLING": 2,
        "COMPLETE": 3,
        "FAILED": 4,
        "CANCELLED": 5,
        "APPROVAL_DENIED": 6,
        "APPROVAL_FAILED": 7,
    }


def test_every_state_is_live_or_ended_and_an_ended_one_stays() -> None:
    assert set(Status) == LIVE | ENDED
    assert not LIVE & ENDED
    assert all(not NEXT[status] for status in ENDED)


def test_what_may_have_touched_a_target_ends_only_through_cancelling() -> None:
    for now, then in product((Status.PENDING, Status.ACTIVE), ENDED):
        assert not may_become(now, then)
    assert {s for s in Status if may_become(Status.CANCELLING, s)} == {
        Status.COMPLETE,
        Status.FAILED,
        Status.CANCELLED,
    }


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_session_needs_nothing(status: Status) -> None:
    for now in (BEFORE, DURING, AFTER):
        assert next_move(snapshot(status, 3), now) == Nothing()


def test_a_pending_session_waits_for_its_start_and_is_then_made_real() -> None:
    assert next_move(snapshot(Status.PENDING), BEFORE) == Wait(START)
    assert next_move(snapshot(Status.PENDING), START) == Provision()
    assert next_move(snapshot(Status.PENDING, 2), DURING) == Provision()


def test_an_active_session_waits_for_its_end() -> None:
    assert next_move(snapshot(Status.ACTIVE, 3), DURING) == Wait(STOP)


def test_time_ends_what_is_live() -> None:
    assert next_move(snapshot(Status.ACTIVE), AFTER) == End(Status.COMPLETE, "time is over")
    for status in (Status.PENDING, Status.APPROVAL_REQUIRED):
        move = next_move(snapshot(status), AFTER)
        assert isinstance(move, End)
        assert move.outcome is Status.FAILED


def test_cancelling_reverts_first_and_finishes_then_whatever_the_time() -> None:
    for now in (BEFORE, DURING, AFTER):
        assert next_move(snapshot(Status.CANCELLING, 1), now) == Revoke()
        assert next_move(snapshot(Status.CANCELLING, 0), now) == Finish()


def test_every_move_leads_along_a_legal_way() -> None:
    for status, entries, now in product(Status, (0, 2), (BEFORE, DURING, AFTER)):
        match next_move(snapshot(status, entries), now):
            case Provision():
                assert may_become(status, Status.ACTIVE)
            case End():
                assert may_become(status, Status.CANCELLING)
            case Finish() | Revoke():
                assert status is Status.CANCELLING
            case Wait(until):
                assert until > now
            case Nothing():
                assert status in ENDED
