"""Whether something is under way on a resource, whose undo or end would be looked for wherever it moves to."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.credentials.model import managed_user
from locum.kit.db import ReadTx
from locum.kit.errors import Conflict
from locum.rotation.model import rotation
from locum.sessions.model import EntryState, lease, ledger_entry


def refuse_while_in_use(tx: ReadTx, resource_id: UUID) -> None:
    """Raise Conflict while access is on a resource, or a secret is changed or checked out there: three statements."""
    given = sa.select(ledger_entry.c.id).where(
        ledger_entry.c.resource_id == resource_id, ledger_entry.c.state != EntryState.REVERTED
    )
    changing = sa.select(rotation.c.id).where(
        rotation.c.resource_id == resource_id, rotation.c.open_credential_id.is_not(None)
    )
    checked_out = (
        sa.select(lease.c.id)
        .join(managed_user, managed_user.c.credential_id == lease.c.credential_id)
        .where(managed_user.c.resource_id == resource_id, lease.c.ended_at.is_(None))
    )
    for query, words in (
        (given, "sessions have access to this resource: it can change its place when that is taken away"),
        (changing, "a secret is changed on this resource: it can change its place after that"),
        (checked_out, "a secret of this resource is checked out: it can change its place when it is back"),
    ):
        if tx.scalar(query.limit(1)) is not None:
            raise Conflict(words)
