"""What is known of sign-ins to sessions' accounts past the gateway (SES-16)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

LOGON_JOB = "logon_monitor"

logon_watch = sa.Table(
    "logon_watch",
    metadata,
    sa.Column("session_id", sa.ForeignKey("access_session.id"), primary_key=True),
    sa.Column("signed_in_since", UtcTime),
    sa.Column("trouble", sa.String(1000)),
    sa.Column("told_of_end", UtcTime),
)


class LogonWatch(msgspec.Struct, frozen=True):
    """A session whose target is looked at. `signed_in_since`: when somebody was first seen there past the gateway, and
    at each look from then on. `trouble`: why the last look failed. `told_of_end`: which end they were told of."""

    session_id: UUID
    signed_in_since: dt.datetime | None
    trouble: str | None
    told_of_end: dt.datetime | None
