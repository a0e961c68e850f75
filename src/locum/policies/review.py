"""A reviewer's word on the rows of a certification: never on the own access (CERT-01)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.identities.caller import Caller
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.policies import certify, denials
from locum.policies.certification_model import Certification, Row, RowStatus, certification_row

MOST_AT_ONCE = 500  # rows in one word

_COLUMNS = [certification_row.c[name] for name in Row.__struct_fields__]


@dataclass(frozen=True, slots=True)
class Word:
    """What the reviewer says of one row. `notes` are told to whoever is denied something."""

    row_id: UUID
    status: RowStatus
    notes: str | None


def visible(tx: ReadTx, caller: Caller, certification_id: UUID, *, hold: bool = False) -> Certification:
    """The certification, for its reviewer and for administrators; NotFound for anybody else."""
    found = certify.get(tx, certification_id, hold=hold)
    if found.reviewer_id != caller.identity_id and not sees_all(caller):
        raise NotFound("there is no certification with this id")
    return found


def sees_all(caller: Caller) -> bool:
    """Whether the caller sees every certification, not only those they review."""
    return Permission.POLICIES_CERTIFICATION_MANAGE in caller.permissions


def decide_rows(tx: Tx, caller: Caller, certification_id: UUID, words: list[Word]) -> list[Row]:
    """Approve or deny rows, all of them or none; a later word replaces an earlier one. They count from the commit on.

    Raises NotFound, Forbidden for anybody but the reviewer and for rows about the reviewer, Conflict before the start
    and after the deadline, Invalid for what is no decision and for a denial without notes.
    """
    held = visible(tx, caller, certification_id, hold=True)
    if held.reviewer_id != caller.identity_id:
        raise Forbidden("only the reviewer of a certification decides its rows", missing="reviewer")
    if held.started_at is None:
        raise Conflict("the certification has not started")
    if held.deadline is not None and held.deadline <= tx.now:
        raise Conflict("the deadline of the certification has passed: an administrator can set another one")
    rows = _rows(tx, held, words)
    for word in words:
        row = rows[word.row_id]
        if row.identity_id == caller.identity_id:
            raise Forbidden(
                "nobody certifies their own access: another reviewer has to", missing="another reviewer"
            )
        _say(tx, caller, row, word)
    ids = [word.row_id for word in words]
    return tx.rows(
        Row, sa.select(*_COLUMNS).where(certification_row.c.id.in_(ids)).order_by(certification_row.c.id)
    )


def _rows(tx: Tx, held: Certification, words: list[Word]) -> dict[UUID, Row]:
    ids = {word.row_id for word in words}
    if len(words) > MOST_AT_ONCE:
        raise Invalid(f"the body may decide at most {MOST_AT_ONCE} rows")
    if len(ids) != len(words):
        raise Invalid("the body names a row twice", field="id")
    for word in words:
        if word.status not in (RowStatus.APPROVED, RowStatus.DENIED):
            raise Invalid("status must be Approved or Denied", field="status")
        if word.status is RowStatus.DENIED and not (word.notes or "").strip():
            raise Invalid("a denial needs notes: they are the reason that the person is told", field="notes")
    c = certification_row.c
    query = sa.select(*_COLUMNS).where(c.id.in_(ids), c.certification_id == held.id).order_by(c.id)
    found = {row.id: row for row in tx.rows(Row, query)}
    if len(found) != len(ids):
        raise NotFound("the certification has no row with this id")
    return found


def _say(tx: Tx, caller: Caller, row: Row, word: Word) -> None:
    notes = (word.notes or "").strip() or None
    tx.run(
        sa.update(certification_row)
        .where(certification_row.c.id == row.id)
        .values(status=word.status, notes=notes, decided_by=caller.identity_id, decided_at=tx.now)
    )
    if word.status is RowStatus.DENIED:
        assert notes is not None
        denials.deny(tx, caller.actor, row, notes)
    else:
        denials.audit_access(tx, caller.actor, "access.certified", row, row.certification_id, notes)
        denials.undo(tx, caller.actor, row, notes)
