"""Every combination of facts: what comes next follows the rules of plan.py, and every road leads to an end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from locum.rotation.plan import Facts, Move, Seen, Update, next_move

SEEN = [None, *itertools.starmap(Seen, itertools.product((True, False), repeat=3))]
DEPENDANTS = [(), *itertools.product(Update, repeat=1), *itertools.product(Update, repeat=2)]
N, U, F = Update.INTENDED, Update.UPDATED, Update.FAILED


def every() -> Iterator[Facts]:
    flags = ("ended", "paused", "abort", "rollback", "prepared", "touched", "promoted", "may_reset", "tried",
             "refused", "restored", "unsure", "shut")  # fmt: skip
    for values in itertools.product((False, True), repeat=len(flags)):
        for seen in SEEN:
            facts = Facts(seen=seen, **dict(zip(flags, values, strict=True)))
            yield facts
            if facts.promoted:
                yield from (replace(facts, dependants=dependants) for dependants in DEPENDANTS)


def test_the_rules_hold_for_all_facts() -> None:
    count = 0
    for facts in every():
        count += 1
        move = next_move(facts)
        seen = facts.seen
        assert (move is Move.NOTHING) == facts.ended
        if move in (Move.PREPARE, Move.TOUCH, Move.ABORT, Move.MISMATCH):
            assert not facts.touched
            assert not facts.promoted
        if move is Move.TOUCH:
            assert facts.prepared
            assert seen is not None
            assert seen.candidate or seen.current or facts.may_reset
        if move is Move.CHANGE:
            assert facts.touched
            assert not facts.tried
            assert seen is not None
            assert not seen.candidate
        if move is Move.PROMOTE:
            assert facts.touched
            assert seen is not None
            assert seen.candidate
        if move is Move.FAIL and facts.touched:  # the candidate is forgotten: no part of it may be live
            assert facts.refused
            assert seen is not None
            assert not seen.candidate
            assert not seen.partly
            assert not facts.unsure
        if move in (Move.UPDATE, Move.COMPLETE, Move.COMPLETE_WITH_ERRORS, Move.ROLL_BACK):
            assert facts.promoted
        if move is Move.COMPLETE:
            assert set(facts.dependants) <= {U}
        if move is Move.ROLL_BACK:
            assert not facts.rollback
        if facts.touched and not facts.promoted and not facts.ended:
            assert move in (Move.LOOK, Move.CHANGE, Move.RESTORE, Move.PROMOTE, Move.FAIL, Move.AGAIN)
    assert count > 100_000


BEFORE = Facts(prepared=True)
TOUCHED = Facts(prepared=True, touched=True)
AFTER = Facts(touched=True, promoted=True)


@pytest.mark.parametrize(
    ("facts", "move"),
    [
        (Facts(ended=True, promoted=True, dependants=(N,)), Move.NOTHING),
        (Facts(), Move.PREPARE),
        (Facts(abort=True), Move.ABORT),
        (Facts(paused=True), Move.WAIT),
        (Facts(paused=True, abort=True), Move.ABORT),
        (Facts(shut=True), Move.FAIL),
        (BEFORE, Move.LOOK),
        (replace(BEFORE, shut=True), Move.FAIL),
        (replace(BEFORE, abort=True, seen=Seen(False, True)), Move.ABORT),
        (replace(BEFORE, paused=True, seen=Seen(False, True)), Move.WAIT),
        (replace(BEFORE, seen=Seen(False, True)), Move.TOUCH),
        (replace(BEFORE, seen=Seen(True, False)), Move.TOUCH),
        (replace(BEFORE, seen=Seen(False, False)), Move.MISMATCH),
        (replace(BEFORE, seen=Seen(False, False), may_reset=True), Move.TOUCH),
        (TOUCHED, Move.LOOK),
        (replace(TOUCHED, paused=True, abort=True), Move.LOOK),
        (replace(TOUCHED, shut=True), Move.AGAIN),
        (replace(TOUCHED, seen=Seen(True, False)), Move.PROMOTE),
        (replace(TOUCHED, seen=Seen(True, True)), Move.PROMOTE),
        (replace(TOUCHED, seen=Seen(False, True)), Move.CHANGE),
        (replace(TOUCHED, seen=Seen(False, False)), Move.CHANGE),
        (replace(TOUCHED, tried=True, seen=None), Move.LOOK),
        (replace(TOUCHED, tried=True, seen=Seen(True, False)), Move.PROMOTE),
        (replace(TOUCHED, tried=True, seen=Seen(False, True)), Move.AGAIN),
        (replace(TOUCHED, tried=True, refused=True, seen=Seen(False, True)), Move.FAIL),
        (replace(TOUCHED, tried=True, refused=True, unsure=True, seen=Seen(False, True)), Move.AGAIN),
        (replace(TOUCHED, tried=True, refused=True, unsure=True, seen=Seen(True, False)), Move.PROMOTE),
        (replace(TOUCHED, tried=True, refused=True, unsure=True, seen=Seen(False, False, True)), Move.RESTORE),
        (replace(TOUCHED, tried=True, refused=True, seen=Seen(False, False)), Move.AGAIN),
        (replace(TOUCHED, tried=True, refused=True, may_reset=True, seen=Seen(False, False)), Move.FAIL),
        (replace(TOUCHED, tried=True, may_reset=True, seen=Seen(False, False)), Move.AGAIN),
        (replace(TOUCHED, tried=True, refused=True, may_reset=True, seen=Seen(False, False, True)), Move.RESTORE),
        (replace(TOUCHED, tried=True, refused=True, restored=True, seen=Seen(False, False, True)), Move.AGAIN),
        (replace(TOUCHED, tried=True, refused=True, restored=True, seen=Seen(False, True)), Move.FAIL),
        (replace(TOUCHED, tried=True, seen=Seen(False, False, True)), Move.AGAIN),
        (replace(TOUCHED, seen=Seen(False, False, True)), Move.CHANGE),
        (AFTER, Move.COMPLETE),
        (replace(AFTER, paused=True), Move.COMPLETE),
        (replace(AFTER, dependants=(N, N)), Move.UPDATE),
        (replace(AFTER, dependants=(U, N)), Move.UPDATE),
        (replace(AFTER, dependants=(U, N), paused=True), Move.WAIT),
        (replace(AFTER, dependants=(U, U)), Move.COMPLETE),
        (replace(AFTER, dependants=(U, F)), Move.ROLL_BACK),
        (replace(AFTER, dependants=(F, N)), Move.ROLL_BACK),
        (replace(AFTER, dependants=(F, N), paused=True), Move.ROLL_BACK),
        (replace(AFTER, dependants=(U, U), abort=True), Move.ROLL_BACK),
        (replace(AFTER, abort=True), Move.ROLL_BACK),
        (replace(AFTER, rollback=True), Move.COMPLETE),
        (replace(AFTER, rollback=True, abort=True, dependants=(N,)), Move.UPDATE),
        (replace(AFTER, rollback=True, paused=True, dependants=(F, N)), Move.WAIT),
        (replace(AFTER, rollback=True, dependants=(F, N)), Move.UPDATE),
        (replace(AFTER, rollback=True, dependants=(F, U)), Move.COMPLETE_WITH_ERRORS),
        (replace(AFTER, rollback=True, dependants=(U, U)), Move.COMPLETE),
    ],
    ids=str,
)
def test_the_next_move(facts: Facts, move: Move) -> None:
    assert next_move(facts) is move
