"""Takes a session's access away: every open ledger entry, last first, until all are reverted.

An entry that was only intended is reverted too: nobody knows whether a crash came before or after its effect. An
error is written down, shown in the session's log and tried again for ever; nothing is given up silently.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from locum.actions.host_key import note_changed_key
from locum.actions.plan import NO_RIGHT, SCRIPT
from locum.actions.reach import reach
from locum.actions.target import locate
from locum.activities.model import Phase
from locum.audit import log as audit
from locum.connectors.base import Connector, TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.sessions import kept_login, ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel, access_session
from locum.sessions.provision import SSH, as_step
from locum.sessions.step_output import say_output
from locum.sessions.work import SessionWork, give_back


async def revoke(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: all is reverted, look again now. False: the job was given back, to be tried later."""
    assert session.resource_id is not None
    entries = await work.db.read(ledger.entries, session.id)
    open_entries = [e for e in reversed(entries) if e.state != EntryState.REVERTED]
    # A script that may still be running is stopped before those for the end begin.
    open_entries.sort(key=lambda e: e.phase == Phase.AFTER or not ledger.may_be_running(e))
    made = any(e.position == 0 and e.state == EntryState.APPLIED for e in entries)
    refusals: list[str] = []
    try:
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with reach(work.db, session.resource_id, work.connect(connector, target)) as connection:
            await note_changed_key(work.db, session.resource_id, target, connection)
            undo = _undo
            if connector not in SSH and entries[0].kind in kept_login.STAYS:
                staying = await work.db.write(kept_login.stay, held, session)
                undo = partial(_leave, work, held, session, staying)
            for entry in open_entries:
                await work.db.write(jobs.hold, held)
                try:
                    if made and entry.phase == Phase.AFTER and entry.kind == SCRIPT:
                        await work.db.write(ledger.begin, entry)
                    said = await undo(connection, entry, made)
                except TargetRefused as refusal:
                    if entry.kind in NO_RIGHT:
                        await work.db.write(_went_wrong, held, entry, refusal)
                        continue
                    refusals.append(refusal.detail)  # the others can still be taken away
                    continue
                await work.db.write(_reverted, held, entry, said)
    except (TargetUnreachable, TargetRefused, Invalid) as error:
        refusals.append(error.detail)
    if refusals:
        await work.db.write(_stuck, held, session, open_entries, refusals[0])
    return not refusals


async def _undo(connection: Connector, entry: LedgerEntry, made: bool) -> str:
    """Steps for the end are done now, if there was anything of a session; what they do is not undone."""
    if entry.phase == Phase.AFTER:
        return await connection.apply(as_step(entry)) if made else ""
    return await connection.revert(as_step(entry))


async def _leave(
    work: SessionWork,
    held: Job,
    session: AccessSession,
    staying: list[LedgerEntry],
    connection: Connector,
    entry: LedgerEntry,
    made: bool,
) -> str:
    """Undo a step on a database login that stays, and may have other sessions on it."""
    step, before = as_step(entry), entry.found
    if before is None:
        # Nothing was done for this session; another one may have left to it what it had brought.
        if not await work.db.read(kept_login.was_joined, entry) or (seen := await connection.look(step)) is None:
            return ""
        before = await work.db.write(kept_login.found, entry, seen)
    found = kept_login.still_needed(entry, before, staying)
    if entry.kind != "managed_account" or not any(other.kind == entry.kind for other in staying):
        return await connection.revert(replace(step, found=found))
    while (passed := await work.db.write(kept_login.pass_on, held, work.vault, session, entry)) is not None:
        secret_id, password = passed
        await connection.apply(replace(step, kind="managed_password", secret=password))
        if await work.db.read(kept_login.is_current, secret_id):
            break
    return ""


def _went_wrong(tx: Tx, held: Job, entry: LedgerEntry, refusal: TargetRefused) -> None:
    """It gave nobody a right, so the session ends without it; a session whose step must not fail has failed."""
    jobs.hold(tx, held)
    ledger.failed(tx, entry.id, refusal.detail, refusal.reason)
    say_output(tx, entry, refusal.output)
    level = LogLevel.WARN if entry.continue_on_fail else LogLevel.ERROR
    transition.say(tx, entry.session_id, f"{entry.kind} failed: {refusal}", level)
    if not entry.continue_on_fail:
        one = sa.update(access_session).where(
            access_session.c.id == entry.session_id, access_session.c.status == Status.CANCELLING
        )
        tx.run(one.values(outcome=Status.FAILED, status_description=refusal.detail[:1000]))
    ledger.over(tx, entry.id)


def _reverted(tx: Tx, held: Job, entry: LedgerEntry, said: str) -> None:
    jobs.hold(tx, held)
    ledger.reverted(tx, entry.id)
    say_output(tx, entry, said)
    transition.say(tx, entry.session_id, f"{entry.kind} is gone", LogLevel.DEBUG)
    if ledger.takes_out(entry) and ledger.was_member(entry):
        _say_taken_out(tx, entry)


def _say_taken_out(tx: Tx, entry: LedgerEntry) -> None:
    """It was there before the session, so that nobody would look for it here."""
    login, name = entry.parameters["login"], entry.parameters[entry.kind]
    words = f"{login} was a member of the {entry.kind} {name} before; the connection profile leaves nobody there"
    transition.say(tx, entry.session_id, words, LogLevel.WARN)
    detail = {"login": login, "group": name}
    audit.record(
        tx, LOCUM, "session.member_taken_out", object_kind="session", object_id=entry.session_id, detail=detail
    )


def _stuck(tx: Tx, held: Job, session: AccessSession, open_entries: list[LedgerEntry], error: str) -> None:
    for entry in open_entries:
        ledger.failed(tx, entry.id, error)
    give_back(tx, held, session, f"access could not be taken away yet: {error}", level=LogLevel.ERROR)
