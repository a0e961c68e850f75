"""What a restricted command brings about (PRX-10), at once: a row, and as the rule says a lock, an end, a mail."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.command_rules import CommandAction, CommandHit
from locum.audit import log as audit
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Tx
from locum.notices.model import mail
from locum.notices.outbox import current_setup, put
from locum.sessions import transition
from locum.sessions.lifecycle import LOCKABLE, Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.model import LogLevel

TOPIC = "command.restricted"
MOST_MAILS = 20  # of one session
_WORDS = {
    CommandAction.LOG: "a command was logged",
    CommandAction.BLOCK: "a command was blocked",
    CommandAction.LOCK: "a command was blocked, and the session locked",
    CommandAction.TERMINATE: "a command was blocked, and the session ended",
}


def write_hit(tx: Tx, actor: Actor, session_id: UUID, connection_id: UUID, hit: CommandHit) -> None:
    """`actor` typed the command. A session that is over already is neither locked nor ended again."""
    action, detail = hit.event
    audit.record(
        tx,
        actor,
        action,
        object_kind="session",
        object_id=session_id,
        outcome="ok" if hit.action is CommandAction.LOG else "denied",
        detail={"connection": str(connection_id), **detail},
    )
    words = f"{_WORDS[hit.action]} by the restriction “{hit.restriction.name}”"
    transition.say(tx, session_id, words, LogLevel.WARN)
    if hit.rule.mail:
        _mail(tx, actor, session_id, hit, words)
    session = transition.get(tx, session_id, hold=True)
    if hit.action is CommandAction.LOCK and session.status in LOCKABLE and not session.locked:
        set_lock(tx, LOCUM, Lock((session_id,), True, message=hit.reason))
    elif hit.action is CommandAction.TERMINATE:
        transition.begin_end(tx, LOCUM, session, outcome=Status.CANCELLED, reason=hit.reason)


def _mail(tx: Tx, actor: Actor, session_id: UUID, hit: CommandHit, words: str) -> None:
    """Queue it, unless the session has caused so many already: then the audit log alone has it."""
    setup, address = current_setup(tx), hit.restriction.mail_to
    m = mail.c
    sent = sa.select(sa.func.count()).select_from(mail).where(m.about_id == session_id, m.topic == TOPIC)
    if setup is None or address is None or (tx.scalar(sent) or 0) >= MOST_MAILS:
        return
    lines = [
        f"In a session of {actor.name}, {words}.",
        "",
        f"Command: {hit.command}",
        f"Rule: {hit.number}, {hit.rule.pattern}",
        f"From: {actor.address or 'unknown'}",
        f"Session: {session_id}",
        "",
        f"{setup.public_url}/api/v1/ActivitySession/{session_id}",
    ]
    subject = f"{actor.name}: {words}"
    put(tx, setup, topic=TOPIC, about_id=session_id, addresses=[address], subject=subject, lines=lines)
