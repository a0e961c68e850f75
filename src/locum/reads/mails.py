"""The queue of mails, for administrators."""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import ReadTx
from locum.notices.model import Mail, mail

MOST = 1000


def newest(tx: ReadTx) -> list[Mail]:
    """The newest, newest first: one statement."""
    columns = [mail.c[name] for name in Mail.__struct_fields__ if name != "body"]
    shown = sa.select(*columns, sa.null().label("body"))
    return tx.rows(Mail, shown.order_by(mail.c.created_at.desc(), mail.c.id.desc()).limit(MOST))
