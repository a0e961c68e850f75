"""PURE: the states of a lease, and what to do next about one (CRED-08, CRED-09).

Before a lease is active: the account is switched on, then the secret changed, where the credential says so. After it:
the secret is changed, then the account switched off. A secret changed on a locked account could unlock it, and one
that is changed first is worth nothing to who knew it, whatever becomes of the rest.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum, StrEnum

DEFAULT_MINUTES = 60
MOST_MINUTES = 24 * 60

_LOOK_AFTER = (dt.timedelta(seconds=0.25), dt.timedelta(seconds=15))
_TRY_AFTER = (dt.timedelta(seconds=5), dt.timedelta(minutes=5))
LONGEST_WAIT = _TRY_AFTER[1]  # of a lease that is ending


class State(StrEnum):
    """`intended`: the secret is not out yet; `ending`: it is given out no more; `ended` is certain."""

    INTENDED = "intended"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


LIVE = frozenset({State.INTENDED, State.ACTIVE, State.ENDING})


class Change(Enum):
    """How far the change of secret is that the lease waits for now."""

    NOT_ASKED = "not asked"
    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


class Account(StrEnum):
    """What Locum has done to the account: switched it on for the holder, or into the state after them."""

    ENABLED = "enabled"
    SETTLED = "settled"


class Afterwards(Enum):
    """What becomes of the account at the end (CRED-09). `KEEP` touches it at neither end."""

    DISABLE = 0
    ENABLE = 1
    KEEP = 2


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that decides what happens next. `due_at` is when the lease must be over, or began to end.

    `given_out`: the lease was active once. `may`: the holder may still know the secret. `kept`: the credential is
    there. `managed`: its secret and account can be changed on a target.
    """

    state: State
    due_at: dt.datetime
    given_out: bool
    change_on_checkout: bool
    change_on_release: bool
    afterwards: Afterwards
    account: Account | None
    change: Change
    change_asked_at: dt.datetime | None
    change_ended_at: dt.datetime | None
    may: bool
    kept: bool
    managed: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`."""

    until: dt.datetime


@dataclass(frozen=True, slots=True)
class SetAccount:
    """Make sure that the account is enabled, or disabled; it is then `becomes`."""

    enabled: bool
    becomes: Account


@dataclass(frozen=True, slots=True)
class ChangeSecret:
    """Ask for a change of the secret: before it is given out, or for `release` after."""

    release: bool


@dataclass(frozen=True, slots=True)
class Activate:
    """The holder may read the secret from now on."""


@dataclass(frozen=True, slots=True)
class End:
    """Give the secret out no more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """All is done: the lease has ended. `undone` says what could not be done any more, "" if nothing."""

    undone: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The lease has ended: no more work."""


Move = Wait | SetAccount | ChangeSecret | Activate | End | Finish | Nothing


def next_move(lease: Snapshot, now: dt.datetime) -> Move:
    """What to do about a lease that is looked at at `now`. Total: every state has an answer."""
    if lease.state is State.ENDED:
        return Nothing()
    if lease.state is State.ENDING:
        return _after(lease, now)
    if not lease.kept:
        return End("the credential was deleted")
    if not lease.may:
        return End("its holder may not know the secret any more")
    if now >= lease.due_at:
        return End("time is over")
    return Wait(lease.due_at) if lease.state is State.ACTIVE else _before(lease, now)


def _before(lease: Snapshot, now: dt.datetime) -> Move:
    needs_target = lease.change_on_checkout or lease.afterwards is not Afterwards.KEEP
    if needs_target and not lease.managed:
        return End("the login is not managed any more")
    if lease.afterwards is not Afterwards.KEEP and lease.account is None:
        return SetAccount(enabled=True, becomes=Account.ENABLED)
    if lease.change_on_checkout:
        if lease.change is Change.NOT_ASKED:
            return ChangeSecret(release=False)
        if lease.change is Change.FAILED:
            return End("the secret could not be changed before it was given out")
        if lease.change is Change.UNDER_WAY:
            return Wait(min(_next_look(lease, now), lease.due_at))
    return Activate()


def _after(lease: Snapshot, now: dt.datetime) -> Move:
    changes = lease.change_on_release and lease.given_out and lease.change is not Change.DONE
    settles = lease.afterwards is not Afterwards.KEEP and lease.account is not Account.SETTLED
    if not (changes or settles):
        return Finish()
    if not (lease.kept and lease.managed):
        missed = " and ".join(
            ["the secret was not changed"] * changes + ["the account was not switched"] * settles
        )
        return Finish(f"{missed}: the login is not managed any more")
    if lease.change is Change.UNDER_WAY:
        return Wait(_next_look(lease, now))
    if not changes:
        return SetAccount(enabled=lease.afterwards is Afterwards.ENABLE, becomes=Account.SETTLED)
    if lease.change is Change.FAILED:
        failed_at = lease.change_ended_at or now
        again_at = failed_at + _quarter(failed_at - lease.due_at, *_TRY_AFTER)
        return Wait(again_at) if now < again_at else ChangeSecret(release=True)
    return ChangeSecret(release=True)


def _next_look(lease: Snapshot, now: dt.datetime) -> dt.datetime:
    return now + _quarter(now - (lease.change_asked_at or now), *_LOOK_AFTER)


def _quarter(age: dt.timedelta, least: dt.timedelta, most: dt.timedelta) -> dt.timedelta:
    """The longer something takes already, the longer until the next look."""
    return min(max(age / 4, least), most)


def is_exclusive(
    asked: bool, *, change_on_checkout: bool, change_on_release: bool, afterwards: Afterwards
) -> bool:
    """Whether a lease keeps others out: asked to, or because its end would take the secret from a second holder."""
    return asked or change_on_checkout or change_on_release or afterwards is not Afterwards.KEEP
