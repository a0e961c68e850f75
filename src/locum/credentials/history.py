"""How many earlier secrets are kept, and for how long (CRED-07)."""

from __future__ import annotations

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.model import HistoryOption, history_option
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound

MOST_VERSIONS, MOST_DAYS = 1000, 36500

_QUERY = sa.select(*(history_option.c[name] for name in HistoryOption.__struct_fields__))


def history_options(tx: ReadTx) -> HistoryOption:
    """The options that hold for every credential. Raises NotFound before the seed made them."""
    found = tx.first(HistoryOption, _QUERY)
    if found is None:
        raise NotFound("there are no password history options")
    return found


def set_history_options(
    tx: Tx, actor: Actor, *, limit: int | None = None, days: int | None = None
) -> HistoryOption:
    """Change what is given. Counts for each credential when its secret is next changed. Raises Invalid."""
    held = history_options(tx)
    limit, days = held.limit if limit is None else limit, held.days if days is None else days
    if not 0 <= limit <= MOST_VERSIONS:
        field = "historicalPasswordLimit"
        raise Invalid(f"{field} must lie between 0 and {MOST_VERSIONS}", field=field)
    if not 0 <= days <= MOST_DAYS:
        field = "daysOfPasswordRetention"
        raise Invalid(f"{field} must lie between 0 and {MOST_DAYS}", field=field)
    if (limit, days) == (held.limit, held.days):
        return held
    tx.run(
        sa.update(history_option)
        .where(history_option.c.id == held.id)
        .values(limit=limit, days=days, modified_at=tx.now)
    )
    audit.record(
        tx,
        actor,
        "history_options.changed",
        object_kind="history_options",
        object_id=held.id,
        detail={"count": limit, "days": days},
    )
    return history_options(tx)
