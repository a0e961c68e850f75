"""The worker's side of a session: look, do the next thing, look again, until there is something to wait for.

Steps of one look, each its own transaction or effect, each safe to repeat after a crash between any two:
(1) hold the lease and read the session and its ledger; (2) `lifecycle.next_move` says what to do;
(3) do it: write an end, provision (`provision.py`), do a task's steps (`run_task.py`), revert (`revoke.py`), or write
the outcome. A session of a credential does what `release.py` says instead.
"""

from __future__ import annotations

from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.kit.jobs import Job
from locum.sessions import ledger, release, transition
from locum.sessions.approval import consult
from locum.sessions.lifecycle import (
    Consult,
    End,
    Finish,
    Move,
    Nothing,
    Provision,
    Revoke,
    Run,
    Status,
    Wait,
    next_move,
)
from locum.sessions.managed_secret import change_after
from locum.sessions.model import AccessSession, EntryState
from locum.sessions.provision import provision
from locum.sessions.renew import renew
from locum.sessions.revoke import revoke
from locum.sessions.run_task import run_task
from locum.sessions.work import SessionWork
from locum.vault.store import Vault


def look(tx: Tx, held: Job) -> tuple[AccessSession, Move]:
    """(1) and (2): prove the lease and decide what comes next."""
    jobs.hold(tx, held)
    session = transition.get(tx, held.subject_id)
    return session, move_now(tx, session)


def move_now(tx: ReadTx, session: AccessSession) -> Move:
    """What comes next in a session, by its ledger; of a credential's, by its lease."""
    if session.credential_id is not None:
        seen = transition.snapshot(session, release.is_held(tx, session), release.lost(tx, session))
        return next_move(seen, tx.now)
    open_entries = sum(e.state != EntryState.REVERTED for e in ledger.entries(tx, session.id))
    return next_move(transition.snapshot(session, open_entries), tx.now)


async def advance(work: SessionWork, held: Job) -> None:
    """Bring one session as far as it can go now. Raises LostLease when another node has taken over."""
    while True:
        session, move = await work.db.write(look, held)
        match move:
            case Nothing():
                await work.db.write(jobs.done, held)
                return
            case Wait(until):
                if await renew(work, held, session):
                    await work.db.write(jobs.again, held, due_at=until)
                return
            case Consult():
                look_at = await work.db.write(consult, held, session.id)
                going_on = look_at is None
                if look_at is not None:
                    await work.db.write(jobs.again, held, due_at=look_at)
            case End():
                await work.db.write(_end, held, session)
                going_on = True
            case Finish():
                await work.db.write(_finish, held, session, work.vault)
                going_on = True
            case Provision():
                going_on = await (release.take if session.credential_id else provision)(work, held, session)
            case Run():
                going_on = await run_task(work, held, session)
            case Revoke():
                going_on = await (release.give_up if session.credential_id else revoke)(work, held, session)
        work.changed.ring()
        if not going_on:
            return


def _end(tx: Tx, held: Job, session: AccessSession) -> None:
    """Looks once more, for it may have got more time since."""
    jobs.hold(tx, held)
    session = transition.get(tx, session.id, hold=True)
    match next_move(transition.snapshot(session, lost=release.lost(tx, session)), tx.now):
        case End(outcome, reason):
            transition.begin_end(tx, LOCUM, session, outcome=outcome, reason=reason)


def _finish(tx: Tx, held: Job, session: AccessSession, vault: Vault) -> None:
    jobs.hold(tx, held)
    outcome = Status(session.outcome or Status.FAILED)
    transition.move(tx, session, outcome, actual_end=tx.now, key_secret_id=None, password_secret_id=None)
    for secret_id in (session.key_secret_id, session.password_secret_id):
        if secret_id is not None:
            vault.erase(tx, secret_id)
    change_after(tx, session)
    release.say_undone(tx, session)
    transition.say(tx, session.id, f"access is gone; the session is {outcome.name.lower()}")
    audit.record(
        tx,
        LOCUM,
        "session.ended",
        object_kind="session",
        object_id=session.id,
        detail={"outcome": outcome.name},
    )
