"""The queue of mails in the contract's words. What a mail says is not shown."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Out, Time
from locum.kit.ids import NIL


class Email(Out):
    """`state` is waiting, sent or given_up. The contract's model holds the text and the server's settings too."""

    id: UUID = NIL
    topic: str = ""
    about_id: UUID = NIL
    subject: str = ""
    to_address: str = ""
    state: str = ""
    was_sent: bool = False
    tries: int = 0
    last_error: str | None = None
    sent_date_time_utc: Time | None = None
    created_date_time_utc: Time = NEVER
    expires_date_time_utc: Time = NEVER
