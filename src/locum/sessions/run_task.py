"""Does what a task is for: the steps of its session part, one after the other, and then begins the session's end.

Each step is committed as begun before it is done, so that one which must not be done twice never is: cut off, it has
failed, and the log says that nobody knows how far it came. Whoever ends the session ends a step that is running.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from locum.actions.reach import reach
from locum.actions.target import locate
from locum.activities.model import Phase
from locum.connectors.base import Connector, TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.sessions import ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel
from locum.sessions.provision import apply_entry
from locum.sessions.work import SessionWork, give_back

LOOK_S = 1.0  # how often to look whether the session is still to go on, where nothing rings


class _EndedMeanwhile(Exception):
    """Somebody has ended the session, or its time is over: raised, so that the connection is cut and not kept."""


async def run_task(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: look again now. False: the job was given back, to be tried later."""
    assert session.resource_id is not None
    try:
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with reach(work.db, session.resource_id, work.connect(connector, target)) as connection:
            for entry in await work.db.read(ledger.entries, session.id):
                if entry.phase == Phase.DURING and entry.state == EntryState.INTENDED:
                    await _do(work, held, connection, entry)
    except _EndedMeanwhile:
        return True
    except TargetUnreachable as error:
        await work.db.write(give_back, held, session, str(error), level=LogLevel.WARN)
        return False
    except (TargetRefused, Invalid) as error:
        await work.db.write(_end, held, session, Status.FAILED, error.detail)
        return True
    await work.db.write(_end, held, session, Status.COMPLETE, "the task is done")
    return True


async def _do(work: SessionWork, held: Job, connection: Connector, entry: LedgerEntry) -> None:
    """One step, for as long as the session goes on."""
    doing = asyncio.ensure_future(apply_entry(work, held, connection, entry, status=Status.ACTIVE))
    ended = asyncio.ensure_future(_until_ended(work, entry.session_id))
    try:
        await asyncio.wait({doing, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            words = f"{entry.kind} is cut off, for the session ends"
            await work.db.write(transition.say, entry.session_id, words, LogLevel.WARN)
        if not doing.done() or not await doing:
            raise _EndedMeanwhile
    finally:
        for one in (doing, ended):
            one.cancel()
        await asyncio.gather(doing, ended, return_exceptions=True)


async def _until_ended(work: SessionWork, session_id: UUID) -> None:
    while True:
        seen = work.changed.seen
        if not await work.db.read(_goes_on, session_id):
            return
        await work.changed.wait(seen, LOOK_S)


def _goes_on(tx: ReadTx, session_id: UUID) -> bool:
    session = transition.get(tx, session_id)
    return session.status == Status.ACTIVE and tx.now < session.scheduled_end


def _end(tx: Tx, held: Job, session: AccessSession, outcome: Status, reason: str) -> None:
    jobs.hold(tx, held)
    if outcome is Status.FAILED:
        transition.say(tx, session.id, reason, LogLevel.ERROR)
    transition.begin_end(tx, LOCUM, session, outcome=outcome, reason=reason[:1000])
