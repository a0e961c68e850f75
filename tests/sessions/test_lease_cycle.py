"""Every state of a lease has an answer, the answer is safe, and following the answers always comes to an end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import product

import pytest

from locum.sessions.lease_cycle import (
    LIVE,
    LONGEST_WAIT,
    Account,
    Activate,
    Afterwards,
    Change,
    ChangeSecret,
    End,
    Finish,
    Move,
    Nothing,
    SetAccount,
    Snapshot,
    State,
    Wait,
    is_exclusive,
    next_move,
)

NOW = dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.UTC)
SECOND, HOUR = dt.timedelta(seconds=1), dt.timedelta(hours=1)
BOTH = (False, True)

VALUES = {
    "state": tuple(State),
    "due_at": (NOW - HOUR, NOW, NOW + HOUR),
    "given_out": BOTH,
    "change_on_checkout": BOTH,
    "change_on_release": BOTH,
    "afterwards": tuple(Afterwards),
    "account": (None, *Account),
    "change": tuple(Change),
    "change_asked_at": (None, NOW - HOUR, NOW - SECOND),
    "change_ended_at": (None, NOW - HOUR, NOW - SECOND),
    "may": BOTH,
    "kept": BOTH,
    "managed": BOTH,
}


def everything() -> Iterator[Snapshot]:
    for values in product(*VALUES.values()):
        yield Snapshot(**dict(zip(VALUES, values, strict=True)))  # type: ignore[arg-type]


def plain(**changes: object) -> Snapshot:
    made = Snapshot(
        state=State.INTENDED,
        due_at=NOW + HOUR,
        given_out=False,
        change_on_checkout=False,
        change_on_release=False,
        afterwards=Afterwards.KEEP,
        account=None,
        change=Change.NOT_ASKED,
        change_asked_at=None,
        change_ended_at=None,
        may=True,
        kept=True,
        managed=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_values_are_those_of_a_snapshot() -> None:
    assert list(VALUES) == [field.name for field in fields(Snapshot)]
    assert set(State) - {State.ENDED} == LIVE


def test_every_state_has_a_safe_answer() -> None:
    for lease in everything():
        move = next_move(lease, NOW)
        over = not (lease.may and lease.kept) or lease.due_at <= NOW
        match move:
            case Nothing():
                assert lease.state is State.ENDED
            case Activate():
                assert lease.state is State.INTENDED
                assert not over
                assert not lease.change_on_checkout or lease.change is Change.DONE
                assert lease.afterwards is Afterwards.KEEP or lease.account is not None
            case End():
                assert lease.state in (State.INTENDED, State.ACTIVE)
            case Finish(undone):
                assert lease.state is State.ENDING
                changed = not (lease.change_on_release and lease.given_out) or lease.change is Change.DONE
                settled = lease.afterwards is Afterwards.KEEP or lease.account is Account.SETTLED
                assert (undone == "") == (changed and settled)
                assert undone == "" or not (lease.kept and lease.managed)
            case SetAccount(enabled, becomes):
                assert lease.managed
                assert lease.kept
                assert lease.afterwards is not Afterwards.KEEP
                assert lease.change is not Change.UNDER_WAY or lease.state is State.INTENDED
                if lease.state is State.ENDING:
                    assert (enabled, becomes) == (lease.afterwards is Afterwards.ENABLE, Account.SETTLED)
                else:
                    assert (enabled, becomes) == (True, Account.ENABLED)
            case ChangeSecret(release):
                assert lease.managed
                assert lease.kept
                assert release == (lease.state is State.ENDING)
                assert lease.change_on_release if release else lease.change_on_checkout
                assert lease.change in (Change.NOT_ASKED, Change.FAILED)
            case Wait(until):
                assert until > NOW
                assert lease.state is not State.ENDED
                assert lease.state is State.ENDING or until <= lease.due_at
                assert lease.state is not State.ENDING or until - NOW <= LONGEST_WAIT


def test_what_may_not_be_known_any_more_is_never_waited_with() -> None:
    for lease in everything():
        if lease.state in (State.INTENDED, State.ACTIVE) and not (lease.may and lease.kept and lease.due_at > NOW):
            assert isinstance(next_move(lease, NOW), End), lease


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kept": False}, "the credential was deleted"),
        ({"may": False}, "its holder may not know the secret any more"),
        ({"due_at": NOW}, "time is over"),
        ({"change_on_checkout": True, "managed": False}, "the login is not managed any more"),
        ({"afterwards": Afterwards.DISABLE, "managed": False}, "the login is not managed any more"),
        (
            {"change_on_checkout": True, "change": Change.FAILED},
            "the secret could not be changed before it was given out",
        ),
    ],
)
def test_words_of_an_end(changes: dict[str, object], words: str) -> None:
    assert next_move(plain(**changes), NOW) == End(words)


def test_what_could_not_be_done_is_said() -> None:
    lease = plain(
        state=State.ENDING, given_out=True, change_on_release=True, afterwards=Afterwards.DISABLE, managed=False
    )
    reason = "the login is not managed any more"
    both = "the secret was not changed and the account was not switched"
    assert next_move(lease, NOW) == Finish(f"{both}: {reason}")
    assert next_move(replace(lease, account=Account.SETTLED), NOW) == Finish(
        f"the secret was not changed: {reason}"
    )
    assert next_move(replace(lease, given_out=False), NOW) == Finish(f"the account was not switched: {reason}")


def step(lease: Snapshot, move: Move, now: dt.datetime, *, fails: bool) -> Snapshot:
    """The world after a move; `fails`: the effect did not happen, or the change that it asks for will fail."""
    match move:
        case End():
            return replace(lease, state=State.ENDING, due_at=min(lease.due_at, now))
        case Activate():
            return replace(
                lease, state=State.ACTIVE, given_out=True, change=Change.NOT_ASKED, change_asked_at=None
            )
        case SetAccount(_, becomes):
            return lease if fails else replace(lease, account=becomes)
        case ChangeSecret():
            return replace(lease, change=Change.UNDER_WAY, change_asked_at=now, change_ended_at=None)
        case Finish():
            return replace(lease, state=State.ENDED)
        case Wait():
            if lease.change is Change.UNDER_WAY:
                return replace(lease, change=Change.FAILED if fails else Change.DONE, change_ended_at=now)
    return lease


@pytest.mark.parametrize("failures", range(5))
@pytest.mark.parametrize("checkout", BOTH)
@pytest.mark.parametrize("release", BOTH)
@pytest.mark.parametrize("afterwards", Afterwards)
def test_a_lease_ends_whatever_fails_first(
    failures: int, checkout: bool, release: bool, afterwards: Afterwards
) -> None:
    """Each subset of the first steps that touch a target fails; what must be done at the end has then been done."""
    for pattern in product(BOTH, repeat=failures):
        lease = plain(change_on_checkout=checkout, change_on_release=release, afterwards=afterwards)
        now, left, order = NOW, list(pattern), []
        for _ in range(100):
            move = next_move(lease, now)
            if isinstance(move, Nothing):
                break
            touches = isinstance(move, SetAccount) or (isinstance(move, Wait) and lease.change is Change.UNDER_WAY)
            fails = touches and bool(left) and left.pop(0)
            order += [(type(move), lease.state)] if touches and not fails else []
            lease = step(lease, move, now, fails=fails)
            now = max(now + SECOND, move.until) if isinstance(move, Wait) else now + SECOND
        assert lease.state is State.ENDED, pattern
        if lease.given_out and release:
            assert lease.change is Change.DONE
        if afterwards is not Afterwards.KEEP:
            assert lease.account is Account.SETTLED
            # The account is off, or on, after the last change of its secret.
            assert order[-1] == (SetAccount, State.ENDING)


def test_looks_and_tries_become_rarer() -> None:
    ending = plain(state=State.ENDING, given_out=True, change_on_release=True, due_at=NOW - 10 * SECOND)
    under_way = replace(ending, change=Change.UNDER_WAY)
    for age, wait in ((0, 0.25), (8, 2), (3600, 15)):
        asked = replace(under_way, change_asked_at=NOW - age * SECOND)
        assert next_move(asked, NOW) == Wait(NOW + wait * SECOND)
    failed = replace(ending, change=Change.FAILED, change_ended_at=NOW)
    for age, wait in ((0, 5), (40, 10), (86400, 300)):
        late = replace(failed, due_at=NOW - age * SECOND)
        assert next_move(late, NOW) == Wait(NOW + wait * SECOND)
        assert next_move(late, NOW + wait * SECOND) == ChangeSecret(release=True)


def test_who_is_alone_with_a_secret() -> None:
    for asked, checkout, release, after in product(BOTH, BOTH, BOTH, Afterwards):
        alone = is_exclusive(asked, change_on_checkout=checkout, change_on_release=release, afterwards=after)
        assert alone == (asked or checkout or release or after is not Afterwards.KEEP)
