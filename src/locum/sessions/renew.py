"""Keeps the date on a database login in step with its session's end, which may have been put off.

The date is there for the day on which Locum can't take the login away; it must not cut a longer session short.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from locum.actions.host_key import note_changed_key
from locum.actions.reach import reach
from locum.actions.target import locate
from locum.connectors.base import TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.sessions import ledger, transition
from locum.sessions.late_change import proven
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel, ledger_entry
from locum.sessions.password import PASSWORD_PURPOSE
from locum.sessions.provision import as_step
from locum.sessions.work import SessionWork, give_back
from locum.vault.secret import Secret
from locum.vault.store import Vault


async def renew(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: the login has the session's end, or needs none. False: the job was given back, to be tried later."""
    if session.status != Status.ACTIVE or session.password_secret_id is None or session.resource_id is None:
        return True
    late = await work.db.write(_write_down, held, session, work.vault)
    if late is None:
        return True
    entry, password = late
    try:
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with reach(work.db, session.resource_id, work.connect(connector, target)) as connection:
            await note_changed_key(work.db, session.resource_id, target, connection)
            await connection.apply(as_step(entry, password))
    except TargetUnreachable as error:
        await work.db.write(give_back, held, session, str(error), level=LogLevel.WARN)
        return False
    except (TargetRefused, Invalid) as error:
        await work.db.write(
            transition.say, session.id, f"the login's end stays as it was: {error}", LogLevel.ERROR
        )
        return True
    await proven(work, entry, _renewed, held, entry)
    return True


def _renewed(tx: Tx, held: Job, entry: LedgerEntry) -> None:
    jobs.hold(tx, held)
    ledger.applied(tx, entry.id)


def _write_down(tx: Tx, held: Job, session: AccessSession, vault: Vault) -> tuple[LedgerEntry, Secret] | None:
    """The account's entry with its new date, intended again until the target has it; None if it has."""
    jobs.hold(tx, held)
    end = session.scheduled_end.isoformat()
    for entry in ledger.entries(tx, session.id):
        if entry.kind != "account" or entry.state == EntryState.REVERTED or session.password_secret_id is None:
            continue
        if entry.state == EntryState.APPLIED and entry.parameters.get("until") == end:
            return None
        parameters = {**entry.parameters, "until": end}
        change = sa.update(ledger_entry).where(ledger_entry.c.id == entry.id)
        tx.run(change.values(parameters=parameters, state=EntryState.INTENDED))
        password = vault.open(tx, session.password_secret_id, purpose=PASSWORD_PURPOSE)
        return msgspec.structs.replace(entry, parameters=parameters), password
    return None
