"""A session of a credential holds a lease of it (B.5): no target's account is made, a secret is let known for a while.

What is done on the target before and after is the lease's, and so is its crash safety. Steps here: (1) check out, the
lease committed with the session's claim on it; (2) when the lease is active, so is the session; (3) the session's end
begins that of the lease; (4) when the lease has ended, the session has. Each change of the lease's state has the
session looked at (`lease.move`), and every step only makes sure of a state.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.add import get_credential
from locum.credentials.secrets import main_part, open_part
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, NotFound
from locum.kit.jobs import Job
from locum.kit.pause import Paused
from locum.sessions import lease as leases
from locum.sessions import transition
from locum.sessions.lease_cycle import LONGEST_WAIT, State
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, Lease, LogLevel, lease
from locum.sessions.redecide import refusal
from locum.sessions.work import SessionWork, give_back
from locum.vault.secret import Secret
from locum.vault.store import Vault


def lease_of(tx: ReadTx, session_id: UUID) -> Lease | None:
    """The lease that a session has, or had."""
    columns = [lease.c[name] for name in Lease.__struct_fields__]
    return tx.first(Lease, sa.select(*columns).where(lease.c.session_id == session_id))


def is_held(tx: ReadTx, session: AccessSession) -> bool:
    """Whether the session has a lease that has not ended."""
    found = None if session.credential_id is None else lease_of(tx, session.id)
    return found is not None and found.state != State.ENDED


def lost(tx: ReadTx, session: AccessSession) -> str | None:
    """Why an active session can't go on: its lease is ending, by whom or what ever; None: it can."""
    if session.credential_id is None or session.status != Status.ACTIVE:
        return None
    found = lease_of(tx, session.id)
    if found is not None and found.state == State.ACTIVE:
        return None
    return (found and found.end_reason) or "its credential is checked in"


async def take(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """(1) and (2). True: look again now. False: the job was given back, to be looked at when the lease moves."""
    return await work.db.write(_take, held, session.id)


async def give_up(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """(3) and (4). Answers as `take`."""
    return await work.db.write(_give_up, held, session)


def _take(tx: Tx, held: Job, session_id: UUID) -> bool:
    jobs.hold(tx, held)
    session = transition.get(tx, session_id, hold=True)
    if session.status != Status.PENDING:
        return True
    found = lease_of(tx, session_id)
    if found is None:
        if (reason := refusal(tx, session, tx.now)) is not None:
            return _fail(tx, session, reason)
        try:
            found = leases.check_out_for(tx, session)
        except (leases.Held, Paused) as error:  # somebody's turn comes before this one's
            give_back(tx, held, session, error.detail, level=LogLevel.WARN)
            return False
        except (Conflict, NotFound) as error:
            return _fail(tx, session, error.detail)
        kept = get_credential(tx, found.credential_id)
        transition.say(tx, session.id, f"checking out {kept.name or kept.username}")
    match found.state:
        case State.ACTIVE:
            transition.move(tx, session, Status.ACTIVE, actual_start=tx.now)
            transition.say(tx, session.id, "the credential is checked out")
            audit.record(tx, LOCUM, "session.active", object_kind="session", object_id=session.id)
            return True
        case State.INTENDED:
            jobs.again(tx, held, due_at=transition.snapshot(session).too_late_to_start)
            return False
    return _fail(tx, session, found.end_reason or "the credential was not given out")


def _fail(tx: Tx, session: AccessSession, reason: str) -> bool:
    transition.say(tx, session.id, reason, LogLevel.ERROR)
    transition.begin_end(tx, LOCUM, session, outcome=Status.FAILED, reason=reason[:1000])
    return True


def _give_up(tx: Tx, held: Job, session: AccessSession) -> bool:
    jobs.hold(tx, held)
    found = lease_of(tx, session.id)
    if found is None:
        return True
    leases.begin_end(tx, LOCUM, found.id, reason=session.status_description or "its session ends")
    found = leases.get(tx, found.id)
    if found.state == State.ENDED:
        return True
    jobs.again(tx, held, due_at=tx.now + LONGEST_WAIT)
    return False


def say_undone(tx: Tx, session: AccessSession) -> None:
    """Into the session's log, what the end of its lease could not do any more."""
    found = None if session.credential_id is None else lease_of(tx, session.id)
    if found is not None and found.last_error:
        transition.say(tx, session.id, found.last_error, LogLevel.ERROR)


def released_secret(tx: ReadTx, vault: Vault, session: AccessSession) -> Secret:
    """What the credential of an active session keeps: a password, a private key or a content.

    Raises Forbidden while the lease is not active, and NotFound where the credential keeps nothing.
    """
    found = lease_of(tx, session.id)
    if found is None or found.state != State.ACTIVE:
        raise Forbidden("the session's credential is being taken back", missing="active session")
    kept = get_credential(tx, found.credential_id)
    secret = open_part(tx, vault, kept, main_part(kept)) if kept.deleted_at is None else None
    if secret is None:
        raise NotFound("the credential of this session keeps no secret")
    return secret
