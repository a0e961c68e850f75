"""A change that reached a target after its worker had lost the session: whoever has it now takes the change away again.

A process that was frozen for longer than its lease goes on where it was, which may be right before a change. By then
another may have ended the session and reverted that change, before it was there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.jobs import LostLease
from locum.sessions import transition
from locum.sessions.model import EntryState, LedgerEntry, LogLevel, ledger_entry
from locum.sessions.work import SessionWork

P = ParamSpec("P")


async def proven(
    work: SessionWork,
    entry: LedgerEntry,
    fn: Callable[Concatenate[Tx, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Write down with `fn`, which proves the lease, what became of a change. Raises LostLease."""
    try:
        await work.db.write(fn, *args, **kwargs)
    except LostLease:
        await work.db.write(came_late, entry)
        work.changed.ring()
        raise


def came_late(tx: Tx, entry: LedgerEntry) -> None:
    """If the entry is reverted by now it is open again, and its session worked on, also one that has ended."""
    reopened = tx.run(
        sa.update(ledger_entry)
        .where(ledger_entry.c.id == entry.id, ledger_entry.c.state == EntryState.REVERTED)
        .values(state=EntryState.INTENDED, reverted_at=None)
    )
    if not reopened:
        return
    words = f"{entry.kind} was made by a worker that had lost this session: it is taken away again"
    transition.say(tx, entry.session_id, words, LogLevel.ERROR)
    detail = {"step": entry.kind, "login": entry.parameters.get("login")}
    audit.record(
        tx, LOCUM, "session.change_came_late", object_kind="session", object_id=entry.session_id, detail=detail
    )
    jobs.schedule(tx, transition.JOB, entry.session_id, due_at=tx.now, lane=entry.resource_id)
