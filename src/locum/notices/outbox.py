"""Queues mails, each in the unit of work of what it tells of: they are there together or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import ReadTx, Tx
from locum.kit.ids import new_id
from locum.notices.format import LONGEST_SUBJECT, one_line
from locum.notices.model import MailSetup, State, mail, mail_setup

MAIL_JOB = "mail"
GIVE_UP_AFTER = dt.timedelta(hours=24)


def announce(tx: Tx, setup: MailSetup | None) -> None:
    """At a start: from now on mails are queued under this setup, or with None not at all."""
    tx.run(sa.delete(mail_setup))
    if setup is not None:
        tx.add(mail_setup, id=1, sender=setup.sender, public_url=setup.public_url, alarm_to=setup.alarm_to)


def current_setup(tx: ReadTx) -> MailSetup | None:
    """Under what mails are queued now; None where mail is not set up."""
    return tx.first(MailSetup, sa.select(*(mail_setup.c[name] for name in MailSetup.__struct_fields__)))


def put(
    tx: Tx,
    setup: MailSetup,
    *,
    topic: str,
    about_id: UUID,
    addresses: Sequence[str],
    subject: str,
    lines: Sequence[str],
) -> None:
    """Queue the same mail to each address, one mail each, so that nobody reads who else had it.

    Subject and lines may hold what people typed: each becomes one line.
    """
    domain = setup.sender.rpartition("@")[2]
    rows = [
        {
            "id": mail_id,
            "topic": topic,
            "about_id": about_id,
            "address": address,
            "subject": one_line(subject, LONGEST_SUBJECT),
            "body": "\n".join(one_line(line) for line in lines) + "\n",
            "message_id": f"<{mail_id}@{domain}>",
            "state": State.WAITING,
            "tries": 0,
            "created_at": tx.now,
            "expires_at": tx.now + GIVE_UP_AFTER,
        }
        for mail_id, address in ((new_id(), address) for address in addresses)
    ]
    tx.add_all(mail, rows)
    jobs.schedule_new(tx, MAIL_JOB, [row["id"] for row in rows])  # type: ignore[misc]
