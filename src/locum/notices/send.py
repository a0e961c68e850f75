"""The worker's part: one due mail to the mail server, again and again until it has it or the time is over.

A mail is sent at least once: a process that dies between the server's yes and the commit sends it again, under the same
Message-ID, by which mail programs know it for the same.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID

import sqlalchemy as sa
import structlog

from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.jobs import Job
from locum.notices.format import message
from locum.notices.model import Mail, State, mail
from locum.notices.smtp import MailServer, NotDelivered, deliver

MOST_AT_ONCE = 8
"""A mail server that hangs must not hold the places of sessions that begin or end."""
WAIT_FOR_PLACE_S = 1.0
NO_PLACE = dt.timedelta(seconds=5)
NO_SERVER = dt.timedelta(seconds=60)
BACKOFF_FIRST = dt.timedelta(seconds=5)
BACKOFF_LONGEST = dt.timedelta(minutes=15)

log = structlog.get_logger("locum.notices")


class Mailer:
    """Sends due mails, a few at a time. Without a server it leaves them to a node that has one."""

    def __init__(self, db: Database, server: MailServer | None) -> None:
        self._db = db
        self._server = server
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def send(self, held: Job) -> None:
        """Carry out one mail's job."""
        try:
            async with asyncio.timeout(WAIT_FOR_PLACE_S):
                await self._places.acquire()
        except TimeoutError:
            await self._db.write(_put_off, held, NO_PLACE)
            return
        try:
            await self._send(held)
        finally:
            self._places.release()

    async def _send(self, held: Job) -> None:
        found = await self._db.write(_take, held, counts=self._server is not None)
        if found is None:
            return
        if self._server is None:
            await self._db.write(_put_off, held, NO_SERVER)
            return
        assert found.body is not None
        try:
            made = message(
                sender=self._server.sender,
                address=found.address,
                subject=found.subject,
                body=found.body,
                message_id=found.message_id,
                at=found.created_at,
            )
            await deliver(self._server, made)
        except NotDelivered as refusal:
            log.warning("a mail was not sent", mail=str(found.id), tries=found.tries, reason=refusal.words)
            await self._db.write(_failed, held, found, refusal)
            return
        await self._db.write(_sent, held, found.id)


def backoff(tries: int) -> dt.timedelta:
    """How long to wait after so many tries: 5 seconds, doubling to 15 minutes."""
    return min(BACKOFF_FIRST * (1 << min(tries - 1, 10)), BACKOFF_LONGEST)


def _take(tx: Tx, held: Job, *, counts: bool) -> Mail | None:
    """The mail, if it is still to be sent; a try is counted before it is made."""
    jobs.hold(tx, held)
    columns = [mail.c[name] for name in Mail.__struct_fields__]
    waits = (mail.c.id == held.subject_id, mail.c.state == State.WAITING)
    found = tx.first(Mail, sa.select(*columns).where(*waits))
    if found is None:
        jobs.done(tx, held)
        return None
    if tx.now >= found.expires_at:
        _give_up(tx, held, found, found.last_error or "no node had a mail server")
        return None
    if not counts:
        return found
    (taken,) = tx.returning(Mail, sa.update(mail).where(*waits).values(tries=mail.c.tries + 1).returning(*columns))
    return taken


def _put_off(tx: Tx, held: Job, wait: dt.timedelta) -> None:
    jobs.again(tx, held, due_at=tx.now + wait)


def _sent(tx: Tx, held: Job, mail_id: UUID) -> None:
    _end(tx, held, mail_id, State.SENT, last_error=None)


def _failed(tx: Tx, held: Job, found: Mail, refusal: NotDelivered) -> None:
    if refusal.final:
        _give_up(tx, held, found, refusal.words)
        return
    tx.run(sa.update(mail).where(mail.c.id == found.id).values(last_error=refusal.words))
    jobs.again(tx, held, due_at=min(tx.now + backoff(found.tries), found.expires_at))


def _give_up(tx: Tx, held: Job, found: Mail, reason: str) -> None:
    log.error("a mail is given up", mail=str(found.id), topic=found.topic, reason=reason)
    _end(tx, held, found.id, State.GIVEN_UP, last_error=reason)
    audit.record(
        tx,
        LOCUM,
        "mail.given_up",
        object_kind="mail",
        object_id=found.id,
        detail={"address": found.address, "reason": reason},
    )


def _end(tx: Tx, held: Job, mail_id: UUID, state: State, *, last_error: str | None) -> None:
    # First the fence: whoever lost the job says nothing about the mail any more.
    jobs.done(tx, held)
    ended = {"state": state, "ended_at": tx.now, "body": None, "last_error": last_error}
    tx.run(sa.update(mail).where(mail.c.id == mail_id).values(ended))
