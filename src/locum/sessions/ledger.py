"""The grant ledger: every right on a target is a row here, with its undo, before it exists there."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.connectors.base import FailureReason, TargetRefused
from locum.connectors.database_steps import had_before
from locum.kit.db import ReadTx, Tx
from locum.kit.ids import new_id
from locum.sessions.model import EntryState, LedgerEntry, ledger_entry

UNKNOWN = "nobody knows whether it was done, for it was cut off; it is not run again"
_COLUMNS = [ledger_entry.c[name] for name in LedgerEntry.__struct_fields__]


def intend(tx: Tx, *, session_id: UUID, resource_id: UUID, steps: Sequence[PlannedStep]) -> None:
    """Write down, in order, all that will be done for a session. The caller commits before the first effect."""
    tx.add_all(
        ledger_entry,
        [
            {
                "id": new_id(),
                "session_id": session_id,
                "position": position,
                "kind": step.kind,
                "resource_id": resource_id,
                "parameters": step.parameters,
                "phase": step.phase,
                "continue_on_fail": step.continue_on_fail,
                "timeout_s": step.timeout_s,
                "state": EntryState.INTENDED,
                "intended_at": tx.now,
            }
            for position, step in enumerate(steps)
        ],
    )


def entries(tx: ReadTx, session_id: UUID) -> list[LedgerEntry]:
    """The session's entries in the order they are applied."""
    return tx.rows(
        LedgerEntry,
        sa.select(*_COLUMNS).where(ledger_entry.c.session_id == session_id).order_by(ledger_entry.c.position),
    )


def begin(tx: Tx, entry: LedgerEntry) -> None:
    """A script is about to be run. The caller commits before that. Raises TargetRefused for one that was begun before
    and must not be done twice, for nobody knows what it did then."""
    one = sa.update(ledger_entry).where(ledger_entry.c.id == entry.id)
    if is_repeatable(entry):
        tx.run(one.values(begun_at=tx.now))
    elif not tx.run(one.where(ledger_entry.c.begun_at.is_(None)).values(begun_at=tx.now)):
        raise TargetRefused(UNKNOWN, reason=FailureReason.UNKNOWN_ERROR)


def not_begun(tx: Tx, entry_id: UUID) -> None:
    """The target has said that it did not run the script: it can be begun again."""
    tx.run(sa.update(ledger_entry).where(ledger_entry.c.id == entry_id).values(begun_at=None))


def is_repeatable(entry: LedgerEntry) -> bool:
    """Whether a step may be done again when it is not known how far it came."""
    return entry.parameters.get("repeatable") != "false"


def may_be_running(entry: LedgerEntry) -> bool:
    """Whether a script was begun whose end nobody has seen."""
    return entry.begun_at is not None and entry.state == EntryState.INTENDED


def takes_out(entry: LedgerEntry) -> bool:
    """Whether the undo ends a membership even where it was there before the session, as the connection profile says."""
    return entry.parameters.get("leave") == "false"


def was_member(entry: LedgerEntry) -> bool:
    """Whether the account was a member of the entry's group or role before the session."""
    found = entry.found or {}
    return found.get("was") == "member" or bool(had_before(found))


def applied(tx: Tx, entry_id: UUID) -> None:
    """The change is on the target."""
    tx.run(
        sa.update(ledger_entry)
        .where(ledger_entry.c.id == entry_id, ledger_entry.c.state == EntryState.INTENDED)
        .values(
            state=EntryState.APPLIED, applied_at=tx.now, last_error=None, failure_reason=FailureReason.NO_ERROR
        )
    )


def reverted(tx: Tx, entry_id: UUID) -> None:
    """The change is certainly not on the target any more."""
    tx.run(
        sa.update(ledger_entry)
        .where(ledger_entry.c.id == entry_id, ledger_entry.c.state != EntryState.REVERTED)
        .values(state=EntryState.REVERTED, reverted_at=tx.now, last_error=None)
    )


def found(tx: Tx, entry_id: UUID, before: dict[str, str]) -> None:
    """What the target had before. The caller commits before the change; what was seen first counts."""
    tx.run(
        sa.update(ledger_entry)
        .where(
            ledger_entry.c.id == entry_id,
            ledger_entry.c.state == EntryState.INTENDED,
            ledger_entry.c.found.is_(None),
        )
        .values(found=before)
    )


def again(tx: Tx, session_id: UUID, kinds: Sequence[str]) -> None:
    """Changes of these kinds are to be made anew: what they depend on is another."""
    mine = (ledger_entry.c.session_id == session_id, ledger_entry.c.kind.in_(kinds))
    tx.run(
        sa.update(ledger_entry)
        .where(*mine, ledger_entry.c.state == EntryState.APPLIED)
        .values(state=EntryState.INTENDED)
    )


def over(tx: Tx, entry_id: UUID) -> None:
    """A step that gave no right failed at the end: nothing of it is left to do, and its failure stays written."""
    tx.run(
        sa.update(ledger_entry)
        .where(ledger_entry.c.id == entry_id, ledger_entry.c.state != EntryState.REVERTED)
        .values(state=EntryState.REVERTED, reverted_at=tx.now)
    )


def failed(tx: Tx, entry_id: UUID, error: str, reason: int = FailureReason.UNKNOWN_ERROR) -> None:
    """An apply or revert did not work; the entry stays open and shows why."""
    tx.run(
        sa.update(ledger_entry)
        .where(ledger_entry.c.id == entry_id, ledger_entry.c.state != EntryState.REVERTED)
        .values(failures=ledger_entry.c.failures + 1, last_error=error[:1000], failure_reason=reason)
    )
