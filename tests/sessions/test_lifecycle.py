"""The states of a session, exhaustively: every state has a next move, and no way skips the clean-up."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.sessions.lifecycle import (
    ENDED,
    LIVE,
    LOCKABLE,
    NEXT,
    Consult,
    End,
    Finish,
    Nothing,
    Provision,
    Revoke,
    Snapshot,
    Status,
    Wait,
    may_become,
    may_extend,
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
        assert next_move(snapshot(status), now) == Nothing()
        # A change that came late is taken away; the outcome stays.
        assert next_move(snapshot(status, 3), now) == Revoke()


def test_a_pending_session_waits_for_its_start_and_is_then_made_real() -> None:
    assert next_move(snapshot(Status.PENDING), BEFORE) == Wait(START)
    assert next_move(snapshot(Status.PENDING), START) == Provision()
    assert next_move(snapshot(Status.PENDING, 2), DURING) == Provision()


def test_an_active_session_waits_for_its_end() -> None:
    assert next_move(snapshot(Status.ACTIVE, 3), DURING) == Wait(STOP)


def test_time_ends_what_is_live() -> None:
    assert next_move(snapshot(Status.ACTIVE), AFTER) == End(Status.COMPLETE, "time is over")
    move = next_move(snapshot(Status.PENDING), AFTER)
    assert isinstance(move, End)
    assert move.outcome is Status.FAILED


def test_a_request_is_its_approvers_business_at_any_time() -> None:
    for now in (BEFORE, DURING, AFTER):
        assert next_move(snapshot(Status.APPROVAL_REQUIRED), now) == Consult()


@given(st.integers(0, 120), st.integers(0, 120))
def test_what_may_not_start_any_more_may_still_run(limit: int, minute: int) -> None:
    start_until, now = T0 + limit * MINUTE, T0 + minute * MINUTE
    pending = Snapshot(Status.PENDING, START, STOP, 0, start_until)
    if now >= min(start_until, STOP):
        assert next_move(pending, now) == End(Status.FAILED, "time ran out before access could be made")
    else:
        assert next_move(pending, now) == (Wait(START) if now < START else Provision())
    active = Snapshot(Status.ACTIVE, START, STOP, 0, start_until)
    assert next_move(active, now) == (Wait(STOP) if now < STOP else End(Status.COMPLETE, "time is over"))


def test_more_time_is_given_to_what_runs_and_to_nothing_else() -> None:
    for status, now in product(Status, (BEFORE, DURING, AFTER)):
        assert may_extend(status, STOP, now) == (status is Status.ACTIVE and now != AFTER)


def test_what_ends_can_not_be_locked() -> None:
    assert LIVE - {Status.CANCELLING} == LOCKABLE


def test_cancelling_reverts_first_and_finishes_then_whatever_the_time() -> None:
    for now in (BEFORE, DURING, AFTER):
        assert next_move(snapshot(Status.CANCELLING, 1), now) == Revoke()
        assert next_move(snapshot(Status.CANCELLING, 0), now) == Finish()


def test_every_move_leads_along_a_legal_way() -> None:
    for status, entries, now in product(Status, (0, 2), (BEFORE, DURING, AFTER)):
        match next_move(snapshot(status, entries), now):
            case Provision():
                assert may_become(status, Status.ACTIVE)
            case Consult():
                assert status is Status.APPROVAL_REQUIRED
            case End():
                assert may_become(status, Status.CANCELLING)
            case Finish():
                assert status is Status.CANCELLING
            case Revoke():
                assert status is Status.CANCELLING or status in ENDED
            case Wait(until):
                assert until > now
            case Nothing():
                assert status in ENDED
