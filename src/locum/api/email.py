"""/api/v1/Email: the mails that wait, went or were given up. Not in the published contract."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import at
from locum.api.wire.email import Email
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.notices.model import State
from locum.reads.mails import newest


@operation(
    "Email.GetAll",
    "GET /api/v1/Email",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    summary="The newest thousand mails, newest first: to whom, whether they went, and why not; never what they say",
)
def get_emails(tx: ReadTx, call: Call[None, None, None]) -> list[Email]:
    return [
        Email(
            id=row.id,
            topic=row.topic,
            about_id=row.about_id,
            subject=row.subject,
            to_address=row.address,
            state=row.state,
            was_sent=row.state is State.SENT,
            tries=row.tries,
            last_error=row.last_error,
            sent_date_time_utc=at(row.ended_at) if row.state is State.SENT else None,
            created_date_time_utc=at(row.created_at),
            expires_date_time_utc=at(row.expires_at),
        )
        for row in newest(tx)
    ]
