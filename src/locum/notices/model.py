"""Tables of the mails that wait or were sent, and of whether there is somewhere to send them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata


class State(StrEnum):
    """`given_up`: its time is over, or the mail server will never take it."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


mail = sa.Table(
    "mail",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("topic", sa.String(40), nullable=False),
    sa.Column("about_id", sa.Uuid, nullable=False),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    # Nobody needs it once the mail has gone, so it goes too.
    sa.Column("body", sa.Text),
    sa.Column("message_id", sa.String(400), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_error", sa.String(200)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
    sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_has_time"),
    sa.CheckConstraint("(state = 'waiting') = (body IS NOT NULL)", name="waiting_has_body"),
    sa.CheckConstraint("tries >= 0", name="tries"),
    sa.Index("ix_mail_about_id", "about_id", "topic"),
    sa.Index("ix_mail_created_at", "created_at", "id"),
)

# Written at each start, so that a unit of work on any node knows whether to queue a mail, and with which link.
mail_setup = sa.Table(
    "mail_setup",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender", sa.String(320), nullable=False),
    sa.Column("public_url", sa.String(1000), nullable=False),
    sa.Column("alarm_to", sa.String(320)),
    sa.CheckConstraint("id = 1", name="only_one"),
)


class Mail(msgspec.Struct, frozen=True):
    """One mail to one address. `tries` counts those begun; `about_id` is what `topic` is about."""

    id: UUID
    topic: str
    about_id: UUID
    address: str
    subject: str
    body: str | None
    message_id: str
    state: State
    tries: int
    last_error: str | None
    created_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None


class MailSetup(msgspec.Struct, frozen=True):
    """Who mails come from, what their links begin with, and who hears of alarms."""

    sender: str
    public_url: str
    alarm_to: str | None
