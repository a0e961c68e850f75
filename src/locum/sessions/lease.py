"""Check-out and check-in: one holder's timed right to know a credential's secret, from asking to the end (CRED-08).

A lease is a row, committed with its audit row, before its secret can leave: only `reveal` gives that out, and only
while the lease is active. What its end has to do on a target is the worker's (`lease_advance.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.add import get_credential
from locum.credentials.model import Credential, credential
from locum.credentials.secrets import Part, open_parts
from locum.identities.model import identity
from locum.kit import jobs
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.pause import refuse_if_paused
from locum.kit.prepared import Prepared
from locum.rotation.ask import check_used_here_only
from locum.rotation.rows import get_managed
from locum.sessions import transition
from locum.sessions.lease_account import check_switchable
from locum.sessions.lease_cycle import (
    DEFAULT_MINUTES,
    LIVE,
    MOST_MINUTES,
    Activate,
    Afterwards,
    Finish,
    State,
    is_exclusive,
)
from locum.sessions.lease_facts import afterwards_of, is_managed, look
from locum.sessions.model import AccessSession, Lease, lease
from locum.vault.secret import Secret
from locum.vault.store import Vault

JOB = "lease"

_COLUMNS = [lease.c[name] for name in Lease.__struct_fields__]


class Held(Conflict):
    """Somebody else has the credential, for now."""


@dataclass(frozen=True, slots=True)
class CheckOut:
    """What a caller asks for. `names_holder`: they may be told who holds it, if somebody does."""

    credential_id: UUID
    minutes: int = DEFAULT_MINUTES
    exclusive: bool = True
    note: str | None = None
    ticket: str | None = None
    names_holder: bool = False


class _Holder(msgspec.Struct, frozen=True):
    due_at: dt.datetime
    exclusive_credential_id: UUID | None
    state: State
    identity_id: UUID
    name: str


_HOLDERS = sa.select(
    lease.c.due_at, lease.c.exclusive_credential_id, lease.c.state, lease.c.identity_id, identity.c.name
).join(identity, identity.c.id == lease.c.identity_id)
# Asked for each secret that an application reads.
_ALONE = Prepared(_Holder, _HOLDERS.where(lease.c.exclusive_credential_id == sa.bindparam("credential_id")))


def get(tx: ReadTx, lease_id: UUID, *, hold: bool = False) -> Lease:
    """The lease, with `hold` its row held until commit; or NotFound."""
    one = sa.select(*_COLUMNS).where(lease.c.id == lease_id)
    found = tx.first(Lease, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("no such lease")
    return found


def check_out(tx: Tx, actor: Actor, asked: CheckOut) -> Lease:
    """Write a lease down for `actor`, who must be let know the secret already; the worker does what it needs first.

    Raises Invalid, NotFound, and Conflict while others hold the credential, what it asks for can't be done, or Locum
    is paused.
    """
    if not 1 <= asked.minutes <= MOST_MINUTES:
        raise Invalid(f"minutes must lie between 1 and {MOST_MINUTES}", field="minutes")
    assert actor.id is not None
    due_at = tx.now + dt.timedelta(minutes=asked.minutes)
    made = _write_down(tx, asked, identity_id=actor.id, created_from=actor.address, due_at=due_at)
    exclusive = made.exclusive_credential_id is not None
    record(tx, actor, "lease.checked_out", made, minutes=asked.minutes, exclusive=exclusive)
    return _begin(tx, made)


def check_out_for(tx: Tx, session: AccessSession) -> Lease:
    """The lease of a session of a credential, for as long as that lasts: alone where its end changes anything (B.5).

    Raises Held while others keep it out, NotFound, and Conflict where what it asks for can't be done.
    """
    assert session.credential_id is not None
    asked = CheckOut(session.credential_id, exclusive=False, note=session.note, ticket=session.ticket)
    made = _write_down(
        tx,
        asked,
        identity_id=session.identity_id,
        created_from=session.created_from,
        due_at=session.scheduled_end,
        session_id=session.id,
    )
    exclusive = made.exclusive_credential_id is not None
    record(tx, LOCUM, "lease.checked_out", made, session=str(session.id), exclusive=exclusive)
    return _begin(tx, made)


def _write_down(tx: Tx, asked: CheckOut, **whose: Any) -> Lease:
    # Whoever else checks this credential out waits here, so that each sees the other.
    tx.scalar(sa.select(credential.c.id).where(credential.c.id == asked.credential_id).with_for_update())
    kept = get_credential(tx, asked.credential_id)
    if kept.deleted_at is not None:
        raise NotFound("no such credential")
    refuse_if_paused(tx)
    changes = {
        "change_on_checkout": bool(kept.change_on_checkout),
        "change_on_release": bool(kept.change_on_release),
    }
    afterwards = afterwards_of(kept.post_session)
    if any(changes.values()) or afterwards is not Afterwards.KEEP:
        _check_target(tx, kept.id, changes=any(changes.values()), switches=afterwards is not Afterwards.KEEP)
    exclusive = is_exclusive(asked.exclusive, afterwards=afterwards, **changes)
    _refuse_held(tx, asked, exclusive)
    made = new_id()
    tx.add(
        lease,
        id=made,
        credential_id=kept.id,
        exclusive_credential_id=kept.id if exclusive else None,
        state=State.INTENDED,
        note=asked.note,
        ticket=asked.ticket,
        post_session=kept.post_session,
        created_at=tx.now,
        **changes,
        **whose,
    )
    return get(tx, made)


def _begin(tx: Tx, written: Lease) -> Lease:
    made = written.id
    if isinstance(look(tx, written), Activate):  # nothing to do on a target first: no need to wait for the worker
        move(tx, written, State.ACTIVE, active_at=tx.now)
        jobs.schedule(tx, JOB, made, due_at=written.due_at)
    else:
        jobs.schedule(tx, JOB, made, due_at=tx.now)
    return get(tx, made)


def extend(tx: Tx, actor: Actor, lease_id: UUID, minutes: int) -> Lease:
    """Let an active lease last `minutes` from now, never longer in all than one may. Raises Invalid, Conflict."""
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"minutes must lie between 1 and {MOST_MINUTES}", field="minutes")
    found = get(tx, lease_id, hold=True)
    _refuse_session(found)
    _check_active(tx, found)
    most = found.created_at + dt.timedelta(minutes=MOST_MINUTES)
    due_at = min(tx.now + dt.timedelta(minutes=minutes), most)
    tx.run(sa.update(lease).where(lease.c.id == lease_id).values(due_at=due_at))
    jobs.schedule(tx, JOB, lease_id, due_at=due_at)
    record(tx, actor, "lease.extended", found, deadline=due_at.isoformat(timespec="seconds"))
    return get(tx, lease_id)


def reveal(tx: Tx, vault: Vault, actor: Actor, lease_id: UUID) -> tuple[Credential, dict[str, Secret]]:
    """The credential of an active lease and its secrets by name; the caller has seen to it that `actor` holds it.

    Raises Conflict while the lease is not active. The audit row is in this unit of work, so it is there before the
    secret leaves.
    """
    found = get(tx, lease_id, hold=True)
    _refuse_session(found)
    _check_active(tx, found)
    kept = get_credential(tx, found.credential_id)
    if kept.deleted_at is not None:
        raise Conflict("the credential was deleted")
    record(tx, actor, "lease.revealed", found)
    return kept, _secrets(tx, vault, kept)


def begin_end(tx: Tx, actor: Actor, lease_id: UUID, *, reason: str) -> None:
    """Give the secret out no more; the worker does the rest. Repeating it changes nothing."""
    found = get(tx, lease_id, hold=True)
    if found.state not in (State.INTENDED, State.ACTIVE):
        return
    # Overdue from here on is what lives too long after this.
    move(tx, found, State.ENDING, due_at=min(found.due_at, tx.now), ended_by=actor.id, end_reason=reason[:1000])
    record(tx, actor, "lease.ending", found, reason=reason)
    jobs.schedule(tx, JOB, lease_id, due_at=tx.now)
    ending = get(tx, lease_id)
    todo = look(tx, ending)
    if isinstance(todo, Finish):  # nothing to do on a target: whoever comes next need not wait for the worker
        finish(tx, ending, todo)


def finish(tx: Tx, ending: Lease, done: Finish) -> None:
    """Everything is done, or can't be any more, which is said: the lease has ended, and the credential is free."""
    undone = done.undone or None
    move(tx, ending, State.ENDED, ended_at=tx.now, exclusive_credential_id=None, last_error=undone)
    record(tx, LOCUM, "lease.ended", ending, outcome="failed" if undone else "ok", reason=done.undone)


def end_all(tx: Tx, actor: Actor, which: sa.ColumnElement[bool], *, reason: str) -> None:
    """Begin the end of every live lease that `which` (a condition on `lease`) names."""
    for lease_id in tx.scalars(sa.select(lease.c.id).where(lease.c.state.in_(LIVE), which)):
        begin_end(tx, actor, lease_id, reason=reason)


def check_not_held(tx: ReadTx, credential_id: UUID, *, by_other_than: UUID) -> None:
    """Raise Conflict while somebody else holds the credential exclusively: who is alone with a secret must be it."""
    held = tx.prepared(_ALONE, credential_id=credential_id)
    if held and held[0].identity_id != by_other_than:
        raise Conflict(_until(held[0], named=False))


def move(tx: Tx, found: Lease, to: State, **values: Any) -> None:
    """Change the state, if nobody else has meanwhile. Raises Conflict."""
    changed = tx.run(
        sa.update(lease).where(lease.c.id == found.id, lease.c.state == found.state).values(state=to, **values)
    )
    if changed != 1:
        raise Conflict("the lease has just changed")
    if found.session_id is not None:
        jobs.schedule(tx, transition.JOB, found.session_id, due_at=tx.now)


def _check_target(tx: ReadTx, credential_id: UUID, *, changes: bool, switches: bool) -> None:
    """What the end of a lease will need must be there before it begins."""
    managed = get_managed(tx, credential_id)
    if managed is None or not is_managed(tx, credential_id):
        raise Conflict(
            "the credential asks for changes at check-out or release, and Locum does not manage its login"
        )
    if changes:
        check_used_here_only(tx, managed)
    if switches:
        check_switchable(tx, credential_id)


def _refuse_session(found: Lease) -> None:
    """What a session's connection profile asks is asked by the session alone."""
    if found.session_id is not None:
        raise Conflict("this lease belongs to a session: its secret and its time are the session's")


def _check_active(tx: ReadTx, found: Lease) -> None:
    if found.state == State.INTENDED:
        raise Conflict("the secret is not ready to be given out yet: ask again in a moment")
    if found.state != State.ACTIVE or tx.now >= found.due_at:
        raise Conflict("the lease is over: check the credential out again")


def _refuse_held(tx: ReadTx, asked: CheckOut, exclusive: bool) -> None:
    for held in _holders(tx, asked.credential_id):
        if exclusive or held.exclusive_credential_id is not None:
            raise Held(_until(held, named=asked.names_holder))


def _holders(tx: ReadTx, credential_id: UUID) -> list[_Holder]:
    """Who has the credential checked out, who has it longest first."""
    live = _HOLDERS.where(lease.c.credential_id == credential_id, lease.c.state.in_(LIVE))
    return tx.rows(_Holder, live.order_by(lease.c.due_at.desc()).limit(10))


def _until(held: _Holder, *, named: bool) -> str:
    whom = f" by {held.name}" if named else ""
    if held.state == State.ENDING:
        return f"the credential is being taken back{f' from {held.name}' if named else ''}: try again soon"
    return f"the credential is checked out{whom} until {held.due_at:%Y-%m-%dT%H:%M:%SZ}"


def _secrets(tx: ReadTx, vault: Vault, kept: Credential) -> dict[str, Secret]:
    names = {Part.ENABLE: "enable_password"}
    return {names.get(part, part): secret for part, secret in open_parts(tx, vault, kept, *Part).items()}


def record(
    tx: Tx, actor: Actor, action: str, found: Lease, *, outcome: str = "ok", **detail: str | int | bool
) -> None:
    """Write an audit row about a lease: the credential is what it is about."""
    audit.record(
        tx,
        actor,
        action,
        object_kind="credential",
        object_id=found.credential_id,
        outcome=outcome,
        detail={"lease": str(found.id), **detail},
    )
