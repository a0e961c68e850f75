"""Takes a session's access away: every open ledger entry, last first, until all are reverted.

An entry that was only intended is reverted too: nobody knows whether a crash came before or after its effect. An
error is written down, shown in the session's log and tried again for ever; nothing is given up silently.
"""

from __future__ import annotations

from locum.actions.target import locate
from locum.connectors.base import TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.sessions import ledger, transition
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel
from locum.sessions.provision import as_step
from locum.sessions.work import SessionWork, give_back


async def revoke(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: all is reverted, look again now. False: the job was given back, to be tried later."""
    entries = await work.db.read(ledger.entries, session.id)
    open_entries = [e for e in reversed(entries) if e.state != EntryState.REVERTED]
    refusals: list[str] = []
    try:
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with work.connect(connector, target) as connection:
            for entry in open_entries:
                await work.db.write(jobs.hold, held)
                try:
                    await connection.revert(as_step(entry))
                except TargetRefused as refusal:
                    refusals.append(refusal.detail)  # the others can still be taken away
                    continue
                await work.db.write(_reverted, held, entry)
    except (TargetUnreachable, TargetRefused, Invalid) as error:
        refusals.append(error.detail)
    if refusals:
        await work.db.write(_stuck, held, session, open_entries, refusals[0])
    return not refusals


def _reverted(tx: Tx, held: Job, entry: LedgerEntry) -> None:
    jobs.hold(tx, held)
    ledger.reverted(tx, entry.id)
    transition.say(tx, entry.session_id, f"{entry.kind} is gone", LogLevel.DEBUG)


def _stuck(tx: Tx, held: Job, session: AccessSession, open_entries: list[LedgerEntry], error: str) -> None:
    for entry in open_entries:
        ledger.failed(tx, entry.id, error)
    give_back(tx, held, session, f"access could not be taken away yet: {error}", level=LogLevel.ERROR)
