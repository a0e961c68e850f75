"""Looks every few minutes, where the connection profile asks for it, whether somebody is signed in to a session's
account past the gateway (SES-16), and tells them before the session ends.

One job a session, from when it is ready until it is over; each turn is one look, which changes nothing on the target:
(1) read what is to be looked at; (2) look; (3) write down what is different, and when to look again. A target that
can't be looked at costs a line in the log when that begins and one when it ends.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from locum.actions.host_key import note_changed_key
from locum.actions.reach import reach
from locum.actions.target import locate
from locum.activities.read import connection_profile_of
from locum.audit import log as audit
from locum.connectors.base import Connector, Logon, Step
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import LocumError
from locum.kit.jobs import Job
from locum.sessions import ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.logon_model import LogonWatch, logon_watch
from locum.sessions.model import AccessSession, LogLevel, access_session, connection
from locum.sessions.profile_rules import notice_of
from locum.sessions.provision import as_step
from locum.sessions.work import SessionWork

INTERVAL = dt.timedelta(minutes=5)
"""How often, where the profile does not say."""
LINGERS = dt.timedelta(seconds=10)
"""A connection of the gateway's may still be seen on the target for so long after its end."""
LONGEST_LOOK_S = 60.0
MOST_NAMED = 10
_COLUMNS = [logon_watch.c[name] for name in LogonWatch.__struct_fields__]


@dataclass(frozen=True, slots=True)
class _Look:
    """What is to be looked at, as it was at `now`. `step` is the account's; `tell` are words for who is there."""

    session: AccessSession
    step: Step
    watch: LogonWatch
    now: dt.datetime
    tell: str | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look found: who came past the gateway, and whether they were told of the end; or why it failed."""

    past: list[Logon]
    told: bool = False
    trouble: str | None = None


async def monitor(work: SessionWork, held: Job) -> None:
    """One look. Raises LostLease when another node has taken over."""
    wanted = await work.db.write(_wanted, held)
    if wanted is None:
        return
    try:
        async with asyncio.timeout(LONGEST_LOOK_S):
            seen = await _look(work, wanted)
    except TimeoutError:
        seen = _Seen([], trouble="it took too long")
    except LocumError as error:
        seen = _Seen([], trouble=error.detail)
    if await work.db.write(_write_down, held, wanted, seen):
        work.changed.ring()


async def _look(work: SessionWork, wanted: _Look) -> _Seen:
    resource_id = wanted.session.resource_id
    assert resource_id is not None
    connector, target = await work.db.read(locate, work.vault, resource_id)
    async with reach(work.db, resource_id, work.connect(connector, target)) as connected:
        await note_changed_key(work.db, resource_id, target, connected)
        logons = await connected.logons(wanted.step)
        past = await work.db.read(_past_gateway, wanted, logons)
        return _Seen(past, told=bool(past) and await _tell(connected, wanted))


async def _tell(connected: Connector, wanted: _Look) -> bool:
    return wanted.tell is not None and await connected.tell(wanted.step, wanted.tell)


def _wanted(tx: Tx, held: Job) -> _Look | None:
    """(1); None where nothing is to be looked at any more, and the job is done."""
    jobs.hold(tx, held)
    session = transition.get(tx, held.subject_id)
    watch = tx.first(LogonWatch, sa.select(*_COLUMNS).where(logon_watch.c.session_id == session.id))
    profile = connection_profile_of(tx, session.profile_id)
    if session.status != Status.ACTIVE or watch is None or not profile.monitor_entire_session:
        tx.run(sa.delete(logon_watch).where(logon_watch.c.session_id == session.id))
        jobs.done(tx, held)
        return None
    account = ledger.entries(tx, session.id)[0]
    notice_at = _notice_at(tx, session, watch)
    words = None
    if notice_at is not None and notice_at <= tx.now:
        words = f"Locum: this access ends at {session.scheduled_end:%H:%M} UTC"
    return _Look(session, as_step(account), watch, tx.now, words)


def _notice_at(tx: ReadTx, session: AccessSession, watch: LogonWatch) -> dt.datetime | None:
    """When who is there is to be told of the end; None where the profile doesn't say, or they were."""
    notice = notice_of(tx, session.profile_id)
    if notice is None or watch.told_of_end == session.scheduled_end:
        return None
    return session.scheduled_end - notice


def _past_gateway(tx: ReadTx, wanted: _Look, logons: list[Logon]) -> list[Logon]:
    """(2) Those of the logons that no connection of the gateway's accounts for. Which of several over SSH are the
    gateway's is not known, so that all of them are named where there are more than it has."""
    s, c = access_session.c, connection.c
    ours: int = tx.scalar(
        sa.select(sa.func.count())
        .select_from(connection.join(access_session, s.id == c.session_id))
        .where(
            s.resource_id == wanted.session.resource_id,
            s.login_name == wanted.session.login_name,
            s.status.in_((Status.ACTIVE, Status.CANCELLING)),
            sa.or_(c.closed_at.is_(None), c.closed_at > wanted.now - LINGERS),
        )
    )
    over_ssh = [one for one in logons if one.over_ssh]
    others = [one for one in logons if not one.over_ssh]
    return others + (over_ssh if len(over_ssh) > ours else [])


def _write_down(tx: Tx, held: Job, wanted: _Look, seen: _Seen) -> bool:
    """(3) True where somebody came or went."""
    session = transition.get(tx, wanted.session.id)
    if session.status != Status.ACTIVE:
        jobs.again(tx, held, due_at=tx.now)
        return False
    before, since = wanted.watch, wanted.watch.signed_in_since
    if seen.trouble is None:
        since = (since or tx.now) if seen.past else None
        if since != before.signed_in_since:
            _say_changed(tx, session, seen.past)
    if (seen.trouble is None) != (before.trouble is None):
        _say_trouble(tx, session, seen.trouble)
    if seen.told:
        transition.say(tx, session.id, f"{session.login_name} was told on its terminals when the session ends")
    watch = LogonWatch(
        session.id,
        signed_in_since=since,
        trouble=seen.trouble and seen.trouble[:1000],
        told_of_end=wanted.session.scheduled_end if seen.told else before.told_of_end,
    )
    row = sa.update(logon_watch).where(logon_watch.c.session_id == session.id)
    tx.run(row.values(**msgspec.structs.asdict(watch)))
    jobs.again(tx, held, due_at=_next(tx, session, watch))
    return since != before.signed_in_since


def _say_changed(tx: Tx, session: AccessSession, past: list[Logon]) -> None:
    """On a database nobody comes through the gateway, so that it is no warning there."""
    if not past:
        transition.say(tx, session.id, f"{session.login_name} is no longer signed in to past the gateway")
        return
    how = ", ".join(one.how for one in past[:MOST_NAMED]) + (", …" if len(past) > MOST_NAMED else "")
    level = LogLevel.WARN if session.key_secret_id is not None else LogLevel.INFO
    transition.say(tx, session.id, f"{session.login_name} is signed in to past the gateway: {how}", level)
    audit.record(
        tx,
        LOCUM,
        "session.signed_in_directly",
        object_kind="session",
        object_id=session.id,
        detail={"login": session.login_name, "count": len(past)},
    )


def _say_trouble(tx: Tx, session: AccessSession, trouble: str | None) -> None:
    words = "it can be seen again who is signed in"
    level = LogLevel.INFO
    if trouble is not None:
        words, level = f"it can't be seen who is signed in: {trouble}", LogLevel.WARN
    transition.say(tx, session.id, words, level)


def _next(tx: ReadTx, session: AccessSession, watch: LogonWatch) -> dt.datetime:
    """When to look again: after the profile's interval, but for a notice that is due before, and the end."""
    minutes = connection_profile_of(tx, session.profile_id).monitor_interval
    after = tx.now + (dt.timedelta(minutes=minutes) if minutes else INTERVAL)
    sooner = (session.scheduled_end, _notice_at(tx, session, watch))
    return min([after, *(at for at in sooner if at is not None and at > tx.now)])
