"""PURE: what a rotation does next.

A rotation has a candidate, the new secret, and the current one, which the vault knows as the credential's own. It
looks at the target before it changes anything and after each attempt, so after a crash at any step it finds out which
of the two is live. Rules that hold whatever happens:

- Nothing is changed on a target before the candidate is durable (`PREPARE`) and the touch is written down (`TOUCH`).
- The candidate becomes the credential's own only when the target was seen to take it (`PROMOTE`).
- The candidate is forgotten only when the target was never touched, or refused it, is seen not to have it and can't be
  at work on an earlier attempt any more.
- While neither is seen to be live after a touch, it is tried again for ever, loudly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Move(Enum):
    """One step; each is safe to repeat, and written down before or after as its name says."""

    NOTHING = auto()  # it has ended
    WAIT = auto()  # an operator paused it
    PREPARE = auto()  # make the candidate and keep it in the vault
    LOOK = auto()  # ask the target which secrets it takes
    TOUCH = auto()  # write down that the target may have either from now on
    CHANGE = auto()  # make the target take the candidate
    RESTORE = auto()  # make it take the current secret again, after it took only a part of the candidate
    PROMOTE = auto()  # the candidate is the credential's own now
    UPDATE = auto()  # give the new secret to the next dependant
    AGAIN = auto()  # nothing certain is known: try later
    COMPLETE = auto()
    COMPLETE_WITH_ERRORS = auto()  # a rollback whose dependants did not all follow
    FAIL = auto()  # the current secret is live and stays
    MISMATCH = auto()  # the target has another secret than the vault and must not be reset
    ROLL_BACK = auto()  # end, and start the rotation that puts the previous secret back everywhere
    ABORT = auto()  # an operator's wish, before anything was touched


class Update(Enum):
    """How far a dependant is within this rotation."""

    INTENDED = auto()
    UPDATED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Seen:
    """Which secrets the target takes, both only where they are equal; `partly`: a part of the candidate, not all."""

    candidate: bool
    current: bool
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. `seen` and all from `tried` to `shut` are of this pass: a new one knows none of it.

    `tried`: a change came back, whatever it said. `refused`: the target said no to it. `restored`: putting the current
    secret back was tried. `unsure`: an earlier attempt was cut off so shortly before that the target may carry it out
    yet. `shut`: there is no way to the target, or no candidate to be had. `may_reset`: a target that has neither secret
    may be given the candidate all the same.
    """

    ended: bool = False
    paused: bool = False
    abort: bool = False
    rollback: bool = False
    prepared: bool = False
    touched: bool = False
    promoted: bool = False
    may_reset: bool = False
    seen: Seen | None = None
    tried: bool = False
    refused: bool = False
    restored: bool = False
    unsure: bool = False
    shut: bool = False
    dependants: tuple[Update, ...] = ()


def next_move(facts: Facts) -> Move:
    """The one thing to do now."""
    if facts.ended:
        return Move.NOTHING
    if facts.promoted:
        return _after(facts)
    if not facts.touched:
        return _before(facts)
    return _between(facts)


def _before(facts: Facts) -> Move:
    """The target has not been touched: everything can still be let be."""
    if facts.abort:
        return Move.ABORT
    if facts.paused:
        return Move.WAIT
    if facts.shut:
        return Move.FAIL
    if not facts.prepared:
        return Move.PREPARE
    if facts.seen is None:
        return Move.LOOK
    if facts.seen.current or facts.seen.candidate or facts.may_reset:
        return Move.TOUCH
    return Move.MISMATCH


def _between(facts: Facts) -> Move:
    """The target may have either secret. No wish to pause or abort counts before it is known which."""
    if facts.shut:
        return Move.AGAIN
    if facts.seen is None:
        return Move.LOOK
    if facts.seen.candidate:
        return Move.PROMOTE
    if not facts.tried:
        return Move.CHANGE
    if not facts.refused:
        return Move.AGAIN
    if facts.seen.partly:
        return Move.AGAIN if facts.restored else Move.RESTORE
    if facts.unsure:
        return Move.AGAIN
    return Move.FAIL if facts.seen.current or facts.may_reset else Move.AGAIN


def _after(facts: Facts) -> Move:
    """The new secret is live and the credential's own: those that depend on it follow, or all goes back."""
    if facts.rollback:
        if Update.INTENDED in facts.dependants:
            return Move.WAIT if facts.paused else Move.UPDATE
        return Move.COMPLETE_WITH_ERRORS if Update.FAILED in facts.dependants else Move.COMPLETE
    if facts.abort or Update.FAILED in facts.dependants:
        return Move.ROLL_BACK
    if Update.INTENDED not in facts.dependants:
        return Move.COMPLETE
    return Move.WAIT if facts.paused else Move.UPDATE
